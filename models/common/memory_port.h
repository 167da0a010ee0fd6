// A mechanism's way to simulated physical memory: functional data with the latency that it cost.
#pragma once

#include <array>
#include <cstdint>

#include "common/types.h"

namespace kilburn {

/// One reply: eight bytes, what it cost, and whether memory answered there at all.
struct MemoryReply {
  std::uint64_t data = 0;
  Cycles latency = 0;  ///< from request to reply, waiting included
  bool ok = true;      ///< false: no memory at that address
};

/// A whole 64-byte line: eight PTEs, for the cost of one read.
struct LineReply {
  std::array<std::uint64_t, line_bytes / 8> data{};
  Cycles latency = 0;
  bool ok = true;
};

/// `now` is the time of the request in cycles, so that shared resources can make it wait.
/// Addresses of 8-byte accesses are multiples of 8, of lines multiples of 64.
class MemoryPort {
 public:
  virtual ~MemoryPort() = default;
  virtual MemoryReply read(Address address, Cycles now) = 0;
  virtual LineReply read_line(Address address, Cycles now) = 0;
  virtual MemoryReply write(Address address, std::uint64_t value, Cycles now) = 0;
  /// Atomic: writes `desired` where memory holds `expected`; `data` is what memory held before.
  virtual MemoryReply compare_exchange(Address address, std::uint64_t expected,
                                       std::uint64_t desired, Cycles now) = 0;
};

}  // namespace kilburn
