#include "trace_os/address_space.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/error.h"
#include "platform/configuration/config_file.h"
#include "platform/configuration/statistic_writers.h"
#include "trace_os/plain_walk.h"

namespace kilburn::trace_os {
namespace {

class EveryMode : public testing::TestWithParam<PagingMode> {};

TEST_P(EveryMode, AFirstTouchWritesALeafThatTheSpecifiedWalkFinds) {
  TestSpace os(with(Pages::small), GetParam());
  const PageNumber last = (PageNumber{1} << (virtual_bits(GetParam()) - 13)) - 1;
  std::set<PageNumber> frames;
  for (const PageNumber vpn : {PageNumber{0}, PageNumber{1}, PageNumber{511}, PageNumber{512},
                               PageNumber{1} << 18, last}) {
    EXPECT_FALSE(os.walk(vpn));
    const Touch touch = os.touch(vpn);
    EXPECT_EQ(touch.outcome, Outcome::mapped);
    EXPECT_EQ(touch.latency, 700u);
    const auto leaf = os.walk(vpn);
    ASSERT_TRUE(leaf) << vpn;
    EXPECT_EQ(*leaf, (PlainLeaf{touch.pfn, flags_of_load, 1}));
    EXPECT_TRUE(frames.insert(leaf->pfn).second);
    const Touch again = os.touch(vpn);
    EXPECT_EQ(again.outcome, Outcome::present);
    EXPECT_EQ(again.pfn, touch.pfn);
    EXPECT_EQ(again.latency, 0u);
  }
}

TEST_P(EveryMode, AddressesOutsideTheUserHalfAreNamedAndChangeNothing) {
  TestSpace os(with(Pages::small), GetParam());
  const unsigned bits = virtual_bits(GetParam());
  const Address half = Address{1} << (bits - 1);
  EXPECT_EQ(os.space.touch(half - 1, Access::load).outcome, Outcome::mapped);
  EXPECT_EQ(os.space.touch(half, Access::load).outcome, Outcome::non_canonical);
  EXPECT_EQ(os.space.touch(~(half - 1) - 1, Access::load).outcome, Outcome::non_canonical);
  EXPECT_EQ(os.space.touch(~(half - 1), Access::load).outcome, Outcome::kernel_half);
  EXPECT_EQ(os.space.touch(~Address{0}, Access::load).outcome, Outcome::kernel_half);
  const Touch beyond = os.space.map(half - 2 * 4096, 4);
  EXPECT_EQ(beyond.outcome, Outcome::non_canonical);
  EXPECT_EQ(beyond.vpn, half >> 12);
  EXPECT_EQ(os.space.statistics().small_leaves, 2u);
  EXPECT_FALSE(os.space.translate(half));
  EXPECT_FALSE(os.space.unmap(half >> 12, 100).needed());
  EXPECT_FALSE(os.space.remap(half >> 12).needed());
}

INSTANTIATE_TEST_SUITE_P(AddressSpace, EveryMode,
                         testing::Values(PagingMode::sv39, PagingMode::sv48, PagingMode::sv57));

TEST(AddressSpace, AStoreSetsDirtyAndALoadOrFetchDoesNot) {
  TestSpace os(with(Pages::small));
  os.touch(1, Access::load);
  os.touch(2, Access::fetch);
  os.touch(3, Access::store);
  EXPECT_EQ(os.walk(1)->flags, flags_of_load);
  EXPECT_EQ(os.walk(2)->flags, flags_of_load);
  EXPECT_EQ(os.walk(3)->flags, flags_of_store);
}

TEST(AddressSpace, AFaultOnAMappedPageSetsTheDirtyBitThatAStoreLacks) {
  TestSpace os(with(Pages::small));
  os.space.touch(0x5000, Access::load);
  EXPECT_EQ(os.space.touch(0x5000, Access::load).outcome, Outcome::present);
  const Touch store = os.space.touch(0x5000, Access::store);
  EXPECT_EQ(store.outcome, Outcome::marked);
  EXPECT_EQ(os.walk(5)->flags & pte::dirty, pte::dirty);
  EXPECT_EQ(os.space.touch(0x5000, Access::store).outcome, Outcome::present);
  EXPECT_EQ(os.space.statistics().marks, 1u);
}

TEST(AddressSpace, AHugePageIsMappedAtTheFirstTouchOfAnUnmappedRegion) {
  TestSpace os(with(Pages::thp));
  const Touch touch = os.touch(1024 + 77, Access::store);
  EXPECT_EQ(touch.vpn, 1024u);
  EXPECT_EQ(touch.order, 9u);
  EXPECT_EQ(touch.pages, 512u);
  EXPECT_EQ(touch.pfn % 512, 0u);
  for (PageNumber i = 0; i < 512; ++i) {
    ASSERT_EQ(os.walk(1024 + i), (PlainLeaf{touch.pfn + i, flags_of_store, 512}));
  }
  EXPECT_FALSE(os.walk(1023));
  EXPECT_FALSE(os.walk(1536));
}

TEST(AddressSpace, NoHugePageCoversARegionOfWhichAPageIsMapped) {
  TestSpace os(with(Pages::thp));
  os.touch(1024);
  const Change change = os.space.unmap(1025, 511);
  os.space.release_invalidated(change.id);
  EXPECT_EQ(os.touch(1030).order, 0u);
  const Change rest = os.space.unmap(1024, 512);
  os.space.release_invalidated(rest.id);
  EXPECT_EQ(os.touch(1030).order, 9u) << "wholly unmapped again";
  EXPECT_EQ(os.space.statistics().huge_fallbacks, 0u);
}

TEST(AddressSpace, WithoutABlockAHugePageFallsBackToSmallOnes) {
  TestSpace os(with(Pages::thp, 1.0));
  for (PageNumber i = 0; i < 3; ++i) EXPECT_EQ(os.touch(512 * i).order, 0u);
  const OsStatistics s = os.space.statistics();
  EXPECT_EQ(s.huge_fallbacks, 3u);
  EXPECT_EQ(s.small_leaves, 3u);
  EXPECT_EQ(s.huge_leaves, 0u);
}

TEST(AddressSpace, ANapotLeafIsSixteenEqualEntriesOfAnAlignedBlock) {
  TestSpace os(with(Pages::napot));
  const Touch touch = os.touch(0x123);
  EXPECT_EQ(touch.vpn, 0x120u);
  EXPECT_EQ(touch.order, 4u);
  EXPECT_EQ(touch.pfn % 16, 0u);
  for (PageNumber i = 0; i < 16; ++i) {
    EXPECT_EQ(os.walk(0x120 + i), (PlainLeaf{touch.pfn + i, flags_of_load, 16}));
  }
  EXPECT_FALSE(os.walk(0x11F));
  EXPECT_FALSE(os.walk(0x130));
  TestSpace aged(with(Pages::napot, 1.0));
  EXPECT_EQ(aged.touch(0x123).order, 0u);
  EXPECT_EQ(aged.space.statistics().napot_fallbacks, 1u);
}

TEST(AddressSpace, EagerPlacementKeepsARegionContiguousWhateverTheOrderOfTouches) {
  OsConfig config = with(Pages::small, 0.3);
  config.placement = Placement::eager;
  config.eager_pages = 64;
  TestSpace os(config);
  const PageNumber base = os.touch(128 + 40).pfn - 40;
  os.touch(5000);
  for (PageNumber i = 0; i < 64; ++i) {
    const PageNumber page = (i * 37 + 11) % 64;
    EXPECT_EQ(os.touch(128 + page).pfn, base + page);
    os.touch(9000 + 64 * i);
  }
  EXPECT_EQ(base % 64, 0u);
  const OsStatistics s = os.space.statistics();
  EXPECT_EQ(s.reserved_frames, 65u * 63) << "64 other regions and page 5000's, one touched of each";
  EXPECT_EQ(s.frames_used, 64u + 65);
}

TEST(AddressSpace, AnEagerRegionWithoutABlockFallsBackToFirstTouch) {
  OsConfig config = with(Pages::small, 1.0);
  config.placement = Placement::eager;
  TestSpace os(config);
  os.touch(0);
  os.touch(1);
  os.touch(512);
  EXPECT_EQ(os.space.statistics().eager_fallbacks, 2u);
  EXPECT_EQ(os.space.statistics().reserved_frames, 0u);
}

TEST(AddressSpace, PopulateMapsTheWholeRegionInOneFault) {
  OsConfig config = with(Pages::small);
  config.placement = Placement::eager;
  config.eager_pages = 32;
  config.populate = true;
  TestSpace os(config);
  const Touch touch = os.touch(70, Access::store);
  EXPECT_EQ(touch.pages, 32u);
  EXPECT_EQ(touch.latency, 700u);
  const PageNumber base = touch.pfn - 6;
  for (PageNumber i = 0; i < 32; ++i) {
    EXPECT_EQ(os.walk(64 + i), (PlainLeaf{base + i, i == 6 ? flags_of_store : flags_of_load, 1}));
  }
  EXPECT_FALSE(os.walk(63));
  EXPECT_FALSE(os.walk(96));
  EXPECT_EQ(os.space.statistics().faults, 1u);
}

TEST(AddressSpace, HugePagesComeOutOfAnEagerReservation) {
  OsConfig config = with(Pages::thp);
  config.placement = Placement::eager;
  config.eager_pages = 2048;
  TestSpace os(config);
  const PageNumber base = os.touch(2048 + 512).pfn - 512;
  for (const PageNumber huge : {3u, 0u, 2u}) {
    const Touch touch = os.touch(2048 + 512 * huge + 1);
    EXPECT_EQ(touch.order, 9u);
    EXPECT_EQ(touch.pfn, base + PageNumber{512} * huge);
  }
  EXPECT_EQ(os.space.statistics().reserved_frames, 0u);
  EXPECT_EQ(os.space.contiguity().max(), 2048u);
}

TEST(AddressSpace, MapMapsWhatIsMissingOfARange) {
  TestSpace os(with(Pages::small));
  const PageNumber frame = os.touch(6).pfn;
  const Touch mapped = os.space.map(Address{4} << 12, 5);
  EXPECT_EQ(mapped.outcome, Outcome::mapped);
  EXPECT_EQ(mapped.pages, 4u);
  EXPECT_EQ(mapped.latency, 4u * 700);
  EXPECT_EQ(os.walk(6)->pfn, frame);
  for (PageNumber vpn = 4; vpn < 9; ++vpn) EXPECT_TRUE(os.walk(vpn));
  EXPECT_EQ(os.space.map(Address{4} << 12, 5).outcome, Outcome::present);
}

TEST(AddressSpace, ContiguityCountsRunsOfAscendingFrames) {
  TestSpace os(with(Pages::small));
  os.touch(100);  // takes tables, too: what follows is one run of frames
  for (const PageNumber vpn : {101u, 102u, 103u, 200u, 201u, 300u, 299u}) os.touch(vpn);
  const OsStatistics s = os.space.statistics();
  // 100 (then two tables were taken), 101-103, 200-201, 299 and 300 in descending order.
  Histogram expected = Histogram::log2(32);
  for (const std::uint64_t run : {1u, 3u, 2u, 1u, 1u}) expected.add(run);
  EXPECT_EQ(s.contiguity, expected);
  const auto json = statistics_json(statistics_of(s));
  EXPECT_EQ(json.at("mean_contiguity"), 8.0 / 5);
  EXPECT_EQ(json.at("table_overhead"), 3.0 / 8);
}

TEST(AddressSpace, ContiguityFallsAsMemoryAges) {
  double previous = 1e9;
  for (const double aging : {0.0, 0.3, 0.6, 1.0}) {
    TestSpace os(with(Pages::small, aging));
    for (PageNumber vpn = 0; vpn < 4096; ++vpn) os.touch(vpn);
    const double mean = os.space.contiguity().mean();
    EXPECT_LT(mean, previous) << aging;
    previous = mean;
  }
  EXPECT_LT(previous, 1.05);
}

TEST(AddressSpace, OutOfFramesIsAnInputErrorNamingTheParameter) {
  OsConfig config = with(Pages::small);
  config.arena_bytes = mebibyte;
  TestSpace os(config);
  try {
    for (PageNumber vpn = 0; vpn < 256; ++vpn) os.touch(vpn);
    FAIL() << "256 pages and three tables do not fit in 256 frames";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("os.arena_bytes = 1048576"), std::string::npos);
  }
  EXPECT_EQ(os.space.statistics().frames_used, 256u - 3);
}

TEST(AddressSpace, AnArenaOutsideMemoryIsAnInputErrorNamingBothParameters) {
  memory::Storage storage({.base = memory_base, .bytes = 2 * mebibyte});
  OsConfig config = with(Pages::small);
  config.arena_bytes = mebibyte;
  EXPECT_NO_THROW(AddressSpace(config, PagingMode::sv39, {}, storage, 0x80100));
  try {
    const AddressSpace space(config, PagingMode::sv39, {}, storage, 0x80101);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("os.arena_bytes"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("memory.bytes"), std::string::npos);
  }
}

TEST(AddressSpace, PickPageFindsMappedPagesAllOver) {
  TestSpace os(with(Pages::thp), PagingMode::sv48);
  EXPECT_FALSE(os.space.pick_page());
  os.touch(512);
  os.touch(PageNumber{1} << 30);
  os.space.unmap(513, 400);
  std::set<bool> halves;
  for (unsigned i = 0; i < 100; ++i) {
    const auto page = os.space.pick_page();
    ASSERT_TRUE(page);
    EXPECT_TRUE(os.walk(*page)) << *page;
    halves.insert(*page < 1024);
  }
  EXPECT_EQ(halves.size(), 2u);
}

TEST(AddressSpace, PopulateWithoutEagerPlacementIsRefused) {
  OsConfig config = with(Pages::small);
  EXPECT_NO_THROW(check_constraints(config));
  config.populate = true;
  EXPECT_THROW(check_constraints(config), InputError);
  config.placement = Placement::eager;
  EXPECT_NO_THROW(check_constraints(config));
  config.eager_pages = 3;
  EXPECT_THROW(check_constraints(config), InputError);
}

}  // namespace
}  // namespace kilburn::trace_os
