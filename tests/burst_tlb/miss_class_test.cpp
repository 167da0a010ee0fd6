// The three classes of miss.
#include <gtest/gtest.h>

#include "support.h"

namespace kilburn::burst_tlb {
namespace {

constexpr Context first_space{.asid = 1};
constexpr Context second_space{.asid = 2};

TEST(BurstTlb, NoEntryWithTheTagIsATagMiss) {
  BurstTlb tlb({.entries = 4});
  install(tlb, page(8, 1));
  EXPECT_EQ(look(tlb, 16), Outcome::miss_tag);
  EXPECT_EQ(look(tlb, 8, {.asid = 1}), Outcome::miss_tag) << "the tag holds the context";
  EXPECT_EQ(tlb.statistics().miss_tag, 2u);
}

TEST(BurstTlb, ATagHitWithAnInvalidUnitIsAUnitMissFilledInPlaceAndSiblingsSurvive) {
  // Spec 01 behaviour 2.
  BurstTlb tlb({.entries = 4, .fill = FillPolicy::single});
  install(tlb, page(8, 100));
  install(tlb, page(15, 200));
  EXPECT_EQ(look(tlb, 11), Outcome::miss_unit);
  const Fill done = tlb.fill(page(11, 300), {}, {});
  EXPECT_TRUE(done.in_place);
  EXPECT_EQ(done.units_filled, 1u);
  EXPECT_EQ(done.units_evicted, 0u);
  EXPECT_EQ(frame_of(tlb, 8), 100u);
  EXPECT_EQ(frame_of(tlb, 15), 200u);
  EXPECT_EQ(frame_of(tlb, 11), 300u);
  EXPECT_EQ(tlb.valid_units(done.entry), 0b1000'1001u);
  EXPECT_EQ(tlb.statistics().miss_unit, 1u);
}

TEST(BurstTlb, AContextInTheUnitThatDiffersIsAContentMiss) {
  // Spec 01 behaviour 3: two address spaces share one tag.
  BurstTlb tlb({.entries = 4, .context_in = ContextIn::tdu, .fill = FillPolicy::single});
  install(tlb, page(8, 100), first_space);
  install(tlb, page(9, 200), second_space);
  EXPECT_EQ(tlb.valid_units(0), 0b11u) << "one entry serves both";
  EXPECT_EQ(frame_of(tlb, 8, first_space), 100u);
  EXPECT_EQ(frame_of(tlb, 9, second_space), 200u);
  EXPECT_EQ(look(tlb, 8, second_space), Outcome::miss_content);
  EXPECT_EQ(look(tlb, 9, first_space), Outcome::miss_content);
  EXPECT_EQ(look(tlb, 10, first_space), Outcome::miss_unit);
  EXPECT_EQ(tlb.statistics().miss_content, 2u);
  // The unit changes hands in place.
  EXPECT_TRUE(tlb.fill(page(8, 300), second_space, {}).in_place);
  EXPECT_EQ(frame_of(tlb, 8, second_space), 300u);
  EXPECT_EQ(look(tlb, 8, first_space), Outcome::miss_content);
}

TEST(BurstTlb, EveryPartOfTheContextInAUnitIsCompared) {
  BurstTlb tlb({.entries = 4, .context_in = ContextIn::tdu});
  install(tlb, page(8, 100), {.asid = 1, .vmid = 2, .realm = 3});
  EXPECT_EQ(look(tlb, 8, {.asid = 1, .vmid = 2, .realm = 3}), Outcome::hit);
  EXPECT_EQ(look(tlb, 8, {.asid = 9, .vmid = 2, .realm = 3}), Outcome::miss_content);
  EXPECT_EQ(look(tlb, 8, {.asid = 1, .vmid = 9, .realm = 3}), Outcome::miss_content);
  EXPECT_EQ(look(tlb, 8, {.asid = 1, .vmid = 2, .realm = 9}), Outcome::miss_content);
}

TEST(BurstTlb, AStoreToAUnitWhoseDBitIsClearIsAContentMiss) {
  // Spec 01 behaviour 3: the walker has to set D.
  for (const Organisation organisation :
       {Organisation::burst, Organisation::conventional, Organisation::contiguous,
        Organisation::clustered, Organisation::colt_fa}) {
    const auto tlb = make_tlb({.organisation = organisation, .entries = 4});
    install(*tlb, page(8, 100, user_data & ~pte::dirty));
    EXPECT_EQ(look(*tlb, 8, {}, Access::load), Outcome::hit);
    EXPECT_EQ(look(*tlb, 8, {}, Access::fetch), Outcome::hit) << "permissions are the caller's";
    EXPECT_EQ(look(*tlb, 8, {}, Access::store), Outcome::miss_content);
    install(*tlb, page(8, 100));
    EXPECT_EQ(look(*tlb, 8, {}, Access::store), Outcome::hit);
    EXPECT_EQ(tlb->statistics().miss_content, 1u);
  }
}

TEST(BurstTlb, APermissionIsReportedOnAHitAndIsNoMiss) {
  BurstTlb tlb({.entries = 4});
  install(tlb, page(8, 100, pte::read | pte::accessed | pte::dirty));
  const Lookup found = tlb.lookup({.vpn = 8, .access = Access::store});
  EXPECT_EQ(found.outcome, Outcome::hit);
  EXPECT_FALSE(
      permits(found.translation.permissions, Access::store, {.privilege = Privilege::supervisor}));
}

TEST(CoalescedTlb, ATagWithoutThePageIsAUnitMiss) {
  CoalescedTlb tlb({.organisation = Organisation::contiguous, .entries = 4});
  install(tlb, page(8, 100));
  EXPECT_EQ(look(tlb, 9), Outcome::miss_unit);
  EXPECT_EQ(look(tlb, 16), Outcome::miss_tag);
}

}  // namespace
}  // namespace kilburn::burst_tlb
