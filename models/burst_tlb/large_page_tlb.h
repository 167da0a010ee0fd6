// A small fully associative TLB for leaves larger than 64 KiB, beside the main array.
#pragma once

#include <cstdint>
#include <vector>

#include "burst_tlb/tlb.h"

namespace kilburn::burst_tlb {

/// One entry holds one leaf of any size (or as much of it as one ownership verdict covers) with its
/// order and context. LRU. It answers where the main array has missed; a page that both hold (its
/// piece grew since) is the same translation in both.
class LargePageTlb {
 public:
  explicit LargePageTlb(std::uint32_t entries)
      : entries_(entries), replacement_(Replacement::lru, 1, entries, 0) {}

  struct Hit {
    bool valid = false;
    Translation translation{};
  };
  [[nodiscard]] bool empty() const { return live_ == 0; }
  /// A store to a leaf whose D bit is clear is no hit: the walker has to set it.
  Hit lookup(const Comparand& comparand);
  void fill(const Translation& translation, Context context);
  unsigned invalidate(const Invalidation& invalidation);
  [[nodiscard]] std::uint64_t reach_bytes() const;

 private:
  struct Entry {
    bool valid = false;
    std::uint64_t context = 0;  ///< packed, with the global bit
    Translation translation{};
    [[nodiscard]] bool covers(PageNumber vpn, std::uint64_t own, std::uint64_t global) const {
      return valid && (translation.vpn ^ vpn) >> translation.piece_order() == 0 &&
             (context == own || context == global);
    }
  };
  std::vector<Entry> entries_;
  ReplacementState replacement_;
  std::uint32_t live_ = 0;
};

}  // namespace kilburn::burst_tlb
