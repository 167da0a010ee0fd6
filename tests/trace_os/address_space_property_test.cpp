// Random sequences of every call, checked against maps of pages and frames kept by the test.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <vector>

#include "common/invalidation_reach.h"
#include "common/random.h"
#include "trace_os/plain_walk.h"

namespace kilburn::trace_os {
namespace {

constexpr PageNumber pages_used = 2500;

/// Follows the observer's reports: who holds each frame.
struct Frames {
  std::set<PageNumber> held;  ///< data or table, mapped or in quarantine
  bool given_twice = false;
  bool released_unheld = false;

  void see(const FrameEvent& event) {
    for (PageNumber i = 0; i < event.frames; ++i) {
      if (event.use == FrameEvent::Use::released) {
        released_unheld |= held.erase(event.pfn + i) == 0;
      } else {
        given_twice |= !held.insert(event.pfn + i).second;
      }
    }
  }
};

using Policy = std::tuple<Pages, Placement, double>;

class EveryPolicy : public testing::TestWithParam<Policy> {
 protected:
  [[nodiscard]] static OsConfig config(std::uint64_t seed) {
    const auto [pages, placement, aging] = GetParam();
    return {.seed = seed,
            .arena_bytes = std::uint64_t{256} << 20,
            .aging = aging,
            .pages = pages,
            .placement = placement,
            .eager_pages = 128};
  }
};

/// One random call, the same for the same state of `random`. Returns the change to release.
Change random_call(AddressSpace& space, std::uint64_t& random) {
  const std::uint64_t draw = next_random(random);
  const PageNumber vpn = (draw >> 8) % pages_used;
  const PageNumber pages = 1 + (draw >> 32) % ((draw >> 50) % 4 == 0 ? 700 : 5);
  switch (draw % 16) {
    case 0:
      return space.unmap(vpn, pages);
    case 1:
      return space.remap(vpn);
    case 2:
      return space.protect(vpn, pages, (draw >> 60) % 2 == 0 ? 0b1'0010 : 0b1'1110);
    case 3:
      space.map(vpn << page_shift, pages);
      return {};
    default:
      space.touch(vpn << page_shift, draw >> 63 == 0 ? Access::load : Access::store);
      return {};
  }
}

/// Mapped pages and their frames by the plain walk.
std::map<PageNumber, PlainLeaf> mapping(const TestSpace& os) {
  std::map<PageNumber, PlainLeaf> result;
  for (PageNumber vpn = 0; vpn < pages_used + 1000; ++vpn) {
    if (const auto leaf = os.walk(vpn)) result[vpn] = *leaf;
  }
  return result;
}

TEST_P(EveryPolicy, NoFrameIsEverSharedAndNothingOutsideTheInvalidationChanges) {
  for (const std::uint64_t seed : {1u, 2u}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Frames frames;
    TestSpace os(config(seed), PagingMode::sv39, 1,
                 [&](const FrameEvent& event) { frames.see(event); });
    std::uint64_t random = mix64(seed);
    std::vector<Change> outstanding;
    std::map<PageNumber, PlainLeaf> before;
    for (unsigned i = 0; i < 120; ++i) {
      const Change change = random_call(os.space, random);
      ASSERT_FALSE(frames.given_twice) << i;
      const auto after = mapping(os);
      std::set<PageNumber> mapped_frames;
      for (const auto& [vpn, leaf] : after) {
        ASSERT_TRUE(mapped_frames.insert(leaf.pfn).second) << i << ": frame of two pages";
        ASSERT_TRUE(frames.held.contains(leaf.pfn)) << i << ": frame that nobody was given";
        ASSERT_TRUE(leaf.pfn << page_shift >= memory_base &&
                    os.storage.contains(leaf.pfn << page_shift, page_bytes));
      }
      for (const auto& [vpn, leaf] : before) {
        const auto now = after.find(vpn);
        // A and D may be set without one: nobody's right ends.
        const bool narrowed =
            now == after.end() || now->second.pfn != leaf.pfn || now->second.pages != leaf.pages ||
            (leaf.flags & ~now->second.flags) != 0 ||
            (now->second.flags & ~leaf.flags & ~(pte::accessed | pte::dirty)) != 0;
        ASSERT_TRUE(!narrowed || (change.needed() && reaches_pages(change.invalidation, {vpn})))
            << i << ": page " << vpn << " changed without an invalidation";
      }
      const OsStatistics s = os.space.statistics();
      ASSERT_EQ(s.frames_used, after.size()) << i;
      ASSERT_EQ(frames.held.size(), s.frames_used + s.table_frames + s.quarantined_frames) << i;
      if (change.needed()) outstanding.push_back(change);
      if (!outstanding.empty() && next_random(random) % 4 == 0) {
        // Acknowledgements may come in any order.
        const std::size_t which = next_random(random) % outstanding.size();
        os.space.release_invalidated(outstanding[which].id);
        outstanding.erase(outstanding.begin() + static_cast<std::ptrdiff_t>(which));
      }
      before = after;
    }
    EXPECT_FALSE(frames.released_unheld);
    outstanding.push_back(os.space.unmap(0, PageNumber{1} << 26));
    for (const Change& change : outstanding) os.space.release_invalidated(change.id);
    EXPECT_EQ(frames.held, std::set<PageNumber>{os.space.root()}) << "all came back but the root";
    EXPECT_EQ(os.space.statistics().reserved_frames, 0u);
  }
}

TEST_P(EveryPolicy, TranslateAgreesWithThePlainWalk) {
  TestSpace os(config(3));
  std::uint64_t random = mix64(3);
  for (unsigned i = 0; i < 300; ++i) random_call(os.space, random);
  for (PageNumber vpn = 0; vpn < pages_used + 1000; ++vpn) {
    const auto leaf = os.walk(vpn);
    const auto translation = os.space.translate((vpn << page_shift) + vpn % 4096);
    ASSERT_EQ(translation.has_value(), leaf.has_value()) << vpn;
    if (!leaf) continue;
    ASSERT_EQ(translation->vpn, vpn);
    ASSERT_EQ(translation->pfn, leaf->pfn);
    ASSERT_EQ(std::uint64_t{1} << translation->order, leaf->pages);
    ASSERT_EQ(translation->permissions, leaf->flags & 0xFE);
  }
}

TEST_P(EveryPolicy, FramesDoNotDependOnHowProcessesInterleave) {
  constexpr unsigned processes = 3;
  constexpr unsigned calls = 400;
  const OsConfig os_config = config(5);
  const auto run = [&](unsigned interval) {
    memory::Storage storage({.base = memory_base, .bytes = processes * os_config.arena_bytes});
    std::vector<std::unique_ptr<AddressSpace>> spaces;
    std::vector<std::uint64_t> random;
    for (unsigned p = 0; p < processes; ++p) {
      const Address arena = memory_base + p * os_config.arena_bytes;
      spaces.push_back(std::make_unique<AddressSpace>(
          os_config, PagingMode::sv48, Context{.asid = static_cast<std::uint16_t>(p)}, storage,
          arena >> page_shift));
      random.push_back(mix64(p));
    }
    std::vector<unsigned> done(processes, 0);
    for (unsigned p = 0; *std::min_element(done.begin(), done.end()) < calls;
         p = (p + 1) % processes) {
      for (unsigned i = 0; i < interval && done[p] < calls; ++i, ++done[p]) {
        const Change change = random_call(*spaces[p], random[p]);
        if (change.needed()) spaces[p]->release_invalidated(change.id);
      }
    }
    std::vector<std::map<PageNumber, PageNumber>> frames(processes);
    for (unsigned p = 0; p < processes; ++p) {
      for (PageNumber vpn = 0; vpn < pages_used + 1000; ++vpn) {
        const auto leaf = plain_walk(storage, spaces[p]->root(), 4, vpn << page_shift);
        if (leaf) frames[p][vpn] = leaf->pfn;
      }
    }
    return frames;
  };
  const auto one_after_another = run(calls);
  EXPECT_GT(one_after_another[0].size(), 100u);
  EXPECT_EQ(run(1), one_after_another);
  EXPECT_EQ(run(7), one_after_another);
}

INSTANTIATE_TEST_SUITE_P(AddressSpace, EveryPolicy,
                         testing::Combine(testing::Values(Pages::small, Pages::thp, Pages::napot),
                                          testing::Values(Placement::first_touch, Placement::eager),
                                          testing::Values(0.0, 0.6, 1.0)));

TEST(AddressSpace, SeedAsidAndPolicyEachChangeTheFramesOfAnAgedMemory) {
  const auto frames = [](std::uint64_t seed, std::uint16_t asid, double aging) {
    TestSpace os({.seed = seed, .arena_bytes = std::uint64_t{64} << 20, .aging = aging},
                 PagingMode::sv39, asid);
    std::vector<PageNumber> result;
    for (PageNumber vpn = 0; vpn < 100; ++vpn) result.push_back(os.touch(vpn).pfn);
    return result;
  };
  const auto reference = frames(1, 1, 0.9);
  EXPECT_EQ(frames(1, 1, 0.9), reference);
  EXPECT_NE(frames(2, 1, 0.9), reference);
  EXPECT_NE(frames(1, 2, 0.9), reference);
  EXPECT_NE(frames(1, 1, 0.8), reference);
}

}  // namespace
}  // namespace kilburn::trace_os
