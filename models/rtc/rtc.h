// Goldfish real-time clock: wall-clock time in nanoseconds, with an alarm.
// Registers: sw/include/kilburn/rtc.h.
// Source: Android's GOLDFISH-VIRTUAL-HARDWARE, "Goldfish real-time clock"; QEMU 7.2.
#pragma once

#include <cstdint>

#include "common/interrupt_line.h"
#include "common/parameters.h"
#include "common/statistics.h"
#include "common/timebase.h"
#include "common/types.h"
#include "kilburn/rtc.h"

namespace kilburn::rtc {

inline constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;

struct RtcConfig {
  std::uint64_t start_seconds = 1'704'067'200;  ///< 2024-01-01 00:00 UTC
  bool host_clock = false;

  void visit(ParameterVisitor& v);
};

struct RtcStatistics {
  std::uint64_t alarms = 0;
  std::uint64_t interrupts = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const RtcStatistics&, const RtcStatistics&) = default;
};

/// Modelled: all registers. An alarm that is set for the past goes off at once.
/// Time: simulated time, from `start` on; the clock runs exactly as the platform's cycles do. The
/// alarm does not go off by itself: somebody calls `update` at `next_event`.
class Rtc {
 public:
  /// `start`: nanoseconds since 1970-01-01 00:00 UTC at cycle 0. `cycles_hz`: of the platform
  /// clock. `line`: of the interrupt.
  Rtc(std::uint64_t start, std::uint64_t cycles_hz, InterruptLine line);

  /// The register at `offset`, a multiple of 4. Reading TIME_LOW latches TIME_HIGH. What is no
  /// readable register reads 0.
  [[nodiscard]] std::uint32_t read(unsigned offset, Cycles now);
  /// What is no writable register ignores writes.
  void write(unsigned offset, std::uint32_t value, Cycles now);

  /// Nanoseconds since 1970-01-01 00:00 UTC.
  [[nodiscard]] std::uint64_t nanoseconds(Cycles now) const {
    return offset_ + timebase_.ticks(now);
  }
  /// The cycle at which the alarm goes off; Timebase::never where none is armed.
  [[nodiscard]] Cycles next_event() const { return goes_off_; }
  /// Lets the alarm go off where next_event has come.
  void update(Cycles now);

  /// Alarm and interrupt off; the clock goes on.
  void reset();
  [[nodiscard]] const RtcStatistics& statistics() const { return statistics_; }

 private:
  void set_time(std::uint64_t nanoseconds, Cycles now);
  void arm(Cycles now);
  void disarm();
  void drive_line();

  Timebase timebase_;
  std::uint64_t offset_;  ///< nanoseconds at cycle 0, as things stand
  InterruptLine line_;
  std::uint32_t latched_high_ = 0;
  std::uint64_t alarm_ = 0;
  Cycles goes_off_ = Timebase::never;  ///< next_event
  bool armed_ = false;
  bool pending_ = false;
  bool enabled_ = false;
  RtcStatistics statistics_;
};

}  // namespace kilburn::rtc
