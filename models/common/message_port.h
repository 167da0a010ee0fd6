// A mechanism's way to send a message-signalled interrupt, or to write a word of memory.
#pragma once

#include <cstdint>

#include "common/memory_port.h"

namespace kilburn {

class MessagePort {
 public:
  virtual ~MessagePort() = default;
  /// Writes four bytes at `address`, a multiple of 4: a register of an interrupt controller, or
  /// memory.
  virtual MemoryReply write_word(Address address, std::uint32_t value, Cycles now) = 0;
};

}  // namespace kilburn
