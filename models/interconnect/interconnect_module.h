// The interconnect on the bus: initiators on one side, address-mapped targets on the other.
#pragma once

#include <systemc>
#include <tlm>

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
  sc_core::sc_vector<tlm::tlm_target_socket<>> initiators;
  sc_core::sc_vector<tlm::tlm_initiator_socket<>> targets;

  /// `map` numbers the targets 0 .. target_count - 1.
  InterconnectModule(const sc_core::sc_module_name& name, const InterconnectConfig& config,
                     AddressMap map, unsigned initiator_count, unsigned target_count, Clock clock);

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;
  unsigned transport_dbg(tlm::tlm_generic_payload& payload) override;

  [[nodiscard]] const InterconnectStatistics& statistics() const {
    return interconnect_.statistics();
  }

 private:
  [[nodiscard]] const Range* target_of(const tlm::tlm_generic_payload& payload) const {
    return interconnect_.map().find(payload.get_address(), payload.get_data_length());
  }
  Interconnect interconnect_;
  Clock clock_;
};

}  // namespace kilburn::interconnect
