// Ranges of physical memory, and how messages write them.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "common/types.h"

namespace kilburn::software {

struct AddressRange {
  Address first = 0;
  std::uint64_t bytes = 0;

  /// Written so that a range at the end of the address space needs no 65th bit.
  [[nodiscard]] constexpr bool contains(const AddressRange& other) const {
    return other.first >= first && other.bytes <= bytes &&
           other.first - first <= bytes - other.bytes;
  }
  [[nodiscard]] constexpr bool overlaps(const AddressRange& other) const {
    if (bytes == 0 || other.bytes == 0) return false;
    return first <= other.first ? other.first - first < bytes : first - other.first < other.bytes;
  }
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

/// Example: "0x80000000 to 0x87ffffff"; "0x1000, 0 bytes".
[[nodiscard]] inline std::string to_string(const AddressRange& range) {
  if (range.bytes == 0) return fmt::format("0x{:x}, 0 bytes", range.first);
  return fmt::format("0x{:x} to 0x{:x}", range.first, range.first + (range.bytes - 1));
}

}  // namespace kilburn::software
