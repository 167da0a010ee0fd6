// RISC-V page-table format: PTE bits, the levels of each mode, canonical addresses.
// Source: RISC-V Privileged Architecture 1.12, chapters 4.3 to 4.6 (Sv39, Sv48, Sv57), 5 (Svnapot),
// 6 (Svpbmt).
#pragma once

#include <cstdint>

#include "common/types.h"

namespace kilburn {

/// PTE bits. `PermissionBits` are held by TLBs at the same positions.
namespace pte {
inline constexpr std::uint64_t valid = 1u << 0;
inline constexpr std::uint64_t read = 1u << 1;
inline constexpr std::uint64_t write = 1u << 2;
inline constexpr std::uint64_t execute = 1u << 3;
inline constexpr std::uint64_t user = 1u << 4;
inline constexpr std::uint64_t global = 1u << 5;
inline constexpr std::uint64_t accessed = 1u << 6;
inline constexpr std::uint64_t dirty = 1u << 7;
inline constexpr unsigned pfn_shift = 10;
inline constexpr unsigned pfn_bits = 44;
inline constexpr std::uint64_t napot = std::uint64_t{1} << 63;
inline constexpr unsigned pbmt_shift = 61;                            ///< two bits
inline constexpr std::uint64_t reserved = std::uint64_t{0x7F} << 54;  ///< must be zero

[[nodiscard]] constexpr PageNumber pfn(std::uint64_t entry) {
  return (entry >> pfn_shift) & ((std::uint64_t{1} << pfn_bits) - 1);
}
[[nodiscard]] constexpr std::uint64_t make(PageNumber frame, std::uint64_t flags) {
  return frame << pfn_shift | flags;
}
/// Example: `is_leaf(valid | read)` is true; `is_leaf(valid)` is a pointer to the next level.
[[nodiscard]] constexpr bool is_leaf(std::uint64_t entry) {
  return (entry & (read | write | execute)) != 0;
}
}  // namespace pte

/// satp/hgatp modes by number of levels. `bare` has none.
enum class PagingMode : std::uint8_t { bare = 0, sv39 = 3, sv48 = 4, sv57 = 5 };

[[nodiscard]] constexpr unsigned levels(PagingMode mode) {
  return static_cast<unsigned>(mode);
}

/// Width of a virtual address: 39, 48 or 57 bits.
[[nodiscard]] constexpr unsigned virtual_bits(PagingMode mode) {
  return mode == PagingMode::bare ? 64 : page_shift + 9 * levels(mode);
}

/// True where bits 63..virtual_bits-1 are all equal, as the architecture demands.
[[nodiscard]] constexpr bool is_canonical(Address va, PagingMode mode) {
  if (mode == PagingMode::bare) return true;
  const auto above = static_cast<std::int64_t>(va) >> (virtual_bits(mode) - 1);
  return above == 0 || above == -1;
}

/// log2 of the 4 KiB pages that a leaf at `level` covers (level 0 is the last): 0, 9, 18, 27, 36.
[[nodiscard]] constexpr unsigned level_order(unsigned level) {
  return 9 * level;
}

inline constexpr unsigned napot_order = 4;  ///< Svnapot: 64 KiB, sixteen pages

/// What one page's walk yields, and what a TLB keeps for that page.
struct Translation {
  PageNumber vpn = 0;  ///< the page asked for (4 KiB units), not the leaf's first
  PageNumber pfn = 0;  ///< the frame of that page
  /// log2 of the pages covered by its leaf: 0, 4 (Svnapot), 9, 18, ... Of two stages stage 1's,
  /// which an invalidation by virtual address names.
  std::uint8_t order = 0;
  std::uint8_t permissions = 0;  ///< PTE bits 7..1 in place: R W X U G A D
  std::uint8_t attributes = 0;   ///< Svpbmt: 0 PMA, 1 NC, 2 IO
  /// log2 of the pages that one ownership verdict, and one G-stage leaf, cover: no TLB may hold
  /// more as one piece.
  std::uint8_t verdict_order = 63;

  /// log2 of the pages that one TLB entry may translate: min(leaf, verdict).
  [[nodiscard]] constexpr std::uint8_t piece_order() const {
    return order < verdict_order ? order : verdict_order;
  }
  [[nodiscard]] bool global() const { return (permissions & pte::global) != 0; }
  friend bool operator==(const Translation&, const Translation&) = default;
};

/// How mstatus/sstatus bend the permission check.
struct PrivilegeState {
  Privilege privilege = Privilege::user;
  bool sum = false;        ///< supervisor may load and store user pages
  bool mxr = false;        ///< executable pages are readable
  bool guest_mxr = false;  ///< those of the G-stage, too: the hypervisor's own MXR
  bool hlvx = false;   ///< a load needs the right to execute, in both stages, and not that to read
  bool svade = false;  ///< a clear A, or D on a store, is a page fault
  bool guest_svade = false;  ///< so it is in the G-stage
  friend bool operator==(const PrivilegeState&, const PrivilegeState&) = default;
};

/// True where `permissions` allow `access`. A and D are not looked at: the walker sees to them.
[[nodiscard]] constexpr bool permits(std::uint8_t permissions, Access access,
                                     PrivilegeState state = {}) {
  const bool user_page = (permissions & pte::user) != 0;
  if (state.privilege == Privilege::user && !user_page) return false;
  if (state.privilege == Privilege::supervisor && user_page &&
      (access == Access::fetch || !state.sum)) {
    return false;
  }
  switch (access) {
    case Access::fetch:
      return (permissions & pte::execute) != 0;
    case Access::load:
      if (state.hlvx) return (permissions & pte::execute) != 0;
      return (permissions & (state.mxr ? pte::read | pte::execute : pte::read)) != 0;
    case Access::store:
      return (permissions & pte::write) != 0;
  }
  return false;
}

}  // namespace kilburn
