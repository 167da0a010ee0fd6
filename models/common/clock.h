// Cycles of the platform clock against SystemC time.
#pragma once

#include <systemc>

#include "common/types.h"

namespace kilburn {

class Clock {
 public:
  explicit Clock(const sc_core::sc_time& period) : ticks_(period.value()) {}

  [[nodiscard]] sc_core::sc_time cycles(Cycles count) const {
    return sc_core::sc_time::from_value(count * ticks_);
  }
  /// Whole cycles in `time`.
  [[nodiscard]] Cycles count(const sc_core::sc_time& time) const { return time.value() / ticks_; }
  /// Cycles that `time` takes up, the last one perhaps in part.
  [[nodiscard]] Cycles count_up(const sc_core::sc_time& time) const {
    return (time.value() + ticks_ - 1) / ticks_;
  }
  /// The cycle that a transaction with annotated `delay` has reached.
  [[nodiscard]] Cycles now(const sc_core::sc_time& delay) const {
    return count(sc_core::sc_time_stamp() + delay);
  }
  /// Suspends the calling thread until cycle `when`, unless that has passed.
  void wait_until(Cycles when) const {
    const sc_core::sc_time time = cycles(when);
    if (time > sc_core::sc_time_stamp()) sc_core::wait(time - sc_core::sc_time_stamp());
  }
  [[nodiscard]] sc_core::sc_time period() const { return cycles(1); }

 private:
  sc_core::sc_time::value_type ticks_;
};

}  // namespace kilburn
