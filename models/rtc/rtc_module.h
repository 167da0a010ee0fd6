// The real-time clock as a SystemC module: registers on the bus, and the alarm at its time.
#pragma once

#include <string_view>
#include <systemc>
#include <vector>

#include "common/register_module.h"
#include "device/device.h"
#include "device/surroundings.h"
#include "rtc/rtc.h"
#include "rtc/rtc_device.h"

namespace kilburn::rtc {

/// Nanoseconds since 1970-01-01 00:00 UTC with which a run starts: the configuration's, or the
/// host's now.
[[nodiscard]] std::uint64_t start_time(const RtcConfig& config);

/// Registers are accessed by 4 bytes; see RegisterModule.
class RtcModule final : public RegisterModule, public device::Device {
 public:
  SC_HAS_PROCESS(RtcModule);
  using Config = RtcDevice::Config;
  RtcModule(const sc_core::sc_module_name& name, const Config& config,
            device::Surroundings& surroundings);
  RtcModule(const sc_core::sc_module_name& name, const RtcConfig& config, std::uint64_t cycles_hz,
            Clock clock, Cycles register_cycles, InterruptLine line);

  [[nodiscard]] const Rtc& rtc() const { return rtc_; }
  void reset();

  [[nodiscard]] static device::TreeNodes nodes();
  [[nodiscard]] std::string_view name() const override { return RtcDevice::name; }
  [[nodiscard]] std::vector<device::Range> ranges() override;
  [[nodiscard]] Cycles next_event() const override { return rtc_.next_event(); }
  [[nodiscard]] device::TreeNodes tree_nodes() const override { return nodes(); }
  void visit(StatisticVisitor& v) const override { v.block(RtcDevice::name, rtc_.statistics()); }

 protected:
  [[nodiscard]] bool accepts(unsigned /*offset*/, unsigned length) const override {
    return length == 4;
  }
  [[nodiscard]] std::uint64_t read(unsigned offset, unsigned length, Cycles now) override;
  void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) override;

 private:
  void raise_due_alarm();
  void schedule();

  Rtc rtc_;
  sc_core::sc_event alarm_;
};

}  // namespace kilburn::rtc
