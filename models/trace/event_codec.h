// Events as bytes: the index of their type in Event, the requester, and their fields as varints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "trace/bytes.h"
#include "trace/trace.h"

namespace kilburn::trace {

struct CodedEvent {
  std::uint8_t requester = 0;
  Event event;
};

void put_event(std::vector<std::byte>& to, const CodedEvent& coded);
/// Nothing where the bytes are no event.
[[nodiscard]] std::optional<CodedEvent> get_event(ByteReader& from);

}  // namespace kilburn::trace
