#include "common/invalidation_module.h"

#include <algorithm>

namespace kilburn {

WaitingInvalidator::WaitingInvalidator(InvalidationBus& bus, Clock clock, Cycles timeout)
    : bus_(bus), clock_(clock), timeout_(timeout) {
  bus_.listen(*this);
}

WaitingInvalidator::~WaitingInvalidator() {
  bus_.stop_listening(*this);
}

InvalidateResult WaitingInvalidator::invalidate(const Invalidation& invalidation, Cycles now) {
  clock_.wait_until(now);
  const sc_core::sc_time deadline = sc_core::sc_time_stamp() + clock_.cycles(timeout_);
  const std::uint64_t id = bus_.begin(invalidation);
  while (!bus_.done(id) && sc_core::sc_time_stamp() < deadline) {
    sc_core::wait(deadline - sc_core::sc_time_stamp(), acknowledged_);
  }
  const Cycles waited = std::max(clock_.count_up(sc_core::sc_time_stamp()), now) - now;
  InvalidateResult result{bus_.done(id), std::max(waited, bus_.latency(id)), bus_.missing(id)};
  bus_.end(id);
  return result;
}

}  // namespace kilburn
