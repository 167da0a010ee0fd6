// Global pages: one translation for every address space of a VMID and realm.
#include <gtest/gtest.h>

#include <array>

#include "support.h"

namespace kilburn::burst_tlb {
namespace {

using Operation = Invalidation::Operation;

class GlobalPages : public testing::TestWithParam<ContextIn> {
 protected:
  static constexpr Context here{.asid = 1, .vmid = 1, .realm = 1};
  static constexpr Context beside{.asid = 2, .vmid = 1, .realm = 1};
  static constexpr Context other_vmid{.asid = 1, .vmid = 2, .realm = 1};
  static constexpr Context other_realm{.asid = 1, .vmid = 1, .realm = 2};

  BurstTlb tlb_{{.entries = 8, .context_in = GetParam(), .fill = FillPolicy::single}};
};

INSTANTIATE_TEST_SUITE_P(BurstTlb, GlobalPages, testing::Values(ContextIn::tag, ContextIn::tdu),
                         [](const auto& placement) {
                           return placement.param == ContextIn::tag ? "InTag" : "InTdu";
                         });

TEST_P(GlobalPages, AreSharedBetweenAsidsOfOneVmidAndRealm) {
  install(tlb_, global_page(8, 100), here);
  EXPECT_EQ(frame_of(tlb_, 8, here), 100u);
  EXPECT_EQ(frame_of(tlb_, 8, beside), 100u);
  EXPECT_NE(look(tlb_, 8, other_vmid), Outcome::hit);
  EXPECT_NE(look(tlb_, 8, other_realm), Outcome::hit);
}

TEST_P(GlobalPages, AreFilledOnceForAllAsids) {
  install(tlb_, global_page(8, 100), here);
  EXPECT_TRUE(tlb_.fill(global_page(8, 100), beside, {}).in_place);
  EXPECT_EQ(tlb_.reach_bytes(), 4096u);
}

TEST_P(GlobalPages, AreSparedByInvalidationsThatNameAnAsid) {
  install(tlb_, global_page(8, 100), here);
  install(tlb_, page(16, 101), here);
  EXPECT_EQ(tlb_.invalidate({.operation = Operation::by_asid, .context = here}), 1u);
  EXPECT_EQ(tlb_.invalidate({.operation = Operation::by_va_asid, .vpn = 8, .context = here}), 0u);
  EXPECT_EQ(look(tlb_, 8, here), Outcome::hit);
  EXPECT_EQ(look(tlb_, 8, beside), Outcome::hit);
  EXPECT_NE(look(tlb_, 16, here), Outcome::hit);
}

TEST_P(GlobalPages, AreDroppedByInvalidationsThatNameNoAsid) {
  const Invalidation reaching[] = {{.operation = Operation::all},
                                   {.operation = Operation::by_vmid, .context = beside},
                                   {.operation = Operation::by_va, .vpn = 8, .context = beside},
                                   {.operation = Operation::by_guest_frame, .context = beside},
                                   {.operation = Operation::by_realm, .context = beside},
                                   {.operation = Operation::by_frame, .pfn = 100}};
  for (const Invalidation& invalidation : reaching) {
    SCOPED_TRACE(static_cast<int>(invalidation.operation));
    install(tlb_, global_page(8, 100), here);
    EXPECT_EQ(tlb_.invalidate(invalidation), 1u);
    EXPECT_NE(look(tlb_, 8, here), Outcome::hit);
  }
}

TEST_P(GlobalPages, AndOwnPagesOfOneGroupAreBothFound) {
  // In the tag the two need an entry each, in the units they share one.
  install(tlb_, global_page(8, 100), here);
  install(tlb_, page(9, 101), here);
  install(tlb_, page(10, 102), beside);
  EXPECT_EQ(frame_of(tlb_, 8, here), 100u);
  EXPECT_EQ(frame_of(tlb_, 9, here), 101u);
  EXPECT_EQ(frame_of(tlb_, 8, beside), 100u);
  EXPECT_EQ(frame_of(tlb_, 10, beside), 102u);
  EXPECT_NE(look(tlb_, 9, beside), Outcome::hit);
  unsigned live = 0;
  for (std::uint32_t entry = 0; entry < 8; ++entry) live += tlb_.entry_valid(entry) ? 1u : 0u;
  EXPECT_EQ(live, GetParam() == ContextIn::tag ? 3u : 1u);
}

TEST_P(GlobalPages, AsNeighboursEnterAnOwnPagesEntryOnlyWhereUnitsHoldTheContext) {
  BurstTlb tlb({.entries = 8, .context_in = GetParam()});
  const Translation line[] = {global_page(9, 101), page(10, 102)};
  const bool in_tag = GetParam() == ContextIn::tag;
  EXPECT_EQ(tlb.fill(page(8, 100), here, line).units_filled, in_tag ? 2u : 3u);
  EXPECT_EQ(look(tlb, 9, here) == Outcome::hit, !in_tag);
  EXPECT_EQ(look(tlb, 9, beside) == Outcome::hit, !in_tag);
  EXPECT_EQ(look(tlb, 10, here), Outcome::hit);
  // The other way round: an own page must not be found by all under a global tag.
  EXPECT_EQ(tlb.fill(global_page(16, 1), here, std::array{page(17, 2)}).units_filled,
            in_tag ? 1u : 2u);
  EXPECT_NE(look(tlb, 17, beside), Outcome::hit);
}

TEST_P(GlobalPages, DoNotAnswerForAsidZeroOfAnotherVmid) {
  // A global tag has no ASID; it must not look like ASID 0.
  install(tlb_, global_page(8, 100), here);
  install(tlb_, page(16, 101), {.asid = 0, .vmid = 1, .realm = 1});
  EXPECT_NE(look(tlb_, 16, here), Outcome::hit);
  EXPECT_EQ(tlb_.invalidate({.operation = Operation::by_asid, .context = {.asid = 0, .vmid = 1}}),
            1u)
      << "the page of ASID 0 alone";
  EXPECT_EQ(look(tlb_, 8, here), Outcome::hit);
}

TEST(CoalescedTlb, GlobalPagesAreSharedAndSparedByAsid) {
  for (const Organisation organisation :
       {Organisation::contiguous, Organisation::clustered, Organisation::colt_fa}) {
    const auto made = make_tlb({.organisation = organisation, .entries = 8});
    Tlb& tlb = *made;
    const Context here{.asid = 1, .vmid = 1};
    install(tlb, global_page(8, 96), here);
    install(tlb, page(9, 97), here);
    EXPECT_EQ(frame_of(tlb, 8, {.asid = 2, .vmid = 1}), 96u);
    EXPECT_NE(look(tlb, 9, {.asid = 2, .vmid = 1}), Outcome::hit);
    EXPECT_EQ(tlb.invalidate({.operation = Operation::by_asid, .context = here}), 1u);
    EXPECT_EQ(look(tlb, 8, here), Outcome::hit);
    EXPECT_EQ(tlb.invalidate({.operation = Operation::by_vmid, .context = here}), 1u);
  }
}

}  // namespace
}  // namespace kilburn::burst_tlb
