// The hash of the virtual address that a page-table-cache entry keeps: an XOR tree over page bits.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/invalidation.h"

namespace kilburn::page_table_cache {

/// An inclusive range of page numbers.
struct PageRange {
  PageNumber first = 0;
  PageNumber last = 0;

  /// The naturally aligned regions of 2^order pages that the range touches.
  [[nodiscard]] constexpr PageRange regions(unsigned order) const {
    return {first >> order, last >> order};
  }
  [[nodiscard]] constexpr bool contains(PageNumber page) const {
    return first <= page && page <= last;
  }
  [[nodiscard]] constexpr bool overlaps(PageRange other) const {
    return first <= other.last && other.first <= last;
  }
};

/// The pages that `invalidation` names; a range that would wrap ends with the last page.
[[nodiscard]] constexpr PageRange page_range(const Invalidation& invalidation) {
  constexpr PageNumber last_page = ~Address{0} >> page_shift;
  const PageNumber room = last_page - invalidation.vpn;
  return {invalidation.vpn, invalidation.vpn + std::min(invalidation.pages - 1, room)};
}

/// Folds a region number (page number >> 9 * level, of the sign-extended address) to `bits` bits by
/// XOR of its `bits`-wide slices. Neighbouring regions never collide: the low slice tells the
/// 2^bits regions of an aligned block apart. Random regions collide with probability 2^-bits.
/// Example: of 8 bits, `of(0x12345)` is 0x45 ^ 0x23 ^ 0x01 = 0x67.
class RegionHash {
 public:
  explicit constexpr RegionHash(unsigned bits)
      : bits_(bits), mask_((std::uint64_t{1} << bits) - 1) {}

  [[nodiscard]] constexpr std::uint16_t of(PageNumber region) const {
    std::uint64_t folded = 0;
    if (bits_ != 0) {
      for (; region != 0; region >>= bits_) folded ^= region;
    }
    return static_cast<std::uint16_t>(folded & mask_);
  }

  /// True where some region of `regions` has this `hash`. Exact and in constant time: within one
  /// aligned block of 2^bits regions the hash fixes the low slice. For a range of one region it is
  /// the plain comparison of two hashes that hardware makes.
  [[nodiscard]] constexpr bool any_has(PageRange regions, std::uint16_t hash) const {
    const std::uint64_t first_block = regions.first >> bits_;
    const std::uint64_t last_block = regions.last >> bits_;
    if (last_block - first_block > 1) return true;  // a whole block lies between: every hash
    const std::uint64_t in_first = hash ^ of(first_block);
    const std::uint64_t in_last = hash ^ of(last_block);
    const bool above = in_first >= (regions.first & mask_);
    const bool below = in_last <= (regions.last & mask_);
    return first_block == last_block ? above && below : above || below;
  }

 private:
  unsigned bits_;
  std::uint64_t mask_;
};

}  // namespace kilburn::page_table_cache
