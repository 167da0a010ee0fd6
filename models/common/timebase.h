// Ticks of a clock of its own frequency, counted from cycles of the platform clock.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "common/types.h"

namespace kilburn {

/// Exact: ticks(c) = floor(c * ticks_hz / cycles_hz), so that nothing drifts however long a run
/// takes. Example: with ticks of 10 MHz and cycles of 2 GHz, ticks(199) is 0, ticks(200) is 1.
class Timebase {
 public:
  constexpr Timebase(std::uint64_t ticks_hz, std::uint64_t cycles_hz)
      : ticks_hz_(ticks_hz), cycles_hz_(cycles_hz) {
    assert(ticks_hz != 0 && cycles_hz != 0 && ticks_hz <= UINT64_MAX / cycles_hz &&
           "a second's worth of either, scaled by the other, must fit in 64 bits");
  }
  static constexpr Cycles never = UINT64_MAX;

  [[nodiscard]] constexpr std::uint64_t ticks(Cycles cycles) const {
    return cycles / cycles_hz_ * ticks_hz_ + cycles % cycles_hz_ * ticks_hz_ / cycles_hz_;
  }
  /// The first cycle at which `ticks` have passed; `never` where 64 bits cannot hold it.
  [[nodiscard]] constexpr Cycles first_cycle(std::uint64_t ticks) const {
    const std::uint64_t rest = (ticks % ticks_hz_ * cycles_hz_ + ticks_hz_ - 1) / ticks_hz_;
    Cycles whole = 0;
    Cycles sum = 0;
    if (__builtin_mul_overflow(ticks / ticks_hz_, cycles_hz_, &whole)) return never;
    return __builtin_add_overflow(whole, rest, &sum) ? never : sum;
  }

 private:
  std::uint64_t ticks_hz_;
  std::uint64_t cycles_hz_;
};

/// mtime: a timebase that software can set. A platform has one, which the ACLINT's register and the
/// harts' `time` read.
class MachineTime {
 public:
  explicit MachineTime(Timebase timebase) : timebase_(timebase) {}

  /// Harts differ in their `now`: to one that is behind, the time that was set has come already.
  [[nodiscard]] std::uint64_t at(Cycles now) const {
    return set_to_ + (std::max(timebase_.ticks(now), set_at_) - set_at_);
  }
  /// The first cycle at which `time` has come: 0 where it had when it was set, Timebase::never
  /// where 64 bits cannot hold it.
  [[nodiscard]] Cycles first_cycle(std::uint64_t time) const {
    std::uint64_t ticks = 0;
    if (time <= set_to_) return 0;
    if (__builtin_add_overflow(time - set_to_, set_at_, &ticks)) return Timebase::never;
    return timebase_.first_cycle(ticks);
  }
  void set(std::uint64_t time, Cycles now) {
    set_to_ = time;
    set_at_ = timebase_.ticks(now);
    for (const auto& watcher : watchers_) watcher();
  }
  /// Told each time that it is set: whoever has planned ahead by first_cycle.
  void watch(std::function<void()> watcher) { watchers_.push_back(std::move(watcher)); }

 private:
  Timebase timebase_;
  std::uint64_t set_to_ = 0;
  std::uint64_t set_at_ = 0;  ///< in ticks of the timebase
  std::vector<std::function<void()>> watchers_;
};

}  // namespace kilburn
