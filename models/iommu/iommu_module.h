// The IOMMU as a SystemC module: registers on the bus, a socket to memory, a process for its work.
// Source: QEMU 10.0 (`virt`, iommu-sys) for address, interrupts and the device tree.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <systemc>
#include <vector>

#include "common/register_module.h"
#include "common/tlm_memory_port.h"
#include "device/device.h"
#include "device/surroundings.h"
#include "iommu/iommu.h"
#include "iommu/iommu_device.h"

namespace kilburn::iommu {

/// Registers are accessed by 4 or 8 bytes; see RegisterModule.
class IommuModule final : public RegisterModule, public device::Device {
 public:
  SC_HAS_PROCESS(IommuModule);
  using Config = IommuDevice::Config;
  IommuModule(const sc_core::sc_module_name& name, const Config& config,
              device::Surroundings& surroundings);

  [[nodiscard]] Iommu& iommu() { return *iommu_; }
  /// Text of the last invalidation that timed out, naming the holders; empty where none has.
  /// Reported as a SystemC warning of type "kilburn/invalidation", too.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

  [[nodiscard]] std::string_view name() const override { return IommuDevice::name; }
  [[nodiscard]] std::vector<device::Range> ranges() override;
  [[nodiscard]] Cycles next_event() const override;
  [[nodiscard]] device::TreeNodes tree_nodes() const override;
  void visit(StatisticVisitor& v) const override;

 protected:
  [[nodiscard]] bool accepts(unsigned /*offset*/, unsigned length) const override {
    return length == 4 || length == 8;
  }
  [[nodiscard]] std::uint64_t read(unsigned offset, unsigned length, Cycles now) override;
  void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) override;

 private:
  void work();
  void report_unacknowledged(const std::vector<std::string>& missing);

  std::unique_ptr<TlmMemoryPort> memory_;
  std::unique_ptr<Iommu> iommu_;
  sc_core::sc_event start_;
  std::string last_error_;
};

}  // namespace kilburn::iommu
