#include "interconnect/interconnect_module.h"

#include <string>

namespace kilburn::interconnect {

namespace {

/// A socket belongs to the module that is being constructed: for this long, that is `module`.
class ConstructedIn {
 public:
  explicit ConstructedIn(sc_core::sc_module& module) { context_->hierarchy_push(&module); }
  ~ConstructedIn() { context_->hierarchy_pop(); }
  ConstructedIn(const ConstructedIn&) = delete;
  ConstructedIn& operator=(const ConstructedIn&) = delete;
  ConstructedIn(ConstructedIn&&) = delete;
  ConstructedIn& operator=(ConstructedIn&&) = delete;

 private:
  sc_core::sc_simcontext* context_ = sc_core::sc_get_curr_simcontext();
};

}  // namespace

tlm::tlm_target_socket<>& InterconnectModule::add_initiator() {
  const ConstructedIn here(*this);
  const std::string name = "initiator_" + std::to_string(initiators_.size());
  tlm::tlm_target_socket<>& socket = initiators_.emplace_back(name.c_str());
  socket.bind(*this);
  return socket;
}

tlm::tlm_initiator_socket<>& InterconnectModule::add_target(std::vector<Range> ranges) {
  const auto number = static_cast<std::uint32_t>(targets_.size());
  for (Range& range : ranges) {
    range.target = number;
    interconnect_.add(std::move(range));
  }
  const ConstructedIn here(*this);
  const std::string name = "target_" + std::to_string(number);
  tlm::tlm_initiator_socket<>& socket = targets_.emplace_back(name.c_str());
  socket.bind(*this);
  return socket;
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
  targets_[route.target]->b_transport(payload, delay);
  payload.set_address(address);
}

bool InterconnectModule::get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  const Range* range = target_of(payload);
  return range != nullptr && !range->relative &&
         targets_[range->target]->get_direct_mem_ptr(payload, dmi);
}

unsigned InterconnectModule::transport_dbg(tlm::tlm_generic_payload& payload) {
  const Range* range = target_of(payload);
  return range == nullptr || range->relative ? 0 : targets_[range->target]->transport_dbg(payload);
}

}  // namespace kilburn::interconnect
