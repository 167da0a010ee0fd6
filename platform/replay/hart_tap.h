// Sits between a trace's hart and its MMU where a waveform is wanted, and nowhere else: a run
// without one pays nothing.
#pragma once

#include <optional>

#include <systemc>
#include <tlm>

#include "common/clock.h"
#include "common/forward_target.h"
#include "platform/waveform/waveform.h"

namespace kilburn::platform {

/// Modelled: nothing; time and payloads pass through.
class HartTap final : public sc_core::sc_module, public ForwardTarget, public BackwardInitiator {
 public:
  tlm::tlm_target_socket<> hart{"hart"};
  tlm::tlm_initiator_socket<> mmu{"mmu"};

  HartTap(const sc_core::sc_module_name& name, Waveform& waveform, Clock clock);
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;

 private:
  struct Signals {
    VcdWriter::Signal access_valid, kind, va, pa, asid, first_level_hit, fault, translation_cycles;
  };

  Waveform& waveform_;
  Clock clock_;
  std::optional<Signals> signals_;
};

}  // namespace kilburn::platform
