// Contiguous frames that eager placement keeps for the untouched pages of a region.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/types.h"
#include "trace_os/buddy_allocator.h"

namespace kilburn::trace_os {

/// A region is 2^order pages, naturally aligned. The first `take` in it reserves a block of as many
/// frames, or finds none and leaves the region to ordinary allocation. A frame is kept until it is
/// taken or its page is unmapped.
class Reservations {
 public:
  explicit Reservations(unsigned order) : order_(order) {}

  [[nodiscard]] bool knows(PageNumber vpn) const { return regions_.contains(vpn >> order_); }
  /// The frames kept for the 2^order pages from `vpn` (aligned); empty unless all of them are kept.
  std::optional<PageNumber> take(PageNumber vpn, unsigned order, BuddyAllocator& arena);
  /// [first, end) is unmapped: gives back to `arena` what was kept for it; forgets regions that lie
  /// wholly inside, so that a later touch reserves anew.
  void release(PageNumber first, PageNumber end, BuddyAllocator& arena);

  [[nodiscard]] PageNumber frames() const { return frames_; }
  [[nodiscard]] std::uint64_t fallbacks() const { return fallbacks_; }

 private:
  struct Region {
    PageNumber frame = 0;
    std::vector<bool> kept;  ///< per page; empty where there was no block
  };
  void release(Region& region, PageNumber from, PageNumber to, BuddyAllocator& arena);

  unsigned order_;
  std::map<PageNumber, Region> regions_;  ///< by vpn >> order_
  PageNumber frames_ = 0;                 ///< kept and not yet taken
  std::uint64_t fallbacks_ = 0;           ///< regions that found no block
};

}  // namespace kilburn::trace_os
