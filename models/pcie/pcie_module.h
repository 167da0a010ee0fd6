// The PCI Express host on the bus: ECAM and memory windows on one side, functions on the other.
// Source: QEMU 7.2 (`virt`: gpex) for addresses, interrupts and the device tree.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <systemc>
#include <vector>

#include "common/register_module.h"
#include "device/device.h"
#include "device/surroundings.h"
#include "pcie/host_bridge.h"
#include "pcie/pcie_device.h"

namespace kilburn::pcie {

/// Modelled: what HostBridge and Function model; each function has a link of its own, whose two
/// directions carry its data one request after the other. Time: an access of a hart takes the way
/// there and back; a request of a function the way there and back, its data, and what translation
/// and memory take.
class PcieModule final : public sc_core::sc_module, public device::Device, private dma::AtsPort {
 public:
  using Config = PcieConfig;
  PcieModule(const sc_core::sc_module_name& name, Config config,
             device::Surroundings& surroundings);
  ~PcieModule() override;
  PcieModule(const PcieModule&) = delete;
  PcieModule& operator=(const PcieModule&) = delete;
  PcieModule(PcieModule&&) = delete;
  PcieModule& operator=(PcieModule&&) = delete;

  /// The way of a function to memory and to its pin, for the function's life.
  [[nodiscard]] Link& link(RoutingId id);
  /// The function, made with the link of its place, answers from now on.
  void add(Function& function) {
    functions_.push_back(&function);
    bridge_.add(function);
  }
  void remove(Function& function);
  [[nodiscard]] HostBridge& bridge() { return bridge_; }

  [[nodiscard]] std::string_view name() const override { return PcieDevice::name; }
  [[nodiscard]] std::vector<device::Range> ranges() override;
  [[nodiscard]] Cycles next_event() const override;
  [[nodiscard]] device::TreeNodes tree_nodes() const override {
    return nodes(memory64_, agent_ != nullptr);
  }
  /// `memory64`: where the window of 64 bits begins.
  [[nodiscard]] static device::TreeNodes nodes(Address memory64, bool iommu);
  /// The first place for it behind memory.
  [[nodiscard]] static Address memory64_behind(Address memory_end);
  void visit(StatisticVisitor& v) const override;

 private:
  class Window;
  class FunctionLink;

  std::optional<Cycles> invalidate(const Invalidation& invalidation, Cycles now) override;
  void respond(const GroupResponse& response, Cycles now) override;
  /// That messages reach; null: nobody.
  [[nodiscard]] Function* ats_function(std::uint32_t device) const;

  PcieConfig config_;
  Clock clock_;
  Address memory64_;  ///< where the window of 64 bits begins
  HostBridge bridge_;
  std::vector<Function*> functions_;
  std::unique_ptr<Window> ecam_;
  std::unique_ptr<Window> ports_;
  std::unique_ptr<Window> memory_;
  std::unique_ptr<Window> memory_wide_;
  dma::DmaPort& port_;
  dma::TranslationAgent* agent_;  ///< whom functions ask for translations; null: nobody
  std::vector<std::unique_ptr<FunctionLink>> links_;
};

}  // namespace kilburn::pcie
