// Which page-table entries are well formed, and what a leaf says about one page.
#pragma once

#include <cstdint>
#include <optional>

#include "common/page_table.h"

namespace kilburn::page_table_walker {

/// A leaf as one page sees it.
struct Leaf {
  PageNumber page = 0;           ///< page asked for, in the address space of the stage
  PageNumber frame = 0;          ///< frame of that page
  std::uint8_t order = 0;        ///< log2 of the pages that the leaf covers
  std::uint8_t permissions = 0;  ///< PTE bits 7..1 in place
  std::uint8_t attributes = 0;   ///< Svpbmt

  [[nodiscard]] bool covers(PageNumber other) const { return (page ^ other) >> order == 0; }
  /// This leaf, seen from `other`, a page that it covers: with that page and its frame.
  [[nodiscard]] Leaf at(PageNumber other) const {
    const PageNumber inside = (PageNumber{1} << order) - 1;
    return {other, (frame & ~inside) | (other & inside), order, permissions, attributes};
  }
};

/// The format rules, with the extensions that the hart has.
struct PteFormat {
  bool svnapot = false;
  bool svpbmt = false;

  /// V is set and nothing that is reserved is used, whether pointer or leaf.
  [[nodiscard]] constexpr bool valid(std::uint64_t entry) const {
    if ((entry & pte::valid) == 0 || (entry & pte::reserved) != 0) return false;
    if ((entry & pte::write) != 0 && (entry & pte::read) == 0) return false;
    const unsigned memory_type = (entry >> pte::pbmt_shift) & 3;
    if (memory_type == 3 || (memory_type != 0 && !svpbmt)) return false;
    return (entry & pte::napot) == 0 || svnapot;
  }
  /// A pointer to a next-level table. D, A, U, N and the memory type are reserved in pointers.
  [[nodiscard]] constexpr bool is_pointer(std::uint64_t entry, unsigned level) const {
    constexpr std::uint64_t leaf_only =
        pte::dirty | pte::accessed | pte::user | pte::napot | std::uint64_t{3} << pte::pbmt_shift;
    return level > 0 && valid(entry) && !pte::is_leaf(entry) && (entry & leaf_only) == 0;
  }
  /// The leaf that `entry` at `level` is for `page`, unless it is malformed or misaligned.
  /// `global`: a descriptor above it has G set, so all below it is global.
  [[nodiscard]] constexpr std::optional<Leaf> leaf(std::uint64_t entry, unsigned level,
                                                   PageNumber page, bool global) const {
    if (!valid(entry) || !pte::is_leaf(entry)) return std::nullopt;
    Leaf leaf{page, pte::pfn(entry), static_cast<std::uint8_t>(level_order(level)),
              static_cast<std::uint8_t>((entry & 0xFE) | (global ? pte::global : 0)),
              static_cast<std::uint8_t>((entry >> pte::pbmt_shift) & 3)};
    if ((entry & pte::napot) != 0) {
      constexpr PageNumber size_field = (PageNumber{1} << napot_order) - 1;
      constexpr PageNumber size_64k = PageNumber{1} << (napot_order - 1);
      if (level != 0 || (leaf.frame & size_field) != size_64k) return std::nullopt;
      leaf.frame &= ~size_field;
      leaf.order = napot_order;
    } else if ((leaf.frame & ((PageNumber{1} << leaf.order) - 1)) != 0) {
      return std::nullopt;
    }
    return leaf.at(page);
  }
};

}  // namespace kilburn::page_table_walker
