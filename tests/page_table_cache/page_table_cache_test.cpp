// Directed tests of the page-table cache: spec 02 and its traps.
#include "page_table_cache/page_table_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "common/random.h"
#include "page_table_cache/descriptors.h"

namespace kilburn::page_table_cache {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): short names of descriptors

TEST(PageTableCache, LookupFindsWhatWasInstalled) {
  PageTableCache cache(CacheConfig{.hit_cycles = 2});
  const Key key = stage1(0x1008, 0x40201, 2);
  EXPECT_FALSE(cache.lookup(key).hit);
  cache.install(key, pointer_to(0x55));
  const Lookup found = cache.lookup(key);
  EXPECT_TRUE(found.hit);
  EXPECT_EQ(found.descriptor, pointer_to(0x55));
  EXPECT_EQ(found.cycles, 2u);
  EXPECT_FALSE(cache.lookup(stage1(0x1010, 0x40201, 2)).hit) << "another descriptor";
}

TEST(PageTableCache, LastLevelDescriptorsAreRefused) {
  PageTableCache cache(CacheConfig{});
  EXPECT_DEBUG_DEATH(cache.install(stage1(0x1008, 0x40201, 0), pointer_to(1)), "last-level");
}

TEST(PageTableCache, SuperpageLeavesAreRefused) {
  PageTableCache cache(CacheConfig{});
  EXPECT_DEBUG_DEATH(
      cache.install(stage1(0x1008, 0x200, 1), pte::make(0x200, pte::valid | pte::read)),
      "only pointers");
}

TEST(PageTableCache, Trap1SiblingPageOfTheRegionInvalidatesTheUpperLevels) {
  // VPN 0x40201 and 0x403FF share a 2 MiB region; 0x40400 is in the next, of the same 1 GiB.
  PageTableCache cache(CacheConfig{});
  const Key level1 = stage1(0x2008, 0x40201, 1);
  const Key level2 = stage1(0x1008, 0x40201, 2);
  cache.install(level1, pointer_to(7));
  cache.install(level2, pointer_to(8));
  cache.invalidate(by_va(0x40400));
  EXPECT_TRUE(cache.lookup(level1).hit);
  EXPECT_FALSE(cache.lookup(level2).hit);
  cache.invalidate(by_va(0x403FF));
  EXPECT_FALSE(cache.lookup(level1).hit);
}

TEST(PageTableCache, Trap2EntryOfOneProcessIsNotUsedByAnother) {
  PageTableCache cache(CacheConfig{});
  const Key of_a = stage1(0x2008, 0x40201, 1, process_a);
  const Key of_b = stage1(0x2008, 0x40201, 1, process_b);
  cache.install(of_a, pointer_to(7));
  EXPECT_FALSE(cache.lookup(of_b).hit);
  cache.install(of_b, pointer_to(7));
  cache.invalidate({.operation = Operation::by_asid, .context = process_b});
  EXPECT_FALSE(cache.lookup(of_b).hit) << "B's invalidation reaches what B uses";
  EXPECT_TRUE(cache.lookup(of_a).hit);
}

TEST(PageTableCache, TableReachedByTwoAddressesIsHeldForEach) {
  // One level-1 table under two root entries: an entry fetched for the one address must not serve
  // the other, whose invalidation would not drop it.
  PageTableCache cache(CacheConfig{});
  const PageNumber here = 0x40201;
  const PageNumber there = here + (PageNumber{1} << 18);
  cache.install(stage1(0x2008, here, 1), pointer_to(7));
  EXPECT_FALSE(cache.lookup(stage1(0x2008, there, 1)).hit);
  cache.install(stage1(0x2008, there, 1), pointer_to(7));
  cache.invalidate(by_va(there));
  EXPECT_FALSE(cache.lookup(stage1(0x2008, there, 1)).hit);
  EXPECT_TRUE(cache.lookup(stage1(0x2008, here, 1)).hit);
}

TEST(PageTableCache, Trap4ByAsidOverInvalidatesGlobalPathsByDefault) {
  for (const bool spare : {false, true}) {
    PageTableCache cache(CacheConfig{.spare_global = spare});
    const Key local = stage1(0x2008, 0x40201, 1);
    const Key global = stage1(0x2010, 0x40401, 1);
    cache.install(local, pointer_to(7));
    cache.install(global, pointer_to(8) | pte::global);
    cache.invalidate({.operation = Operation::by_asid, .context = process_a});
    EXPECT_FALSE(cache.lookup(local).hit);
    EXPECT_EQ(cache.lookup(global).hit, spare);
    cache.invalidate({.operation = Operation::by_vmid, .context = process_a});
    EXPECT_FALSE(cache.lookup(global).hit);
  }
}

