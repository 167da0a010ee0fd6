// The interconnect on the bus: initiators on one side, address-mapped targets on the other.
#pragma once

#include <deque>
#include <systemc>
#include <tlm>
#include <vector>

#include "common/clock.h"
#include "common/forward_target.h"
#include "interconnect/interconnect.h"

namespace kilburn::interconnect {

/// Passes payloads on with their addresses unchanged, or, to the target of a relative range, with
/// the offset in it (blocking transport only: such targets have no DMI and no debug access); an
/// address that no target claims is answered with TLM_ADDRESS_ERROR_RESPONSE. Time: Interconnect's
/// latency, then the target's own.
class InterconnectModule final : public sc_core::sc_module,
                                 public ForwardTarget,
                                 public BackwardInitiator {
 public:
  InterconnectModule(const sc_core::sc_module_name& name, const InterconnectConfig& config,
                     Clock clock)
      : sc_module(name), interconnect_(config), clock_(clock) {}

  /// A socket for one more initiator, to be bound before the simulation begins.
  tlm::tlm_target_socket<>& add_initiator();
  /// A socket for one more target, of these ranges (their `target` is set here). Throws InputError
  /// where a range is empty or overlaps another.
  tlm::tlm_initiator_socket<>& add_target(std::vector<Range> ranges);

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;
  unsigned transport_dbg(tlm::tlm_generic_payload& payload) override;

  [[nodiscard]] const AddressMap& map() const { return interconnect_.map(); }
  [[nodiscard]] const InterconnectStatistics& statistics() const {
    return interconnect_.statistics();
  }

 private:
  [[nodiscard]] const Range* target_of(const tlm::tlm_generic_payload& payload) const {
    return interconnect_.map().find(payload.get_address(), payload.get_data_length());
  }
  Interconnect interconnect_;
  Clock clock_;
  // A deque, because sockets stay where they are.
  std::deque<tlm::tlm_target_socket<>> initiators_;
  std::deque<tlm::tlm_initiator_socket<>> targets_;
};

}  // namespace kilburn::interconnect
