// What the RMU's verdict does to the translations that the service hands out and keeps.
#include "mmu/mmu.h"
#include "mmu/service_fixture.h"

namespace kilburn::mmu {
namespace {

using ServiceVerdict = ServiceTest;
using test::urwx;

constexpr PageNumber page = 0x40203;
constexpr PageNumber other = 0x40205;
constexpr std::uint8_t all_rights = urwx & ~pte::valid;
constexpr std::uint8_t without_dirty = all_rights & ~pte::dirty;

TEST_F(ServiceVerdict, ADeniedFrameIsAnAccessFaultAndNothingIsInstalled) {
  ownership_.replies[frame_of(page)] = {.allowed = false};
  const ServiceReply reply = translate(page);
  EXPECT_EQ(reply.fault, Fault::access_fault);
  EXPECT_EQ(reply.fault_address, page << page_shift | 0x123);
  EXPECT_GT(reply.cost.walk, 0u);
  EXPECT_EQ(reply.cost.ownership, 5u) << "the refusal takes its time";
  EXPECT_EQ(reply.neighbour_count, 0u);
  EXPECT_EQ(ownership_.asked.size(), 1u) << "no neighbour is asked for";
  EXPECT_EQ(service_->l2_tlb().reach_bytes(), 0u);
}

TEST_F(ServiceVerdict, ADeniedNeighbourIsCountedAndStaysAway) {
  ownership_.replies[frame_of(other)] = {.allowed = false};
  const ServiceReply reply = translate(page);
  EXPECT_EQ(reply.fault, Fault::none);
  EXPECT_EQ(reply.neighbour_count, 6u);
  EXPECT_FALSE(neighbour(reply, other));
  EXPECT_EQ(counted("service.neighbour_checks"), 7u);
  EXPECT_EQ(counted("service.neighbours_denied"), 1u);
  EXPECT_FALSE(held(other));
}

TEST_F(ServiceVerdict, AFrameThatMayNotBeWrittenIsInstalledCleanSoThatItsFirstStoreIsDenied) {
  ownership_.replies[frame_of(page)] = {.writable = false};
  EXPECT_EQ(translate(page).translation.permissions, without_dirty);
  EXPECT_TRUE(held(page)) << "loads hit";
  ownership_.replies[frame_of(page)] = {.allowed = false};  // of a store
  EXPECT_EQ(translate(page, Access::store).fault, Fault::access_fault);
  EXPECT_EQ(ownership_.asked.back().request.access, Access::store);
}

TEST_F(ServiceVerdict, AWritableFrameKeepsItsDirtyBit) {
  const ServiceReply reply = translate(page);
  EXPECT_EQ(reply.translation.permissions, all_rights);
  EXPECT_EQ(neighbour(reply, other)->permissions, all_rights);
  EXPECT_TRUE(held(page, Access::store));
  EXPECT_TRUE(held(other, Access::store));
}

TEST_F(ServiceVerdict, ANeighbourWhoseOwnCheckForbidsStoresIsInstalledClean) {
  ownership_.replies[frame_of(other)] = {.writable = false};
  const ServiceReply reply = translate(page);
  EXPECT_EQ(reply.translation.permissions, all_rights);
  EXPECT_EQ(neighbour(reply, other)->permissions, without_dirty);
  EXPECT_EQ(neighbour(reply, other - 1)->permissions, all_rights);
  EXPECT_TRUE(held(other));
  EXPECT_FALSE(held(other, Access::store));
}

TEST_F(ServiceVerdict, ANeighbourUnderASharedVerdictThatForbidsStoresIsInstalledClean) {
  ownership_.replies[frame_of(page)] = {.writable = false, .order = 8, .any_page = true};
  const ServiceReply reply = translate(page);
  ASSERT_EQ(counted("service.verdicts_shared"), 7u);
  EXPECT_EQ(reply.translation.permissions, without_dirty);
  EXPECT_EQ(neighbour(reply, other)->permissions, without_dirty);
  EXPECT_FALSE(held(other, Access::store));
}

TEST_F(ServiceVerdict, ANeighbourUnderASharedVerdictKeepsItsDirtyBitBesideACleanPage) {
  host_.tree.map(page, frame_of(page), clean);
  ownership_.replies[frame_of(page)] = {.order = 8, .any_page = true};
  const ServiceReply reply = translate(page);
  ASSERT_EQ(counted("service.verdicts_shared"), 7u);
  EXPECT_EQ(reply.translation.permissions, without_dirty);
  EXPECT_EQ(neighbour(reply, other)->permissions, all_rights);
  EXPECT_TRUE(held(other, Access::store));
}

TEST_F(ServiceVerdict, AVerdictCoversNeighboursInItsRegionOnly) {
  // Frames lie 16 apart: 32 are this page and the one before.
  ownership_.replies[frame_of(page)] = {.order = 5, .any_page = true};
  translate(page);
  EXPECT_EQ(counted("service.verdicts_shared"), 1u);
  EXPECT_EQ(counted("service.neighbour_checks"), 6u);
  for (const auto& [asked, now] : ownership_.asked) EXPECT_NE(asked.mapped, page - 1);
}

TEST_F(ServiceVerdict, WherePlacesMatterAVerdictCoversNeighboursInTheirPlacesOnly) {
  host_.tree.map(page + 1, frame_of(page) + 1, urwx);
  host_.tree.map(page - 1, frame_of(page) - 1, urwx);  // another region
  host_.tree.map(page + 2, frame_of(page) + 3, urwx);
  ownership_.replies[frame_of(page)] = {.order = 4};
  translate(page);
  EXPECT_EQ(counted("service.verdicts_shared"), 1u);
  EXPECT_EQ(counted("service.neighbour_checks"), 6u);
  for (const auto& [asked, now] : ownership_.asked) EXPECT_NE(asked.mapped, page + 1);
}

TEST_F(ServiceVerdict, NoMoreIsInstalledAsOnePieceThanTheVerdictCovers) {
  constexpr PageNumber large = 0x40400;
  host_.tree.map(large, 0x400, urwx, 1);
  ownership_.replies[0x400] = {.order = 9};
  EXPECT_EQ(translate(large).translation.verdict_order, 9);
  EXPECT_EQ(service_->l2_tlb().reach_bytes(), page_bytes << 9);
  build({});
  ownership_.replies[0x400] = {.order = 3};
  const ServiceReply reply = translate(large);
  EXPECT_EQ(reply.translation.order, 9) << "the leaf is as large as it is";
  EXPECT_EQ(reply.translation.verdict_order, 3);
  EXPECT_EQ(service_->l2_tlb().reach_bytes(), page_bytes) << "one page of the leaf";
  EXPECT_FALSE(held(large + 1));
}

TEST_F(ServiceVerdict, NeighboursAreBoundedByTheVerdictThatLetThemIn) {
  ownership_.replies[frame_of(page)] = {.order = 5, .any_page = true};  // the one before, too
  ownership_.replies[frame_of(other)] = {.order = 2};
  const ServiceReply reply = translate(page);
  EXPECT_EQ(neighbour(reply, page - 1)->verdict_order, 5);
  EXPECT_EQ(neighbour(reply, other)->verdict_order, 2);
  EXPECT_EQ(neighbour(reply, other + 1)->verdict_order, 0);
}

TEST(ServiceVerdictOfAGuest, TheGStageLeafBoundsWhereTheVerdictIsLarger) {
  page_table_walker::Guest guest;
  guest.inner.map(page, 0x20, urwx);
  guest.inner.map(page + 1, 0x21, urwx);
  ScriptedOwnership ownership;
  ownership.replies[0x20 + 512] = {.order = 9};
  ownership.replies[0x21 + 512] = {.order = 9};
  ServiceConfig config;
  TranslationService service(config, guest.memory, &ownership);
  const ServiceReply reply =
      service.translate({page << page_shift, Access::load, {}, guest.regime}, 0);
  EXPECT_EQ(reply.translation.verdict_order, 0);
  ASSERT_EQ(reply.neighbour_count, 1u);
  EXPECT_EQ(reply.neighbours[0].verdict_order, 0);
}

TEST_F(ServiceVerdict, ATransientVerdictServesItsAccessAndTheSecondLevelKeepsNothing) {
  ownership_.replies[frame_of(page)] = {.transient = true};
  const ServiceReply reply = translate(page);
  EXPECT_EQ(reply.fault, Fault::none);
  EXPECT_EQ(reply.translation.pfn, frame_of(page));
  EXPECT_TRUE(reply.transient);
  EXPECT_EQ(service_->l2_tlb().reach_bytes(), 0u);
  EXPECT_FALSE(held(page));
  ownership_.replies.clear();
  EXPECT_FALSE(translate(page).transient);
  EXPECT_TRUE(held(page)) << "from a verdict that lasts";
}

TEST_F(ServiceVerdict, ATransientVerdictServesItsAccessAndTheFirstLevelKeepsNothing) {
  Mmu mmu({}, *service_, "hart", 1);
  ownership_.replies[frame_of(page)] = {.transient = true};
  EXPECT_EQ(mmu.refill(request(page), 0).fault, Fault::none);
  EXPECT_FALSE(mmu.lookup(request(page)).hit);
  EXPECT_EQ(mmu.dtlb().reach_bytes(), 0u) << "the neighbours came under it, too";
  ownership_.replies.clear();
  mmu.refill(request(page), 0);
  EXPECT_TRUE(mmu.lookup(request(page)).hit);
}

TEST_F(ServiceVerdict, ANeighbourWhoseVerdictIsTransientIsNotInstalled) {
  ownership_.replies[frame_of(other)] = {.transient = true};
  const ServiceReply reply = translate(page);
  EXPECT_FALSE(reply.transient);
  EXPECT_FALSE(neighbour(reply, other));
  EXPECT_EQ(counted("service.neighbours_denied"), 1u);
  EXPECT_TRUE(held(page));
  EXPECT_FALSE(held(other));
}

TEST_F(ServiceVerdict, ATransientVerdictOnAnUntranslatedAccessIsNotKept) {
  Mmu mmu({}, *service_, "hart", 1);
  const UntranslatedAccess access{.frame = 0x3000, .realm = 3};
  ownership_.replies[0x3000] = {.transient = true};
  EXPECT_TRUE(mmu.check(access, 0).allowed);
  EXPECT_EQ(mmu.verdict(access), nullptr);
  ownership_.replies.clear();
  EXPECT_TRUE(mmu.check(access, 0).allowed);
  EXPECT_NE(mmu.verdict(access), nullptr);
}

}  // namespace
}  // namespace kilburn::mmu