/// Four descriptors of one process, others of another ASID, VMID and realm, and a G-stage one.
class EachOperation : public ::testing::Test {
 protected:
  const Key near_ = stage1(0x2008, 0x40201, 1);
  const Key far_ = stage1(0x3010, 0x80001, 1);
  const Key other_asid_ = stage1(0x2008, 0x40201, 1, process_b);
  const Key in_guest_ = stage1(0x2008, 0x40201, 1, guest);
  const Key guest_near_ = g_stage(0x4008, 0x40201, 1);
  const Key guest_far_ = g_stage(0x5018, 0x80001, 1);
  const std::vector<Key> all_{near_, far_, other_asid_, in_guest_, guest_near_, guest_far_};

  /// Which of `all_` survive, one character each.
  std::string survivors(const Invalidation& invalidation) {
    PageTableCache cache(CacheConfig{});
    for (const Key& key : all_) cache.install(key, pointer_to(9));
    const Invalidated done = cache.invalidate(invalidation);
    std::string alive;
    for (const Key& key : all_) alive += cache.lookup(key).hit ? '1' : '0';
    const std::uint64_t kept = static_cast<std::uint64_t>(std::ranges::count(alive, '1'));
    EXPECT_EQ(done.kept, kept);
    EXPECT_EQ(done.dropped, all_.size() - kept);
    return alive;
  }
};

// Spec 02, invalidation: one test for each row of the table.
TEST_F(EachOperation, AllClearsAll) {
  EXPECT_EQ(survivors({.operation = Operation::all}), "000000");
}
TEST_F(EachOperation, ByVmidComparesVmid) {
  EXPECT_EQ(survivors({.operation = Operation::by_vmid, .context = guest}), "111000");
  EXPECT_EQ(survivors({.operation = Operation::by_vmid, .context = process_a}), "000111");
}
TEST_F(EachOperation, ByAsidComparesAsidAndVmidAndSparesTheGStage) {
  EXPECT_EQ(survivors({.operation = Operation::by_asid, .context = process_a}), "001111");
  EXPECT_EQ(survivors({.operation = Operation::by_asid, .context = guest}), "111011");
}
TEST_F(EachOperation, ByVaAndAsidSparesOtherRegionsAndProcesses) {
  EXPECT_EQ(survivors({.operation = Operation::by_va_asid, .vpn = 0x40205, .context = process_a}),
            "011111");
}
TEST_F(EachOperation, ByVaReachesAnyAsidOfTheVmid) {
  EXPECT_EQ(survivors(by_va(0x40205)), "010111");
  EXPECT_EQ(survivors(by_va(0x40205, 1, guest)), "111011");
}
TEST_F(EachOperation, ByGuestFrameSparesOtherGuestPagesAndOtherGuests) {
  // The guest's stage-1 entries go with the VMID: they do not say where they were read from.
  EXPECT_EQ(survivors({.operation = Operation::by_guest_frame, .vpn = 0x40205, .context = guest}),
            "111001");
}
TEST_F(EachOperation, ByRealmComparesTheRealm) {
  EXPECT_EQ(survivors({.operation = Operation::by_realm, .context = guest}), "111000");
}
TEST_F(EachOperation, ByFrameComparesTheFrameOfTheDescriptor) {
  EXPECT_EQ(survivors({.operation = Operation::by_frame, .pfn = 2}), "010011");
  EXPECT_EQ(survivors({.operation = Operation::by_frame, .pfn = 3, .pages = 3}), "101100");
}
TEST_F(EachOperation, LastLevelOnlyKeepsEverything) {
  Invalidation invalidation = by_va(0x40201);
  invalidation.last_level = true;
  EXPECT_EQ(survivors(invalidation), "111111");
}
TEST(PageTableCache, FlushAllSharesAmongProcessesAndDropsEverythingEachTime) {
  PageTableCache cache(CacheConfig{.invalidation = InvalidationPolicy::flush_all});
  cache.install(stage1(0x2008, 0x40201, 1, process_a), pointer_to(7));
  cache.install(stage1(0x3008, 0x80001, 1, process_a), pointer_to(8));
  EXPECT_TRUE(cache.lookup(stage1(0x2008, 0x40201, 1, process_b)).hit);
  Invalidation elsewhere = by_va(0x12345, 1, guest);
  elsewhere.last_level = true;
  EXPECT_EQ(cache.invalidate(elsewhere).dropped, 2u);
  EXPECT_FALSE(cache.lookup(stage1(0x2008, 0x40201, 1, process_a)).hit);
}

