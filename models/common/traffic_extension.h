// Says what a payload is for: the caches and the memory count and time by it.
#pragma once

#include <tlm>

#include "common/traffic.h"

namespace kilburn {

/// A payload whose command is TLM_IGNORE_COMMAND and that carries this extension asks for time
/// only: the access takes place in tags, banks and busy-until times, and no byte moves. Traces have
/// no data, and cache fills move none because functional data is kept in DRAM alone. On a read or
/// write it refines the command: a table read, for example.
class TrafficExtension : public tlm::tlm_extension<TrafficExtension> {
 public:
  Traffic traffic = Traffic::load;

  [[nodiscard]] tlm::tlm_extension_base* clone() const override {
    return new TrafficExtension(*this);  // TLM's extension pools own clones by raw pointer
  }
  void copy_from(const tlm::tlm_extension_base& other) override {
    *this = static_cast<const TrafficExtension&>(other);
  }
};

/// What `payload` is for: by its extension, else by its command.
[[nodiscard]] inline Traffic traffic_of(const tlm::tlm_generic_payload& payload) {
  if (const auto* extension = payload.get_extension<TrafficExtension>()) return extension->traffic;
  return payload.is_write() ? Traffic::store : Traffic::load;
}

}  // namespace kilburn
