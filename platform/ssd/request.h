// What a program asks of a drive, and where such requests come from.
#pragma once

#include <cstdint>
#include <optional>

#include "nvme/host.h"

namespace kilburn::ssd {

using nvme::Nanoseconds;

/// In sectors of 512 bytes of a namespace, whatever its blocks are.
struct Request {
  enum class Kind : std::uint8_t { read, write, flush, deallocate };
  Kind kind = Kind::read;
  std::uint64_t first = 0;
  std::uint64_t sectors = 0;  ///< 0 for a flush
  Nanoseconds due = 0;        ///< when it comes, where requests are paced
  std::uint32_t target = 0;   ///< which of the flow's namespaces
  bool durable = false;       ///< a write that is in flash when it ends (force unit access)
};
inline constexpr std::uint64_t sector_bytes = 512;

class RequestSource {
 public:
  virtual ~RequestSource() = default;
  /// Nothing: it has ended.
  virtual std::optional<Request> next() = 0;
  /// From now on requests stay below `sectors`: the flow's namespace `target` has another size.
  virtual void resize(std::uint32_t target, std::uint64_t sectors) = 0;
};

}  // namespace kilburn::ssd