TEST(PageTableCache, FlushUnlessLastLevelKeepsEverythingWhereOnlyLeavesChanged) {
  PageTableCache cache(CacheConfig{.invalidation = InvalidationPolicy::flush_unless_last_level});
  cache.install(stage1(0x2008, 0x40201, 1, process_a), pointer_to(7));
  cache.install(stage1(0x3008, 0x80001, 1, process_a), pointer_to(8));
  EXPECT_TRUE(cache.lookup(stage1(0x2008, 0x40201, 1, process_b)).hit) << "it has no ASID";
  Invalidation leaf = by_va(0x40201);
  leaf.last_level = true;
  EXPECT_EQ(cache.invalidate(leaf).dropped, 0u);
  EXPECT_EQ(cache.invalidate(leaf).kept, 2u);
  EXPECT_EQ(cache.invalidate(by_va(0x12345, 1, guest)).dropped, 2u) << "whatever it names";
  EXPECT_EQ(cache.statistics().invalidations, 3u);
  EXPECT_EQ(cache.statistics().last_level_operations, 2u);
}

TEST(PageTableCache, InvalidationOfDataFramesConcernsFlushAllOnly) {
  Invalidation data{
      .operation = Operation::by_frame, .pfn = 0, .pages = 1 << 20, .last_level = true};
  Invalidation any = data;
  any.last_level = false;
  for (const auto organisation :
       {Organisation::physical, Organisation::translation, Organisation::translation_path}) {
    for (const auto policy :
         {InvalidationPolicy::selective, InvalidationPolicy::flush_unless_last_level,
          InvalidationPolicy::flush_all}) {
      PageTableCache cache(CacheConfig{.organisation = organisation, .invalidation = policy});
      cache.install(stage1(0x2008, 0x40201, 1), pointer_to(7));
      const std::uint32_t dropped = policy == InvalidationPolicy::flush_all ? 1 : 0;
      EXPECT_EQ(cache.invalidate(data).dropped, dropped);
      EXPECT_EQ(cache.invalidate(any).dropped, 1 - dropped);
    }
  }
}

TEST(PageTableCache, OtherRealmDoesNotUseAnEntryThatWasCheckedForItsOwner) {
  for (const auto policy :
       {InvalidationPolicy::selective, InvalidationPolicy::flush_unless_last_level,
        InvalidationPolicy::flush_all}) {
    PageTableCache cache(CacheConfig{.invalidation = policy});
    cache.install(stage1(0x2008, 0x40201, 1, {.asid = 1, .realm = 4}), pointer_to(7));
    EXPECT_FALSE(cache.lookup(stage1(0x2008, 0x40201, 1, {.asid = 1, .realm = 5})).hit);
  }
}

TEST(PageTableCache, GStageEntriesServeEveryAsidOfTheGuest) {
  PageTableCache cache(CacheConfig{});
  Context other = guest;
  other.asid = 9;
  cache.install(g_stage(0x4008, 0x40201, 1), pointer_to(7));
  EXPECT_TRUE(cache.lookup(g_stage(0x4008, 0x40201, 1, other)).hit);
}

TEST(PageTableCache, InvalidationTakesConstantTime) {
  PageTableCache cache(CacheConfig{.invalidation_cycles = 3});
  EXPECT_EQ(cache.invalidate({.operation = Operation::all}).cycles, 3u);
  for (unsigned i = 0; i < 32; ++i) cache.install(stage1(Address{8} * i, i << 9, 1), pointer_to(i));
  EXPECT_EQ(cache.invalidate({.operation = Operation::all}).cycles, 3u);
}

TEST(PageTableCache, OffHoldsNothing) {
  PageTableCache cache(CacheConfig{.organisation = Organisation::off});
  cache.install(stage1(0x1008, 0x40201, 2), pointer_to(7));
  const Lookup lookup = cache.lookup(stage1(0x1008, 0x40201, 2));
  EXPECT_FALSE(lookup.hit);
  EXPECT_EQ(lookup.cycles, 0u);
  EXPECT_EQ(cache.statistics(), CacheStatistics{});
}

