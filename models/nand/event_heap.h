// Events in order of time, those of one time in order of arrival.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "nand/timing_config.h"

namespace kilburn::nand {

/// A binary heap of small values.
class EventHeap {
 public:
  struct Event {
    Nanoseconds when;
    std::uint32_t order;  ///< tells events of one time apart; wraps after 2^32
    std::uint32_t what;
  };

  [[nodiscard]] bool empty() const { return events_.empty(); }
  [[nodiscard]] const Event& top() const { return events_.front(); }
  [[nodiscard]] Nanoseconds when() const { return empty() ? UINT64_MAX : top().when; }
  void push(Nanoseconds when, std::uint32_t order, std::uint32_t what) {
    events_.push_back({when, order, what});
    std::push_heap(events_.begin(), events_.end(), later);
  }
  void pop() {
    std::pop_heap(events_.begin(), events_.end(), later);
    events_.pop_back();
  }
  /// The first of `a` comes before the first of `b`; neither need have one.
  [[nodiscard]] static bool earlier(const EventHeap& a, const EventHeap& b) {
    if (a.empty() || b.empty()) return !a.empty();
    return later(b.top(), a.top());
  }

 private:
  [[nodiscard]] static bool later(const Event& a, const Event& b) {
    if (a.when != b.when) return a.when > b.when;
    return static_cast<std::int32_t>(a.order - b.order) > 0;
  }
  std::vector<Event> events_;
};

}  // namespace kilburn::nand
