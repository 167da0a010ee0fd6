#include "interconnect/interconnect_module.h"

namespace kilburn::interconnect {

InterconnectModule::InterconnectModule(const sc_core::sc_module_name& name,
                                       const InterconnectConfig& config, AddressMap map,
                                       unsigned initiator_count, unsigned target_count, Clock clock)
    : sc_module(name),
      initiators("initiators", initiator_count),
      targets("targets", target_count),
      interconnect_(config, std::move(map)),
      clock_(clock) {
  for (unsigned i = 0; i < initiator_count; ++i) initiators[i].bind(*this);
  for (unsigned i = 0; i < target_count; ++i) targets[i].bind(*this);
}

void InterconnectModule::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const Route route =
      interconnect_.route(payload.get_address(), payload.get_data_length(), clock_.now(delay));
  if (!route.ok) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  delay += clock_.cycles(route.latency);
  const Address address = payload.get_address();
  payload.set_address(address - route.origin);
  targets[route.target]->b_transport(payload, delay);
  payload.set_address(address);
}

bool InterconnectModule::get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  const Range* range = target_of(payload);
  return range != nullptr && !range->relative &&
         targets[range->target]->get_direct_mem_ptr(payload, dmi);
}

unsigned InterconnectModule::transport_dbg(tlm::tlm_generic_payload& payload) {
  const Range* range = target_of(payload);
  return range == nullptr || range->relative ? 0 : targets[range->target]->transport_dbg(payload);
}

}  // namespace kilburn::interconnect
