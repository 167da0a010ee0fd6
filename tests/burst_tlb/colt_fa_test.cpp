// CoLT-FA (Pham et al., MICRO 2012): runs of contiguous pages, joined as lines show them.
#include "burst_tlb/colt_fa_tlb.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "support.h"

namespace kilburn::burst_tlb {
namespace {

using Operation = Invalidation::Operation;

/// The other leaves of the line of `vpn`, each in frame vpn + offset.
std::vector<Translation> line_of(PageNumber vpn, PageNumber offset) {
  std::vector<Translation> line;
  for (PageNumber page_number = vpn / 8 * 8; page_number < vpn / 8 * 8 + 8; ++page_number) {
    if (page_number != vpn) line.push_back(page(page_number, page_number + offset));
  }
  return line;
}

TlbConfig small(std::uint32_t entries = 4) {
  return {.organisation = Organisation::colt_fa, .entries = entries};
}

TEST(ColtFaTlb, OneEntryHoldsTheContiguousRunOfTheLineWhereverItBegins) {
  ColtFaTlb tlb(small());
  // Frames run on from page 2 to page 5, and jump before and behind.
  std::vector<Translation> line = line_of(3, 100);
  line[1].pfn = 7;  // page 1
  line[5].pfn = 9;  // page 6
  const Fill done = tlb.fill(page(3, 103), {}, line);
  EXPECT_EQ(done.units_filled, 4u);
  for (PageNumber vpn = 2; vpn <= 5; ++vpn) EXPECT_EQ(frame_of(tlb, vpn), vpn + 100);
  for (const PageNumber vpn : {0u, 1u, 6u, 7u}) EXPECT_EQ(look(tlb, vpn), Outcome::miss_tag);
  EXPECT_EQ(tlb.reach_bytes(), 4 * page_bytes);
}

TEST(ColtFaTlb, AFillJoinsTheEntriesThatItTouchesAcrossLinesAndAlignedGroups) {
  ColtFaTlb tlb(small());
  EXPECT_FALSE(tlb.fill(page(3, 103), {}, line_of(3, 100)).in_place);
  EXPECT_FALSE(tlb.fill(page(20, 120), {}, line_of(20, 100)).in_place);
  const Fill between = tlb.fill(page(9, 109), {}, line_of(9, 100));
  EXPECT_TRUE(between.in_place);
  EXPECT_EQ(between.units_filled, 8u);
  EXPECT_EQ(tlb.statistics().density.count(), 1u) << "one entry is left of three";
  EXPECT_EQ(tlb.statistics().density.max(), 24u);
  for (PageNumber vpn = 0; vpn < 24; ++vpn) EXPECT_EQ(frame_of(tlb, vpn), vpn + 100);
}

TEST(ColtFaTlb, FourEntriesReachWhatOneContiguousMappingHas) {
  // 4 MiB in order: one entry where a conventional TLB of four reaches 16 KiB.
  ColtFaTlb tlb(small());
  for (PageNumber vpn = 0; vpn < 1024; vpn += 8) {
    tlb.fill(page(vpn, vpn + 5000), {}, line_of(vpn, 5000));
  }
  for (PageNumber vpn = 0; vpn < 1024; ++vpn) EXPECT_EQ(frame_of(tlb, vpn), vpn + 5000);
  EXPECT_EQ(tlb.statistics().density.count(), 1u);
}

TEST(ColtFaTlb, ARunEndsAtItsLongestAndTheNextEntryGoesOn) {
  ColtFaTlb tlb(small());
  for (PageNumber vpn = 0; vpn < 2048; vpn += 8) {
    tlb.fill(page(vpn, vpn + 5000), {}, line_of(vpn, 5000));
  }
  EXPECT_EQ(tlb.statistics().density.count(), 2u);
  EXPECT_EQ(tlb.statistics().density.max(), ColtFaTlb::longest);
  for (PageNumber vpn = 0; vpn < 2048; ++vpn) EXPECT_EQ(frame_of(tlb, vpn), vpn + 5000);
}

TEST(ColtFaTlb, PagesOfOtherRightsContextsOrFramesStayApart) {
  const Translation others[] = {page(1, 101, user_data & ~pte::write), page(1, 102),
                                global_page(1, 101)};
  for (const Translation& other : others) {
    ColtFaTlb tlb(small());
    install(tlb, page(0, 100));
    EXPECT_FALSE(tlb.fill(other, {}, {}).in_place);
    EXPECT_EQ(tlb.statistics().density.count(), 2u);
  }
  ColtFaTlb tlb(small());
  install(tlb, page(0, 100), {.asid = 1});
  EXPECT_FALSE(tlb.fill(page(1, 101), {.asid = 2}, {}).in_place);
  EXPECT_EQ(look(tlb, 0, {.asid = 2}), Outcome::miss_tag);
}

TEST(ColtFaTlb, AStoreToACleanPageMissesByContentAndTheRunKeepsItsLongerPart) {
  ColtFaTlb tlb(small());
  std::vector<Translation> line = line_of(0, 100);
  for (Translation& each : line) each.permissions &= static_cast<std::uint8_t>(~pte::dirty);
  tlb.fill(page(0, 100, user_data & ~pte::dirty), {}, line);
  EXPECT_EQ(look(tlb, 2, {}, Access::store), Outcome::miss_content);
  install(tlb, page(2, 102));  // D is set now
  EXPECT_EQ(look(tlb, 2, {}, Access::store), Outcome::hit);
  for (PageNumber vpn = 3; vpn < 8; ++vpn) EXPECT_EQ(frame_of(tlb, vpn), vpn + 100);
  EXPECT_EQ(look(tlb, 0), Outcome::miss_tag);
  EXPECT_EQ(look(tlb, 1), Outcome::miss_tag);
}

TEST(ColtFaTlb, LargePagesStandBesideTheRunsInTheSameEntries) {
  ColtFaTlb tlb(small(2));
  const Translation large{.vpn = 0x2A5, .pfn = 0x40A5, .order = 9, .permissions = user_data};
  install(tlb, large);
  install(tlb, page(0x400, 0x4200));  // follows it in both, and is not joined
  const Lookup found = tlb.lookup({.vpn = 0x3FF});
  EXPECT_EQ(found.outcome, Outcome::hit);
  EXPECT_TRUE(found.side);
  EXPECT_EQ(found.translation.pfn, 0x41FFu);
  EXPECT_EQ(tlb.statistics().density.count(), 2u);
  install(tlb, page(0x800, 1));
  EXPECT_EQ(tlb.statistics().evictions, 1u) << "the two entries are all that there are";
}

TEST(ColtFaTlb, AnInvalidationOfOnePageDropsItsWholeRun) {
  for (const Invalidation& invalidation :
       {Invalidation{.operation = Operation::by_va_asid, .vpn = 5},
        Invalidation{.operation = Operation::by_frame, .pfn = 105}}) {
    ColtFaTlb tlb(small());
    tlb.fill(page(3, 103), {}, line_of(3, 100));
    tlb.fill(page(40, 7), {}, {});
    EXPECT_EQ(tlb.invalidate(invalidation), 8u);
    EXPECT_EQ(look(tlb, 0), Outcome::miss_tag);
    EXPECT_EQ(look(tlb, 40), Outcome::hit);
  }
}

TEST(ColtFaTlb, SinglePagesAreJoinedWithoutALine) {
  TlbConfig config = small();
  config.fill = FillPolicy::single;
  ColtFaTlb tlb(config);
  EXPECT_EQ(tlb.fill(page(3, 103), {}, line_of(3, 100)).units_filled, 1u);
  EXPECT_TRUE(tlb.fill(page(4, 104), {}, line_of(4, 100)).in_place);
  EXPECT_EQ(tlb.reach_bytes(), 2 * page_bytes);
}

// Fills that sweep over stretches of contiguous frames: no page in two entries, no run too long,
// whatever a hit returns is what was filled last.
TEST(ColtFaTlb, LongRunsKeepWhatWasFilledLast) {
  constexpr std::uint64_t seed = 3;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  ColtFaTlb tlb(small(6));
  const auto offset = [](PageNumber vpn) { return vpn / 1500 * 10'000; };
  for (int i = 0; i < 4000; ++i) {
    const PageNumber vpn = (8 * static_cast<PageNumber>(i) + random() % 8) % 4000;
    std::vector<Translation> line;
    for (const Translation& each : line_of(vpn, 0)) {
      line.push_back(page(each.vpn, each.vpn + offset(each.vpn)));
    }
    tlb.fill(page(vpn, vpn + offset(vpn)), {}, line);
    ASSERT_EQ(frame_of(tlb, vpn), vpn + offset(vpn));
    ASSERT_LE(tlb.statistics().density.max(), ColtFaTlb::longest);
  }
  PageNumber held = 0;
  for (PageNumber vpn = 0; vpn < 4008; ++vpn) {
    const Lookup found = tlb.lookup({.vpn = vpn});
    if (found.outcome != Outcome::hit) continue;
    ++held;
    EXPECT_EQ(found.translation.pfn, vpn + offset(vpn));
  }
  EXPECT_EQ(tlb.reach_bytes(), held * page_bytes) << "no page is held twice";
  EXPECT_GT(held, 2500u);
}

TEST(ColtFaTlb, IsFullyAssociative) {
  TlbConfig config = small(16);
  EXPECT_EQ(storage_bits(config, PagingMode::sv39).tags, 16u * (27 + 10 + 49));
}

}  // namespace
}  // namespace kilburn::burst_tlb
