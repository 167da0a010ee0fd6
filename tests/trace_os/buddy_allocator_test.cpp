#include "trace_os/buddy_allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "common/random.h"

namespace kilburn::trace_os {
namespace {

struct FreeRuns {
  PageNumber frames = 0;
  PageNumber runs = 0;
  PageNumber longest = 0;
  [[nodiscard]] double mean() const {
    return static_cast<double>(frames) / static_cast<double>(runs);
  }
};

FreeRuns free_runs(BuddyAllocator& arena) {
  FreeRuns result;
  PageNumber run = 0;
  for (PageNumber i = 0; i <= arena.frames(); ++i) {
    if (i < arena.frames() && arena.is_free(arena.first() + i)) {
      ++run;
      continue;
    }
    if (run == 0) continue;
    result.frames += run;
    ++result.runs;
    result.longest = std::max(result.longest, run);
    run = 0;
  }
  return result;
}

TEST(Bitmap, AgreesWithASetOverRandomMembers) {
  for (const std::size_t size : {1u, 64u, 65u, 5000u, 300'000u}) {
    SCOPED_TRACE(testing::Message() << "size " << size);
    Bitmap bitmap(size);
    std::set<std::size_t> expected;
    std::uint64_t random = mix64(size);
    for (unsigned i = 0; i < 5000; ++i) {
      const std::size_t member = next_random(random) % size;
      if (next_random(random) % 3 != 0) {
        bitmap.set(member);
        expected.insert(member);
      } else {
        bitmap.clear(member);
        expected.erase(member);
      }
      const std::size_t from = next_random(random) % size;
      const auto next = expected.lower_bound(from);
      const auto found = bitmap.find(from);
      ASSERT_EQ(found.has_value(), next != expected.end());
      if (found) {
        ASSERT_EQ(*found, *next);
      }
      ASSERT_EQ(bitmap.test(from), expected.contains(from));
      ASSERT_EQ(bitmap.empty(), expected.empty());
    }
  }
}

/// Which frames are free, frame by frame.
class PlainArena {
 public:
  explicit PlainArena(BuddyAllocator& arena) : first_(arena.first()), free_(arena.frames()) {
    for (PageNumber i = 0; i < free_.size(); ++i) free_[i] = arena.is_free(first_ + i);
  }
  /// Since buddies always merge, a block is there exactly where all of its frames are free.
  [[nodiscard]] bool has_block(unsigned order) const {
    const PageNumber size = PageNumber{1} << order;
    for (PageNumber at = (first_ + size - 1) / size * size; at + size <= first_ + free_.size();
         at += size) {
      if (all(at, size, true)) return true;
    }
    return false;
  }
  [[nodiscard]] bool all(PageNumber frame, PageNumber frames, bool free) const {
    for (PageNumber i = 0; i < frames; ++i) {
      if (frame < first_ || frame + i >= first_ + free_.size()) return false;
      if (free_[frame + i - first_] != free) return false;
    }
    return true;
  }
  void set(PageNumber frame, PageNumber frames, bool free) {
    for (PageNumber i = 0; i < frames; ++i) free_[frame + i - first_] = free;
  }
  [[nodiscard]] PageNumber free_frames() const {
    return static_cast<PageNumber>(std::count(free_.begin(), free_.end(), true));
  }

 private:
  PageNumber first_;
  std::vector<bool> free_;
};

TEST(BuddyAllocator, KeepsItsInvariantsOverRandomAllocationsAndFrees) {
  struct Block {
    PageNumber frame;
    unsigned order;
  };
  for (const double aging : {0.0, 0.6, 0.8, 1.0}) {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", aging " << aging);
      // Neither the first nor the last frame is aligned, and a 1 GiB boundary lies inside.
      BuddyAllocator arena((PageNumber{1} << 18) - 777, 3001, aging, seed);
      PlainArena expected(arena);
      const PageNumber initially_free = expected.free_frames();
      std::vector<Block> blocks;
      std::uint64_t random = mix64(seed);
      for (unsigned i = 0; i < 2000; ++i) {
        if (next_random(random) % 5 < 3) {
          const auto order = static_cast<unsigned>(next_random(random) % 10);
          const auto frame = arena.allocate(order);
          ASSERT_EQ(frame.has_value(), expected.has_block(order)) << i << " order " << order;
          if (!frame) continue;
          const PageNumber size = PageNumber{1} << order;
          ASSERT_EQ(*frame % size, 0u) << "naturally aligned";
          ASSERT_TRUE(expected.all(*frame, size, true)) << "every frame was free";
          expected.set(*frame, size, false);
          blocks.push_back({*frame, order});
        } else if (!blocks.empty()) {
          const std::size_t which = next_random(random) % blocks.size();
          Block block = blocks[which];
          blocks[which] = blocks.back();
          blocks.pop_back();
          if (block.order > 0 && next_random(random) % 2 == 0) {
            // Half of it only: parts of a block may be freed.
            --block.order;
            blocks.push_back({block.frame + (PageNumber{1} << block.order), block.order});
          }
          arena.free(block.frame, block.order);
          expected.set(block.frame, PageNumber{1} << block.order, true);
        }
        ASSERT_EQ(arena.free_frames(), expected.free_frames());
      }
      for (const Block& block : blocks) arena.free(block.frame, block.order);
      EXPECT_EQ(arena.free_frames(), initially_free);
      PlainArena after(arena);
      for (unsigned order = 0; order <= 11; ++order) {
        EXPECT_EQ(arena.allocate(order).has_value(), after.has_block(order)) << order;
        after = PlainArena(arena);
      }
    }
  }
}

TEST(BuddyAllocator, APristineMemoryIsGivenOutFromItsFirstFrameOnWithoutAGap) {
  BuddyAllocator arena(0x80000, 0x40000, 0.0, 1);
  EXPECT_EQ(arena.free_frames(), 0x40000u);
  for (PageNumber i = 0; i < 5000; ++i) ASSERT_EQ(arena.allocate(0), 0x80000 + i);
}

TEST(BuddyAllocator, AWholeGibibyteIsOneBlock) {
  BuddyAllocator arena(0x80000, 0x80000, 0.0, 1);
  EXPECT_EQ(arena.allocate(18), 0x80000u);
  EXPECT_EQ(arena.allocate(18), 0xC0000u);
  EXPECT_EQ(arena.allocate(0), std::nullopt);
  arena.free(0x80000, 18);
  EXPECT_EQ(arena.allocate(18), 0x80000u);
}

TEST(BuddyAllocator, TheMeanFreeRunFallsWithAgingAsTheBinomialSaysAndNeverRises) {
  constexpr PageNumber frames = PageNumber{4} << 18;
  double previous = 2.0 * frames;
  for (const double aging : {0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0}) {
    SCOPED_TRACE(testing::Message() << "aging " << aging);
    BuddyAllocator arena(0, frames, aging, 7);
    const FreeRuns runs = free_runs(arena);
    EXPECT_LT(runs.mean(), previous);
    previous = runs.mean();
    EXPECT_EQ(runs.frames, arena.free_frames());
    // E[2^-K] for K binomial(18, 1 - a) is ((1 + a) / 2)^18: leaf blocks a frame. Below 0.5 a GiB
    // has few of them, and the free ones are the larger: there the mean is only a lower bound.
    const double expected = std::pow(2.0 / (1.0 + aging), 18);
    if (aging >= 0.5) {
      EXPECT_NEAR(runs.mean(), expected, 0.15 * expected);
    } else if (aging >= 0.3) {
      EXPECT_GT(runs.mean(), 0.85 * expected);
    }
  }
}

TEST(BuddyAllocator, AFullyAgedMemoryHasSingleFreeFramesScatteredOverHalfOfIt) {
  BuddyAllocator arena(0, PageNumber{1} << 18, 1.0, 3);
  const FreeRuns runs = free_runs(arena);
  EXPECT_EQ(runs.longest, 1u);
  EXPECT_GT(runs.frames, arena.frames() * 2 / 5);
  EXPECT_LT(runs.frames, arena.frames() / 2);
  EXPECT_EQ(arena.allocate(1), std::nullopt);
  PageNumber odd = 0;
  PageNumber adjacent = 0;
  PageNumber previous = 0;
  for (unsigned i = 0; i < 10'000; ++i) {
    const auto frame = arena.allocate(0);
    ASSERT_TRUE(frame);
    odd += *frame & 1;
    if (*frame / 64 == previous / 64) ++adjacent;
    previous = *frame;
  }
  EXPECT_NEAR(static_cast<double>(odd), 5000, 500);
  EXPECT_LT(adjacent, 100u) << "successive frames must not be neighbours";
}

TEST(BuddyAllocator, TheAgedStateDoesNotDependOnWhenItIsLookedAt) {
  BuddyAllocator early(0, PageNumber{3} << 18, 0.5, 9);
  BuddyAllocator late(0, PageNumber{3} << 18, 0.5, 9);
  EXPECT_GT(early.free_frames(), 0u);
  EXPECT_EQ(early.is_free(0), late.is_free(0));
  for (PageNumber frame = PageNumber{3} << 18; frame-- > 0;) {
    ASSERT_EQ(early.is_free(frame), late.is_free(frame)) << frame;
  }
}

TEST(BuddyAllocator, EverySeedAgesDifferently) {
  BuddyAllocator one(0, 4096, 1.0, 1);
  BuddyAllocator two(0, 4096, 1.0, 2);
  int different = 0;
  for (PageNumber frame = 0; frame < 4096; ++frame) {
    different += one.is_free(frame) != two.is_free(frame) ? 1 : 0;
  }
  EXPECT_GT(different, 500);
}

TEST(BuddyAllocator, EachAgedGibibyteLeavesAtLeastTwoFifthsFree) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const double aging : {0.01, 0.1, 0.2, 0.5, 0.7, 1.0}) {
      BuddyAllocator arena(0, PageNumber{1} << 18, aging, seed);
      const PageNumber free = arena.free_frames();
      EXPECT_GE(free * 100, arena.frames() * (aging <= 0.7 ? 48 : 40)) << seed << ' ' << aging;
    }
  }
}

