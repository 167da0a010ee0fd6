// What a fill installs, what it leaves alone, what it evicts.
#include <gtest/gtest.h>

#include <array>

#include "support.h"

namespace kilburn::burst_tlb {
namespace {

/// The other seven pages of the aligned eight, with scattered frames.
std::vector<Translation> line_of(PageNumber vpn) {
  std::vector<Translation> line;
  for (PageNumber other = vpn / 8 * 8; other < vpn / 8 * 8 + 8; ++other) {
    if (other != vpn) line.push_back(page(other, 1000 + 37 * other));
  }
  return line;
}

TEST(BurstTlb, DiscontiguousFramesAndDifferingPermissionsLiveInOneEntry) {
  // Spec 01 behaviour 4.
  BurstTlb tlb({.entries = 1, .units_per_tag = 4});
  const Translation pages[] = {
      {.vpn = 4, .pfn = 77, .permissions = pte::read | pte::accessed},
      {.vpn = 5, .pfn = 3, .permissions = user_data, .attributes = 1},
      {.vpn = 6, .pfn = (PageNumber{1} << 44) - 1, .permissions = pte::execute | pte::accessed},
      {.vpn = 7, .pfn = 0, .permissions = user_data | pte::execute, .attributes = 2}};
  for (const Translation& t : pages) install(tlb, t);
  EXPECT_EQ(tlb.statistics().evictions, 0u);
  EXPECT_EQ(tlb.valid_units(0), 0xFu);
  for (const Translation& t : pages) {
    const Lookup found = tlb.lookup({.vpn = t.vpn});
    ASSERT_EQ(found.outcome, Outcome::hit);
    EXPECT_EQ(found.translation.vpn, t.vpn);
    EXPECT_EQ(found.translation.pfn, t.pfn);
    EXPECT_EQ(found.translation.permissions, t.permissions);
    EXPECT_EQ(found.translation.attributes, t.attributes);
  }
}

TEST(BurstTlb, EvictionDropsAllUnitsAndInvalidationByVaDropsOne) {
  // Spec 01 behaviour 5.
  BurstTlb tlb({.entries = 2, .units_per_tag = 4, .fill = FillPolicy::single});
  for (PageNumber vpn = 0; vpn < 8; ++vpn) install(tlb, page(vpn, 10 + vpn));
  EXPECT_EQ(tlb.invalidate({.operation = Invalidation::Operation::by_va, .vpn = 6}), 1u);
  EXPECT_EQ(look(tlb, 6), Outcome::miss_unit);
  for (const PageNumber vpn : {4u, 5u, 7u, 0u, 1u, 2u, 3u}) EXPECT_EQ(look(tlb, vpn), Outcome::hit);

  // Entry of pages 4..7 is the older one and has three units left.
  const Fill done = tlb.fill(page(100, 1), {}, {});
  EXPECT_EQ(done.units_evicted, 3u);
  for (const PageNumber vpn : {4u, 5u, 6u, 7u}) EXPECT_EQ(look(tlb, vpn), Outcome::miss_tag);
  for (const PageNumber vpn : {0u, 1u, 2u, 3u}) EXPECT_EQ(look(tlb, vpn), Outcome::hit);
  const TlbStatistics s = tlb.statistics();
  EXPECT_EQ(s.evictions, 1u);
  EXPECT_EQ(s.units_evicted, 3u);
  EXPECT_EQ(s.units_invalidated, 1u);
  // Density: the evicted entry with 3, the two live ones with 4 and 1.
  EXPECT_EQ(s.density.count(), 3u);
  EXPECT_EQ(s.density.buckets()[3], 1u);
  EXPECT_EQ(s.density.buckets()[4], 1u);
  EXPECT_EQ(s.density.buckets()[1], 1u);
}

TEST(BurstTlb, ASingleFillLeavesTheNeighboursAlone) {
  BurstTlb tlb({.entries = 2, .fill = FillPolicy::single});
  EXPECT_EQ(tlb.fill(page(9, 5), {}, line_of(9)).units_filled, 1u);
  EXPECT_EQ(look(tlb, 10), Outcome::miss_unit);
}

TEST(BurstTlb, ALineFillInstallsEveryNeighbourThatTheTagCovers) {
  for (const std::uint32_t units : {1u, 2u, 4u, 8u, 16u}) {
    SCOPED_TRACE(units);
    BurstTlb tlb({.entries = 2, .units_per_tag = units});
    const Fill done = tlb.fill(page(21, 5), {}, line_of(21));
    EXPECT_EQ(done.units_filled, std::min(units, 8u)) << "a line holds eight PTEs";
    for (PageNumber vpn = 0; vpn < 48; ++vpn) {
      const bool same_line = vpn / 8 == 21 / 8;
      const bool same_tag = vpn / units == 21 / units;
      EXPECT_EQ(look(tlb, vpn) == Outcome::hit, same_line && same_tag) << "page " << vpn;
    }
    EXPECT_EQ(frame_of(tlb, 21), 5u);
  }
}

TEST(BurstTlb, ANeighbourNeverOverwritesALiveSibling) {
  BurstTlb tlb({.entries = 2});
  install(tlb, page(16, 1));
  tlb.fill(page(17, 2), {}, line_of(17));
  EXPECT_EQ(frame_of(tlb, 16), 1u) << "not the neighbour's frame";
  EXPECT_EQ(frame_of(tlb, 18), 1000u + 37 * 18);
}

TEST(BurstTlb, ANeighbourOfAnotherAddressSpaceKeepsItsUnit) {
  BurstTlb tlb({.entries = 2, .context_in = ContextIn::tdu});
  install(tlb, page(16, 1), {.asid = 1});
  tlb.fill(page(17, 2), {.asid = 2}, line_of(17));
  EXPECT_EQ(frame_of(tlb, 16, {.asid = 1}), 1u);
  EXPECT_EQ(frame_of(tlb, 18, {.asid = 2}), 1000u + 37 * 18);
}

TEST(BurstTlb, TheTranslationAskedForOverwritesItsUnit) {
  BurstTlb tlb({.entries = 2});
  install(tlb, page(16, 1));
  const Fill done = tlb.fill(page(16, 2), {}, {});
  EXPECT_TRUE(done.in_place);
  EXPECT_EQ(frame_of(tlb, 16), 2u);
  EXPECT_EQ(tlb.reach_bytes(), 4096u);
}

TEST(BurstTlb, TwoLiveEntriesNeverHaveTheSameTagAndContext) {
  // All sixteen pages of two tags in any order make two entries, in every associativity.
  for (const std::uint32_t ways : {0u, 1u, 2u, 4u}) {
    BurstTlb tlb({.entries = 8, .ways = ways, .fill = FillPolicy::single});
    for (PageNumber i = 0; i < 16; ++i) install(tlb, page(i * 5 % 16, i));
    unsigned live = 0;
    for (std::uint32_t entry = 0; entry < 8; ++entry) live += tlb.entry_valid(entry) ? 1u : 0u;
    EXPECT_EQ(live, 2u);
  }
}

TEST(BurstTlb, ASvnapotLeafFillsAllCoveredUnitsWhateverTheFillPolicy) {
  for (const std::uint32_t units : {1u, 2u, 4u, 8u, 16u}) {
    SCOPED_TRACE(units);
    BurstTlb tlb({.entries = 4, .units_per_tag = units, .fill = FillPolicy::single});
    const Translation leaf{.vpn = 0x25, .pfn = 0x7005, .order = 4, .permissions = user_data};
    EXPECT_EQ(tlb.fill(leaf, {}, {}).units_filled, units);
    for (PageNumber vpn = 0x20; vpn < 0x30; ++vpn) {
      if (vpn / units != 0x25 / units) {
        EXPECT_NE(look(tlb, vpn), Outcome::hit) << "another tag";
      } else {
        EXPECT_EQ(frame_of(tlb, vpn), 0x7000 + vpn - 0x20);
      }
    }
  }
}

TEST(BurstTlb, ASvnapotLeafThatOneVerdictDoesNotCoverFillsOnePage) {
  BurstTlb tlb({.entries = 4, .units_per_tag = 16});
  const Translation leaf{
      .vpn = 0x25, .pfn = 0x7005, .order = 4, .permissions = user_data, .verdict_order = 2};
  EXPECT_EQ(tlb.fill(leaf, {}, {}).units_filled, 1u);
  EXPECT_EQ(look(tlb, 0x24), Outcome::miss_unit);
}

TEST(BurstTlb, AHitBringsTheOtherUnitsOfItsEntryForTheSameAddressSpace) {
  BurstTlb tlb({.entries = 4, .context_in = ContextIn::tdu, .fill = FillPolicy::single});
  const Context here{.asid = 1};
  install(tlb, page(8, 100), here);
  install(tlb, page(9, 101), {.asid = 2});
  install(tlb, page(11, 77), here);
  install(tlb, global_page(15, 78), {.asid = 2});
  const Comparand asked{.vpn = 8, .context = here};
  std::array<Translation, max_siblings> beside{};
  ASSERT_EQ(tlb.siblings(asked, tlb.lookup(asked), beside), 2u);
  EXPECT_EQ(beside[0].vpn, 11u);
  EXPECT_EQ(beside[0].pfn, 77u);
  EXPECT_EQ(beside[1].vpn, 15u);
  EXPECT_TRUE(beside[1].global());
}

TEST(BurstTlb, AUnitVouchesForNoPageButItsOwn) {
  // What a second-level TLB answers from a unit must not let a first-level TLB install more.
  for (const Organisation organisation : {Organisation::burst, Organisation::contiguous}) {
    const auto second = make_tlb({.organisation = organisation,
                                  .entries = 4,
                                  .units_per_tag = 16,
                                  .large_pages = LargePages::replicate});
    install(
        *second,
        {.vpn = 0x205, .pfn = 0x4005, .order = 9, .permissions = user_data, .verdict_order = 0});
    const Lookup found = second->lookup({.vpn = 0x205});
    ASSERT_EQ(found.outcome, Outcome::hit);
    const auto first = make_tlb({.entries = 4, .units_per_tag = 16});
    install(*first, found.translation);
    EXPECT_EQ(first->reach_bytes(), 4096u);
    EXPECT_NE(look(*first, 0x206), Outcome::hit) << "never walked, never checked";
  }
}

}  // namespace
}  // namespace kilburn::burst_tlb
