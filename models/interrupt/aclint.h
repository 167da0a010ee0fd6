// ACLINT: the core-local interrupts of up to eight harts, software interrupts (MSWI) and the
// machine timer (MTIMER), laid out as a SiFive CLINT. Registers: sw/include/kilburn/aclint.h.
// Source: RISC-V Advanced Core Local Interruptor 1.0-rc4; QEMU 7.2 for writes to mtime.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/interrupt_line.h"
#include "common/statistics.h"
#include "common/timebase.h"
#include "common/types.h"
#include "kilburn/aclint.h"

namespace kilburn::interrupt {

struct AclintStatistics {
  std::uint64_t software_interrupts = 0;
  std::uint64_t timer_interrupts = 0;
  std::uint64_t timer_writes = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const AclintStatistics&, const AclintStatistics&) = default;
};

/// Modelled: msip, mtimecmp and mtime of one MSWI and one MTIMER, whole and by halves. Not
/// modelled: SSWI; the fall of MTIP when mtime passes 2^64.
/// Time: mtime is the platform's MachineTime, whose cycles are told with every access. The timer
/// does not run by itself: somebody calls `update` at `next_event`. After reset msip and mtime are
/// 0 and every mtimecmp is all ones.
class Aclint {
 public:
  /// `harts`: 1 to ACLINT_HARTS, by hart number. `time` outlives this.
  Aclint(MachineTime& time, std::span<InterruptSink* const> harts);

  /// The `bytes` (4 or 8; msip: 4) at `offset`, a multiple of `bytes`. What is no register reads 0.
  [[nodiscard]] std::uint64_t read(unsigned offset, unsigned bytes, Cycles now) const;
  /// What is no register ignores writes.
  void write(unsigned offset, unsigned bytes, std::uint64_t value, Cycles now);

  /// The cycle from which MTIP of `hart` is high, as things stand: perhaps one that has passed,
  /// perhaps Timebase::never. A write to mtimecmp or mtime changes it.
  [[nodiscard]] Cycles next_event(unsigned hart) const { return timers_[hart].rises; }
  /// Raises MTIP of `hart` where next_event has come. Harts may differ in their `now`.
  void update(unsigned hart, Cycles now);
  [[nodiscard]] unsigned harts() const { return static_cast<unsigned>(timers_.size()); }

  void reset();
  [[nodiscard]] const AclintStatistics& statistics() const { return statistics_; }

 private:
  struct Timer {
    std::uint64_t compare = UINT64_MAX;
    Cycles rises = Timebase::never;  ///< next_event
    InterruptLine software;
    InterruptLine timer;
  };
  void set_compare(Timer& timer, std::uint64_t compare, Cycles now);
  void set_timer_line(Timer& timer, bool level);

  MachineTime& time_;
  std::vector<Timer> timers_;
  AclintStatistics statistics_;
};

}  // namespace kilburn::interrupt
