// The real-time clock as a SystemC module: registers on the bus, and the alarm at its time.
#pragma once

#include <systemc>

#include "common/register_module.h"
#include "rtc/rtc.h"

namespace kilburn::rtc {

/// Nanoseconds since 1970-01-01 00:00 UTC with which a run starts: the configuration's, or the
/// host's now.
[[nodiscard]] std::uint64_t start_time(const RtcConfig& config);

/// Registers are accessed by 4 bytes; see RegisterModule.
class RtcModule final : public RegisterModule {
 public:
  SC_HAS_PROCESS(RtcModule);
  RtcModule(const sc_core::sc_module_name& name, const RtcConfig& config, std::uint64_t cycles_hz,
            Clock clock, Cycles register_cycles, interrupt::InterruptLine line);

  [[nodiscard]] const Rtc& rtc() const { return rtc_; }
  void reset();

 protected:
  [[nodiscard]] bool accepts(unsigned /*offset*/, unsigned length) const override {
    return length == 4;
  }
  [[nodiscard]] std::uint64_t read(unsigned offset, unsigned length, Cycles now) override;
  void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) override;

 private:
  void go_off();
  void schedule();

  Rtc rtc_;
  sc_core::sc_event alarm_;
};

}  // namespace kilburn::rtc
