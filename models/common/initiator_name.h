// Who is bound to a target socket: for messages about payloads that lack what they must carry.
#pragma once

#include <string>
#include <vector>

#include <systemc>
#include <tlm>

namespace kilburn {

/// The hierarchical name of the initiator socket that `backward` is the way back to. Looks through
/// the whole hierarchy: for errors only. Example: "platform.player.mmu".
[[nodiscard]] inline std::string initiator_name(const tlm::tlm_bw_transport_if<>* backward) {
  using Export = sc_core::sc_export<tlm::tlm_bw_transport_if<>>;
  std::vector<sc_core::sc_object*> left = sc_core::sc_get_top_level_objects();
  while (!left.empty()) {
    sc_core::sc_object* const object = left.back();
    left.pop_back();
    if (auto* const way_back = dynamic_cast<Export*>(object)) {
      const auto* const answers =
          dynamic_cast<const tlm::tlm_bw_transport_if<>*>(way_back->get_interface());
      if (answers == backward) {
        // A socket's export is called as the socket, then "_export" and a number.
        const std::string name = way_back->name();
        return name.substr(0, name.rfind("_export"));
      }
    }
    const auto& children = object->get_child_objects();
    left.insert(left.end(), children.begin(), children.end());
  }
  return "an initiator without a name";
}

/// Of a target socket that is bound.
template <class TargetSocket>
[[nodiscard]] std::string initiator_of(TargetSocket& socket) {
  return initiator_name(
      dynamic_cast<tlm::tlm_bw_transport_if<>*>(socket.get_base_port().get_interface()));
}

}  // namespace kilburn
