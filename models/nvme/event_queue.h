// What the controller will do, in order of time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "nvme/host.h"

namespace kilburn::nvme {

/// What is due. Of the same time, what was put in first.
struct Event {
  enum class Kind : std::uint8_t {
    control,    ///< software has written CC, NSSR, or reset the function
    ready,      ///< enabling has taken its time
    fetch,      ///< commands wait in submission queues
    start,      ///< a command is there
    submit,     ///< its data is there
    complete,   ///< it has ended
    interrupt,  ///< completions have reached memory
    timer,      ///< the coalescing time of a completion queue is over
    formatted,
    resize,  ///< the next one may begin
    events,  ///< asynchronous events may be told
  };
  Nanoseconds when = 0;
  std::uint64_t order = 0;
  Kind kind = Kind::control;
  std::uint32_t index = 0;       ///< of a command, or a queue
  std::uint32_t generation = 0;  ///< of the command: another's event is nobody's
};

/// A binary heap that allocates only while it grows.
class EventQueue {
 public:
  void add(Nanoseconds when, Event::Kind kind, std::uint32_t index = 0,
           std::uint32_t generation = 0) {
    heap_.push_back({when, next_++, kind, index, generation});
    std::ranges::push_heap(heap_, later);
  }
  [[nodiscard]] Nanoseconds next() const { return heap_.empty() ? ftl::never : heap_.front().when; }
  [[nodiscard]] Event pop() {
    std::ranges::pop_heap(heap_, later);
    const Event event = heap_.back();
    heap_.pop_back();
    return event;
  }
  void clear() { heap_.clear(); }

 private:
  static bool later(const Event& a, const Event& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }
  std::vector<Event> heap_;
  std::uint64_t next_ = 0;
};

}  // namespace kilburn::nvme
