// The IOMMU's own accesses to memory: directories, queues, MSI page tables, messages. The RMU is
// asked for each, as for a page-table read.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "common/memory_port.h"
#include "common/message_port.h"
#include "common/ownership.h"

namespace kilburn::iommu {

/// One line of memory, or a part of it.
struct Words {
  std::array<std::uint64_t, line_bytes / 8> data{};  ///< the words asked for come first
  Cycles latency = 0;
  bool ok = false;  ///< false: the RMU denied it, or no memory answered
};

struct Written {
  Cycles latency = 0;
  bool ok = false;
};

/// Addresses that the IOMMU itself answers.
struct OwnRegisters {
  Address base = 0;
  std::uint64_t bytes = 0;
};

/// Time: the check, then the access. Any of these may let other processes run. The IOMMU does not
/// reach its own registers: a message to them could otherwise send the next, without end.
class CheckedMemory {
 public:
  /// `realm`: for whom the IOMMU reads and writes. `ownership` may be null: nothing is checked.
  CheckedMemory(MemoryPort& memory, MessagePort& messages, OwnershipCheck* ownership,
                std::uint16_t realm, OwnRegisters own)
      : memory_(memory), messages_(messages), ownership_(ownership), realm_(realm), own_(own) {}

  /// `words` from `address` on, which lie in one line.
  Words read(Address address, unsigned words, Cycles now);
  /// Words that lie in one page.
  Written write(Address address, std::span<const std::uint64_t> words, Cycles now);
  Written write_word(Address address, std::uint32_t value, Cycles now);
  /// Sets `bits` of the word atomically; `before` is what memory held.
  struct Set {
    std::uint64_t before = 0;
    Cycles latency = 0;
    bool ok = false;
  };
  Set set_bits(Address address, std::uint64_t bits, Cycles now);

 private:
  OwnershipReply check(Address address, Access access, Cycles now);

  MemoryPort& memory_;
  MessagePort& messages_;
  OwnershipCheck* ownership_;
  std::uint16_t realm_;
  OwnRegisters own_;
};

}  // namespace kilburn::iommu
