// Victims, worked by hand.
#include <gtest/gtest.h>

#include <string>

#include "support.h"

namespace kilburn::burst_tlb {
namespace {

/// One page a tag: touches pages named by letters ('a' is page 0), filling what misses, and
/// returns the letters that are left.
std::string survivors(const TlbConfig& config, const std::string& touched) {
  BurstTlb tlb(config);
  for (const char letter : touched) {
    const auto vpn = static_cast<PageNumber>(letter - 'a');
    if (look(tlb, vpn) != Outcome::hit) install(tlb, page(vpn, vpn));
  }
  std::string left;
  for (PageNumber vpn = 0; vpn < 26; ++vpn) {
    BurstTlb copy = tlb;
    if (look(copy, vpn) == Outcome::hit) left += static_cast<char>('a' + vpn);
  }
  return left;
}

TlbConfig four_ways(Replacement replacement) {
  return {.entries = 4, .units_per_tag = 1, .replacement = replacement};
}

TEST(BurstTlb, LruEvictsTheLeastRecentlyUsedOfAFullyAssociativeArray) {
  EXPECT_EQ(survivors(four_ways(Replacement::lru), "abcdabce"), "abce");
  EXPECT_EQ(survivors(four_ways(Replacement::lru), "abcdae"), "acde");
  EXPECT_EQ(survivors(four_ways(Replacement::lru), "abcddcbaef"), "abef");
}

TEST(BurstTlb, TreePlruEvictsFromTheHalvesNotTouchedLast) {
  // After a b c d the root points left, the left node at a: a goes.
  EXPECT_EQ(survivors(four_ways(Replacement::tree_plru), "abcde"), "bcde");
  // Touching a turns the root right, whose node points at c: c goes, though b is older.
  EXPECT_EQ(survivors(four_ways(Replacement::tree_plru), "abcdae"), "abde");
}

TEST(BurstTlb, RoundRobinEvictsInOrderOfWaysWhateverWasUsed) {
  EXPECT_EQ(survivors(four_ways(Replacement::round_robin), "abcdaaae"), "bcde");
  // e, f, g take ways 0, 1, 2; a takes way 3 (d's), b way 0 (e's).
  EXPECT_EQ(survivors(four_ways(Replacement::round_robin), "abcdefgab"), "abfg");
}

TEST(BurstTlb, ReplacementStaysWithinTheSet) {
  // Two sets of two ways: even pages and odd pages.
  const TlbConfig config{.entries = 4, .ways = 2, .units_per_tag = 1};
  EXPECT_EQ(survivors(config, "abcdeg"), "bdeg");
}

TEST(BurstTlb, RandomVictimsFollowTheSeedAndReachEveryWay) {
  const auto victims = [](std::uint64_t seed) {
    BurstTlb tlb(
        {.entries = 4, .units_per_tag = 1, .replacement = Replacement::random, .seed = seed});
    std::string ways;
    for (PageNumber vpn = 0; vpn < 68; ++vpn) {
      const Fill done = tlb.fill(page(vpn, vpn), {}, {});
      if (done.units_evicted != 0) ways += static_cast<char>('0' + done.entry);
    }
    return ways;
  };
  EXPECT_EQ(victims(1), victims(1));
  EXPECT_NE(victims(1), victims(2));
  for (const char way : {'0', '1', '2', '3'}) {
    EXPECT_NE(victims(1).find(way), std::string::npos) << "way " << way;
  }
}

TEST(BurstTlb, AnInvalidEntryIsFilledBeforeAnyIsEvicted) {
  BurstTlb tlb(four_ways(Replacement::lru));
  for (PageNumber vpn = 0; vpn < 4; ++vpn) install(tlb, page(vpn, vpn));
  tlb.invalidate({.operation = Invalidation::Operation::by_va, .vpn = 2});
  const Fill done = tlb.fill(page(9, 9), {}, {});
  EXPECT_EQ(done.entry, 2u);
  EXPECT_EQ(done.units_evicted, 0u);
}

TEST(BurstTlb, AFillInPlaceIsAUse) {
  BurstTlb tlb({.entries = 2, .units_per_tag = 2, .fill = FillPolicy::single});
  install(tlb, page(0, 1));
  install(tlb, page(2, 2));
  install(tlb, page(1, 3));
  install(tlb, page(4, 4));
  EXPECT_EQ(look(tlb, 0), Outcome::hit);
  EXPECT_EQ(look(tlb, 2), Outcome::miss_tag);
}

TEST(BurstTlb, AMissIsNoUse) {
  BurstTlb tlb({.entries = 2, .units_per_tag = 2, .fill = FillPolicy::single});
  install(tlb, page(0, 1));
  install(tlb, page(2, 2));
  EXPECT_EQ(look(tlb, 1), Outcome::miss_unit);
  install(tlb, page(4, 4));
  EXPECT_EQ(look(tlb, 0), Outcome::miss_tag);
}

}  // namespace
}  // namespace kilburn::burst_tlb
