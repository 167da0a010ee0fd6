// The words that every block shares: addresses, pages, who asks and for what.
#pragma once

#include <cstdint>
#include <string_view>

namespace kilburn {

using Address = std::uint64_t;     ///< byte address, virtual or physical
using PageNumber = std::uint64_t;  ///< address >> page_shift
using Cycles = std::uint64_t;      ///< cycles of the platform clock

inline constexpr unsigned page_shift = 12;
inline constexpr Address page_bytes = Address{1} << page_shift;
inline constexpr Address line_bytes = 64;  ///< a memory line: eight PTEs

enum class Access : std::uint8_t { fetch, load, store };
enum class Privilege : std::uint8_t { user = 0, supervisor = 1, machine = 3 };

[[nodiscard]] constexpr std::string_view to_string(Access access) {
  constexpr std::string_view names[] = {"fetch", "load", "store"};
  return names[static_cast<unsigned>(access)];
}

/// The address space that an access belongs to. Source: RISC-V Privileged Architecture 1.12 (ASID,
/// VMID); US 11,263,155 (realm).
struct Context {
  std::uint16_t asid = 0;
  std::uint16_t vmid = 0;   ///< 0: the host, no second stage; guest VMID v is held as v + 1
  std::uint16_t realm = 0;  ///< owner realm that the RMU checks against
  friend bool operator==(const Context&, const Context&) = default;
};

/// Why a translation could not be used.
enum class Fault : std::uint8_t {
  none,
  page_fault,        ///< stage 1: invalid, reserved, misaligned or not permitted
  guest_page_fault,  ///< G-stage
  access_fault,      ///< physical: no memory there, or the RMU denied it
};

[[nodiscard]] constexpr std::string_view to_string(Fault fault) {
  constexpr std::string_view names[] = {"none", "page fault", "guest page fault", "access fault"};
  return names[static_cast<unsigned>(fault)];
}

}  // namespace kilburn
