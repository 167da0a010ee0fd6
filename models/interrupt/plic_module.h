// The PLIC as a SystemC module: registers on the bus. Devices drive `plic()` as an InterruptSink.
#pragma once

#include <span>
#include <string_view>
#include <systemc>
#include <vector>

#include "common/register_module.h"
#include "device/device.h"
#include "device/surroundings.h"
#include "interrupt/plic.h"
#include "interrupt/plic_device.h"

namespace kilburn::interrupt {

/// Registers are accessed by 4 bytes; see RegisterModule.
class PlicModule final : public RegisterModule, public device::Device {
 public:
  using Config = PlicDevice::Config;
  PlicModule(const sc_core::sc_module_name& name, const Config& config,
             device::Surroundings& surroundings);
  /// `harts`: by hart number.
  PlicModule(const sc_core::sc_module_name& name, Clock clock, Cycles register_cycles,
             std::span<InterruptSink* const> harts);

  [[nodiscard]] Plic& plic() { return plic_; }
  [[nodiscard]] const Plic& plic() const { return plic_; }

  [[nodiscard]] static device::TreeNodes nodes(unsigned harts);
  [[nodiscard]] std::string_view name() const override { return PlicDevice::name; }
  [[nodiscard]] std::vector<device::Range> ranges() override;
  [[nodiscard]] device::TreeNodes tree_nodes() const override { return nodes(harts_); }
  [[nodiscard]] InterruptSink* inputs() override { return &plic_; }
  void visit(StatisticVisitor& v) const override { v.block(PlicDevice::name, plic_.statistics()); }

 protected:
  [[nodiscard]] bool accepts(unsigned /*offset*/, unsigned length) const override {
    return length == 4;
  }
  [[nodiscard]] std::uint64_t read(unsigned offset, unsigned length, Cycles now) override;
  void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) override;

 private:
  unsigned harts_;
  Plic plic_;
};

}  // namespace kilburn::interrupt
