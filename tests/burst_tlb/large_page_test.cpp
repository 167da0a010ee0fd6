// Leaves larger than 64 KiB: beside the array, or replicated into it.
#include <gtest/gtest.h>

#include <array>

#include "support.h"

namespace kilburn::burst_tlb {
namespace {

Translation large(PageNumber vpn, PageNumber base, std::uint8_t order = 9,
                  std::uint64_t permissions = user_data) {
  const PageNumber within = (PageNumber{1} << order) - 1;
  return {.vpn = vpn,
          .pfn = base | (vpn & within),
          .order = order,
          .permissions = static_cast<std::uint8_t>(permissions)};
}

TEST(LargePages, UnderSideOneFillServesTheWholeLeaf) {
  for (const Organisation organisation : {Organisation::burst, Organisation::contiguous}) {
    const auto tlb = make_tlb({.organisation = organisation, .entries = 4});
    install(*tlb, large(0x2A5, 0x4000));
    for (const PageNumber vpn : {0x200u, 0x2A5u, 0x3FFu}) {
      const Lookup found = tlb->lookup({.vpn = vpn});
      EXPECT_EQ(found.outcome, Outcome::hit);
      EXPECT_TRUE(found.side);
      EXPECT_EQ(found.translation.vpn, vpn);
      EXPECT_EQ(found.translation.pfn, 0x4000 + vpn - 0x200);
      EXPECT_EQ(found.translation.order, 9);
    }
    EXPECT_EQ(look(*tlb, 0x400), Outcome::miss_tag);
    EXPECT_EQ(look(*tlb, 0x1FF), Outcome::miss_tag);
    EXPECT_EQ(tlb->statistics().side_hits, 3u);
    EXPECT_EQ(tlb->statistics().hits, 3u);
    EXPECT_EQ(tlb->reach_bytes(), 2u << 20);
  }
}

TEST(LargePages, UnderReplicateEachPageTouchedIsAUnitAndPagesOfOneGroupShareATag) {
  BurstTlb tlb({.entries = 4, .large_pages = LargePages::replicate});
  install(tlb, large(0x2A5, 0x4000));
  EXPECT_EQ(look(tlb, 0x2A5), Outcome::hit);
  EXPECT_EQ(look(tlb, 0x2A6), Outcome::miss_unit);
  EXPECT_EQ(look(tlb, 0x300), Outcome::miss_tag);
  EXPECT_TRUE(tlb.fill(large(0x2A6, 0x4000), {}, {}).in_place);
  EXPECT_EQ(frame_of(tlb, 0x2A6), 0x40A6u);
  EXPECT_EQ(tlb.statistics().side_hits, 0u);
  EXPECT_EQ(tlb.reach_bytes(), 2 * 4096u);
}

TEST(LargePages, OfEverySizeAreHeldBeside) {
  for (const std::uint8_t order : std::to_array<std::uint8_t>({9, 18, 27, 36})) {
    const auto tlb = make_tlb({.entries = 4});
    const PageNumber last = (PageNumber{1} << order) - 1;
    install(*tlb, large(5, 0, order));
    EXPECT_EQ(frame_of(*tlb, last), last);
    EXPECT_EQ(look(*tlb, last + 1), Outcome::miss_tag);
  }
}

TEST(LargePages, SideReplacesTheLeastRecentlyUsed) {
  const auto tlb = make_tlb({.entries = 4, .side_entries = 2});
  install(*tlb, large(0x200, 0x4000));
  install(*tlb, large(0x400, 0x6000));
  EXPECT_EQ(look(*tlb, 0x200), Outcome::hit);
  install(*tlb, large(0x600, 0x8000));
  EXPECT_EQ(look(*tlb, 0x400), Outcome::miss_tag);
  EXPECT_EQ(look(*tlb, 0x200), Outcome::hit);
  EXPECT_EQ(look(*tlb, 0x600), Outcome::hit);
}

TEST(LargePages, SideComparesContextAndSharesGlobals) {
  const auto tlb = make_tlb({.entries = 4});
  install(*tlb, large(0x200, 0x4000), {.asid = 1});
  EXPECT_EQ(look(*tlb, 0x200, {.asid = 2}), Outcome::miss_tag);
  install(*tlb, large(0x400, 0x6000, 9, user_data | pte::global), {.asid = 1});
  EXPECT_EQ(look(*tlb, 0x400, {.asid = 2}), Outcome::hit);
  EXPECT_EQ(
      tlb->invalidate({.operation = Invalidation::Operation::by_asid, .context = {.asid = 1}}), 1u);
  EXPECT_EQ(look(*tlb, 0x400, {.asid = 2}), Outcome::hit);
}

TEST(LargePages, AStoreToASideLeafWhoseDBitIsClearMisses) {
  const auto tlb = make_tlb({.entries = 4});
  install(*tlb, large(0x200, 0x4000, 9, user_data & ~pte::dirty));
  EXPECT_EQ(look(*tlb, 0x210, {}, Access::load), Outcome::hit);
  EXPECT_EQ(look(*tlb, 0x210, {}, Access::store), Outcome::miss_tag);
  install(*tlb, large(0x210, 0x4000));
  EXPECT_EQ(look(*tlb, 0x3FF, {}, Access::store), Outcome::hit);
  EXPECT_EQ(tlb->reach_bytes(), 2u << 20) << "the old entry was overwritten";
}

TEST(LargePages, SideHoldsNoMoreThanOneVerdictCovers) {
  const auto tlb = make_tlb({.entries = 4});
  Translation piece = large(0x2A5, 0x4000);
  piece.verdict_order = 5;
  install(*tlb, piece);
  EXPECT_EQ(frame_of(*tlb, 0x2A0), 0x40A0u);
  EXPECT_EQ(frame_of(*tlb, 0x2BF), 0x40BFu);
  EXPECT_EQ(look(*tlb, 0x29F), Outcome::miss_tag);
  EXPECT_EQ(look(*tlb, 0x2C0), Outcome::miss_tag);
  EXPECT_EQ(tlb->reach_bytes(), 32 * 4096u);
  // What a lookup returns says so too: the level above installs no more.
  EXPECT_EQ(tlb->lookup({.vpn = 0x2A1}).translation.piece_order(), 5);
  // The leaf changed: an invalidation of any of its pages drops the piece.
  EXPECT_EQ(tlb->invalidate({.operation = Invalidation::Operation::by_va, .vpn = 0x3FF}), 1u);
}

TEST(LargePages, AVerdictOfOnePageGoesToTheArray) {
  const auto tlb = make_tlb({.entries = 4});
  Translation piece = large(0x2A5, 0x4000);
  piece.verdict_order = 0;
  install(*tlb, piece);
  EXPECT_FALSE(tlb->lookup({.vpn = 0x2A5}).side);
  EXPECT_EQ(look(*tlb, 0x2A4), Outcome::miss_unit);
}

TEST(LargePages, AWiderPieceWithDSetAnswersWhereANarrowOneWithoutItDoesNot) {
  const auto tlb = make_tlb({.entries = 4});
  Translation narrow = large(0x205, 0x4000, 9, user_data & ~pte::dirty);
  narrow.verdict_order = 5;
  install(*tlb, narrow);
  install(*tlb, large(0x300, 0x4000));
  EXPECT_EQ(look(*tlb, 0x205, {}, Access::store), Outcome::hit);
}

}  // namespace
}  // namespace kilburn::burst_tlb
