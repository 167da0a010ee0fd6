// Binary buddy allocator of physical frames, as an operating system has, over a memory that may be
// as fragmented as a long-running machine's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/statistics.h"
#include "common/types.h"
#include "trace_os/bitmap.h"

namespace kilburn::trace_os {

/// Frames [first, first + frames), in naturally aligned blocks of 2^order frames. A request takes
/// the smallest free block that fits and splits it, lower half first; freed buddies merge.
///
/// `aging` 0 is a pristine memory: everything free, lowest addresses given first. Above 0, others
/// hold part of the memory before the first allocation: each GiB is broken into leaf blocks whose
/// order, weighted by memory, is binomial(18, 1 - aging), and every other one is free: the odd or
/// the even ones, whichever hold more. The mean leaf block is (2 / (1 + aging))^18 frames: 2^18
/// when pristine, 177 at 0.5, 1 at aging 1; at low aging the free ones are somewhat larger. At
/// least 48 % of a GiB is free up to an aging of 0.7, 44 % at 1. For one seed a greater aging only
/// breaks blocks further. What a busy server's /proc/buddyinfo shows is an aging of 0.92 to 0.94
/// (docs/trace_os.md). Among the free blocks of an order a pseudo-random one is taken: free
/// lists of an old machine have no order of addresses. Memory is aged block by block of 1 GiB, when
/// an allocation first needs it: results do not depend on when. Not modelled: zones, migration
/// types, compaction, reclaim.
class BuddyAllocator {
 public:
  static constexpr unsigned max_order = 18;  ///< 1 GiB

  BuddyAllocator(PageNumber first, PageNumber frames, double aging, std::uint64_t seed);

  /// First frame of a naturally aligned block of 2^order frames; empty where there is none.
  [[nodiscard]] std::optional<PageNumber> allocate(unsigned order);
  /// Gives back a block that was allocated, or any naturally aligned part of one.
  void free(PageNumber frame, unsigned order);

  [[nodiscard]] PageNumber first() const { return first_; }
  [[nodiscard]] PageNumber frames() const { return end_ - first_; }
  /// True where `frame` belongs to a free block. Ages the memory up to it, if need be.
  [[nodiscard]] bool is_free(PageNumber frame);
  /// Free blocks by order, as /proc/buddyinfo has them, of the memory aged so far.
  [[nodiscard]] Histogram free_blocks() const;
  /// Free frames of the whole memory. Ages all of it.
  [[nodiscard]] PageNumber free_frames();

 private:
  /// Indices of blocks of an order count from here: `first` rounded down to a block of max_order.
  [[nodiscard]] PageNumber origin() const { return first_ >> max_order << max_order; }
  void age_next();
  struct Leaf {
    std::uint64_t index;
    unsigned order;
  };
  void collect_leaves(unsigned order, std::uint64_t index, std::vector<Leaf>& leaves) const;
  [[nodiscard]] bool breaks(unsigned order, std::uint64_t index) const;
  void insert(unsigned order, std::uint64_t index);
  void remove(unsigned order, std::uint64_t index);
  [[nodiscard]] std::uint64_t choose(unsigned order);

  PageNumber first_;
  PageNumber end_;
  bool aged_;
  std::uint64_t seed_;
  std::array<double, max_order + 1> break_probability_{};  ///< of a block that is still whole
  std::vector<Bitmap> free_;                               ///< per order: its free blocks
  std::uint32_t orders_ = 0;      ///< bit k: there is a free block of order k
  std::uint64_t next_block_ = 0;  ///< first block of max_order that is not aged yet
  std::uint64_t blocks_;          ///< blocks of max_order, partial ones included
  PageNumber free_frames_ = 0;    ///< of the aged blocks
  std::uint64_t random_;          ///< xorshift64* state for the choice among free blocks
};

}  // namespace kilburn::trace_os
