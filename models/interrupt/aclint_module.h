// The ACLINT as a SystemC module: registers on the bus, and the timers at their time.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <systemc>
#include <vector>

#include "common/register_module.h"
#include "device/device.h"
#include "device/surroundings.h"
#include "interrupt/aclint.h"
#include "interrupt/aclint_device.h"

namespace kilburn::interrupt {

/// msip is accessed by 4 bytes, mtimecmp and mtime by 4 or 8; see RegisterModule.
///
/// An event for each hart raises its timer interrupt in the kernel's time. A hart that runs ahead
/// of it within its quantum asks `aclint().next_event(hart)` and calls `aclint().update`.
class AclintModule final : public RegisterModule, public device::Device {
 public:
  using Config = AclintDevice::Config;
  AclintModule(const sc_core::sc_module_name& name, const Config& config,
               device::Surroundings& surroundings);
  /// `harts`: by hart number.
  AclintModule(const sc_core::sc_module_name& name, MachineTime& time, Clock clock,
               Cycles register_cycles, std::span<InterruptSink* const> harts);

  [[nodiscard]] Aclint& aclint() { return aclint_; }
  [[nodiscard]] const Aclint& aclint() const { return aclint_; }
  /// Happens when the timer of `hart` becomes due.
  [[nodiscard]] const sc_core::sc_event& timer_event(unsigned hart) const {
    return *timer_events_[hart];
  }
  /// Resets the ACLINT; between runs of the kernel, or from a process.
  void reset();

  [[nodiscard]] static device::TreeNodes nodes(unsigned harts);
  [[nodiscard]] std::string_view name() const override { return AclintDevice::name; }
  [[nodiscard]] std::vector<device::Range> ranges() override;
  [[nodiscard]] device::TreeNodes tree_nodes() const override { return nodes(harts_); }
  void visit(StatisticVisitor& v) const override {
    v.block(AclintDevice::name, aclint_.statistics());
  }

 protected:
  [[nodiscard]] bool accepts(unsigned offset, unsigned length) const override;
  [[nodiscard]] std::uint64_t read(unsigned offset, unsigned length, Cycles now) override;
  void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) override;

 private:
  void schedule();

  unsigned harts_;
  Aclint aclint_;
  std::vector<std::unique_ptr<sc_core::sc_event>> timer_events_;
};

}  // namespace kilburn::interrupt
