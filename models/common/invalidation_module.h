// An Invalidator for SystemC threads: waits in simulated time for the acknowledgements of an
// invalidation.
#pragma once

#include <systemc>

#include "common/clock.h"
#include "common/invalidation.h"

namespace kilburn {

/// Broadcasts at the caller's `now` and suspends the calling thread until all holders have
/// acknowledged, or `timeout` cycles have passed. Any number of threads may wait at once.
class WaitingInvalidator final : public Invalidator, private AcknowledgementListener {
 public:
  WaitingInvalidator(InvalidationBus& bus, Clock clock, Cycles timeout);
  ~WaitingInvalidator() override;
  WaitingInvalidator(const WaitingInvalidator&) = delete;
  WaitingInvalidator& operator=(const WaitingInvalidator&) = delete;
  WaitingInvalidator(WaitingInvalidator&&) = delete;
  WaitingInvalidator& operator=(WaitingInvalidator&&) = delete;

  /// To be called from an SC_THREAD. `cycles` counts from `now`.
  InvalidateResult invalidate(const Invalidation& invalidation, Cycles now) override;

 private:
  void acknowledged() override { acknowledged_.notify(sc_core::SC_ZERO_TIME); }

  InvalidationBus& bus_;
  Clock clock_;
  Cycles timeout_;
  sc_core::sc_event acknowledged_;
};

}  // namespace kilburn