TEST(PageTableCache, LeastRecentlyUsedOfTheSetIsTheVictim) {
  // Two sets of two ways, indexed by the low bit of PA >> 3: 0x00, 0x10, 0x20 share set 0.
  PageTableCache cache(CacheConfig{.entries = 4, .ways = 2});
  cache.install(stage1(0x00, 0x200, 1), pointer_to(1));
  cache.install(stage1(0x10, 0x400, 1), pointer_to(2));
  cache.install(stage1(0x08, 0x600, 1), pointer_to(3));
  EXPECT_TRUE(cache.lookup(stage1(0x00, 0x200, 1)).hit);
  cache.install(stage1(0x20, 0x800, 1), pointer_to(4));
  EXPECT_TRUE(cache.lookup(stage1(0x00, 0x200, 1)).hit);
  EXPECT_FALSE(cache.lookup(stage1(0x10, 0x400, 1)).hit);
  EXPECT_TRUE(cache.lookup(stage1(0x08, 0x600, 1)).hit);
  EXPECT_EQ(cache.statistics().evictions, 1u);
}

TEST(PageTableCache, InstallingAgainReplacesInPlace) {
  PageTableCache cache(CacheConfig{});
  cache.install(stage1(0x1008, 0x200, 1), pointer_to(1));
  cache.install(stage1(0x1008, 0x200, 1), pointer_to(2));
  EXPECT_EQ(cache.lookup(stage1(0x1008, 0x200, 1)).descriptor, pointer_to(2));
  EXPECT_EQ(cache.invalidate({.operation = Operation::all}).dropped, 1u);
}

TEST(RegionHash, RangeTestAgreesWithTryingEveryRegion) {
  std::uint64_t state = 0xC0FFEE;
  for (const unsigned bits : {0u, 1u, 3u, 4u, 8u}) {
    const RegionHash hash(bits);
    for (unsigned trial = 0; trial < 2000; ++trial) {
      const PageNumber first = next_random(state) >> (12 + next_random(state) % 40);
      const PageRange regions{first, first + next_random(state) % (3u << bits)};
      const auto wanted = static_cast<std::uint16_t>(next_random(state) % (1u << bits));
      bool any = false;
      for (PageNumber r = regions.first; r <= regions.last; ++r) any |= hash.of(r) == wanted;
      ASSERT_EQ(hash.any_has(regions, wanted), any)
          << bits << " bits, " << regions.first << " to " << regions.last << ", " << wanted;
    }
  }
}

TEST(RegionHash, FoldsBySlices) {
  EXPECT_EQ(RegionHash(8).of(0x12345), 0x45 ^ 0x23 ^ 0x01);
  EXPECT_EQ(RegionHash(16).of(0xABCD1234), 0x1234 ^ 0xABCD);
  EXPECT_EQ(RegionHash(0).of(0x12345), 0);
}

TEST(PageTableCache, RangeUpToTheEndOfTheAddressSpaceDropsItsLastRegion) {
  PageTableCache cache(CacheConfig{});
  const PageNumber last = ~Address{0} >> page_shift;
  cache.install(stage1(0x1008, last, 1), pointer_to(1));
  cache.install(stage1(0x2008, 0, 1), pointer_to(1));
  EXPECT_EQ(cache.invalidate(by_va(last - 3, UINT64_MAX)).dropped, 1u);
}

TEST(PageTableCache, OverKillIsTwoToTheMinusHashBits) {
  for (const unsigned bits : {2u, 4u, 6u, 8u}) {
    std::uint64_t state = 0x5EED0 + bits;
    SCOPED_TRACE(state);
    PageTableCache cache(CacheConfig{.entries = 64, .hash_bits = bits});
    std::uint64_t candidates = 0;
    for (unsigned trial = 0; trial < 2000; ++trial) {
      cache.invalidate({.operation = Operation::all});
      for (unsigned i = 0; i < 64; ++i) {
        cache.install(stage1(Address{8} * i, next_random(state) >> 37, 1), pointer_to(i));
      }
      cache.invalidate(by_va(next_random(state) >> 37));
      candidates += 64;
    }
    // 18 bits of region: a true match has probability 2^-18 and does not count.
    const double p = std::ldexp(1.0, -static_cast<int>(bits));
    const double expected = p * static_cast<double>(candidates);
    const double sigma = std::sqrt(expected * (1 - p));
    EXPECT_NEAR(static_cast<double>(cache.statistics().over_killed), expected, 5 * sigma);
  }
}

}  // namespace
}  // namespace kilburn::page_table_cache
