// Data of a command between the host's pages and the controller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "nvme/parts.h"

namespace kilburn::nvme {

/// Time: PRP lists one after the other, then all pieces at once; the link has its own queue.
class Transfer {
 public:
  explicit Transfer(Parts& parts) : parts_(parts), walker_(parts.memory) {}

  struct Result {
    Status status = NVME_SUCCESS;
    Nanoseconds latency = 0;
  };
  /// The command's pieces become those of `bytes` of data.
  [[nodiscard]] Result locate(Command& command, std::uint64_t bytes, Nanoseconds now);
  /// Bytes of its data from `offset` on; `locate` has been called.
  [[nodiscard]] Result write(Command& command, std::uint64_t offset,
                             std::span<const std::byte> bytes, Nanoseconds now);
  [[nodiscard]] Result read(Command& command, std::span<std::byte> bytes, Nanoseconds now);
  /// Both, of a structure.
  [[nodiscard]] Result give(Command& command, std::span<const std::byte> bytes, Nanoseconds now);
  [[nodiscard]] Result take(Command& command, std::size_t bytes, Nanoseconds now);

 private:
  Parts& parts_;
  PrpWalker walker_;
};

}  // namespace kilburn::nvme