/// Shares of the free memory by the order of its free blocks.
std::vector<double> shares(const std::vector<std::uint64_t>& blocks) {
  std::vector<double> result(BuddyAllocator::max_order + 1, 0.0);
  double frames = 0;
  for (std::size_t order = 0; order < blocks.size(); ++order) {
    result[order] = static_cast<double>(blocks[order] << order);
    frames += result[order];
  }
  for (double& share : result) share /= frames;
  return result;
}

/// Half the sum of the differences: the share of memory that lies in blocks of another order.
double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / 2;
}

// /proc/buddyinfo of a busy server, zone Normal of its node 1, free blocks of order 0 to 10.
// Source: github.com/canonical/hotsos, issue 526 (17 February 2023).
TEST(BuddyAllocator, AnAgingOf094HasTheFreeListsOfABusyServer) {
  const auto server = shares({426212, 143208, 42644, 13656, 1167, 0, 0, 0, 0, 0, 0});
  const auto at = [&](double aging) {
    BuddyAllocator arena(0, PageNumber{1} << 20, aging, 1);
    (void)arena.free_frames();
    return distance(shares(arena.free_blocks().buckets()), server);
  };
  EXPECT_LT(at(0.94), 0.15);
  for (const double other : {0.5, 0.75, 0.85, 0.9, 0.99, 1.0}) {
    EXPECT_GT(at(other), at(0.94)) << other;
  }
}

TEST(BuddyAllocator, FreeBlocksByOrderAddUpToTheFreeFrames) {
  for (const double aging : {0.0, 0.6, 1.0}) {
    BuddyAllocator arena(0, PageNumber{1} << 18, aging, 3);
    for (unsigned i = 0; i < 100; ++i) (void)arena.allocate(i % 3);
    const PageNumber free = arena.free_frames();
    std::uint64_t frames = 0;
    const std::vector<std::uint64_t> blocks = arena.free_blocks().buckets();
    for (std::size_t order = 0; order < blocks.size(); ++order) frames += blocks[order] << order;
    EXPECT_EQ(frames, free) << aging;
  }
}

TEST(BuddyAllocator, EvenTheSmallestAgedMemoryHasAFreeFrame) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (const double aging : {0.01, 0.5, 1.0}) {
      BuddyAllocator arena(512, 256, aging, seed);
      EXPECT_TRUE(arena.allocate(0)) << "seed " << seed << ", aging " << aging;
    }
  }
}

}  // namespace
}  // namespace kilburn::trace_os
