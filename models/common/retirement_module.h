// A Retirer for SystemC threads: waits in simulated time for the acknowledgements of a retirement.
#pragma once

#include <systemc>

#include "common/clock.h"
#include "common/retirement.h"

namespace kilburn {

/// Broadcasts at the caller's `now` and suspends the calling thread until all holders have
/// acknowledged, or `timeout` cycles have passed. Any number of threads may wait at once.
class WaitingRetirer final : public Retirer, private AcknowledgementListener {
 public:
  WaitingRetirer(RetirementBus& bus, Clock clock, Cycles timeout);
  ~WaitingRetirer() override;
  WaitingRetirer(const WaitingRetirer&) = delete;
  WaitingRetirer& operator=(const WaitingRetirer&) = delete;
  WaitingRetirer(WaitingRetirer&&) = delete;
  WaitingRetirer& operator=(WaitingRetirer&&) = delete;

  /// To be called from an SC_THREAD. `cycles` counts from `now`.
  RetireResult retire(const Retirement& retirement, Cycles now) override;

 private:
  void acknowledged() override { acknowledged_.notify(sc_core::SC_ZERO_TIME); }

  RetirementBus& bus_;
  Clock clock_;
  Cycles timeout_;
  sc_core::sc_event acknowledged_;
};

}  // namespace kilburn
