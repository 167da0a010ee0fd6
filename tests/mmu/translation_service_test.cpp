// The way of one request through the translation service: who is asked, when, and what is kept.
#include "mmu/service_fixture.h"

namespace kilburn::mmu {
namespace {

using TranslationServiceTest = ServiceTest;
using page_table_walker::FaultingAccess;
using test::rwx;
using test::urwx;

constexpr PageNumber page = 0x40203;

TEST_F(TranslationServiceTest, AMissWalksAndTheNextRequestHitsTheSecondLevel) {
  const ServiceReply first = translate(page);
  EXPECT_EQ(first.fault, Fault::none);
  EXPECT_EQ(first.translation.vpn, page);
  EXPECT_EQ(first.translation.pfn, frame_of(page));
  EXPECT_GT(first.cost.walk, 0u);
  const std::size_t asked = ownership_.asked.size();
  const ServiceReply second = translate(page);
  EXPECT_EQ(second.fault, Fault::none);
  EXPECT_EQ(second.translation.pfn, frame_of(page));
  EXPECT_EQ(second.cost.total(), l2_cycles);
  EXPECT_EQ(ownership_.asked.size(), asked) << "a hit needs no check";
  EXPECT_EQ(counted("service.requests"), 2u);
  EXPECT_EQ(counted("walker.walks"), 1u);
}

TEST_F(TranslationServiceTest, TimeIsLookUpThenWalkThenCheckAndNeighboursDelayNobody) {
  ServiceConfig config;
  config.page_table_cache.organisation = page_table_cache::Organisation::off;
  config.walker.check_tables = false;
  build(config);
  const ServiceReply reply = translate(page, Access::load, 100);
  // A cycle to start, and three reads of ten cycles.
  EXPECT_EQ(port_.times, (std::vector<Cycles>{107, 117, 127}));
  EXPECT_EQ(reply.cost.l2_tlb, l2_cycles);
  EXPECT_EQ(reply.cost.walk, 31u);
  EXPECT_EQ(reply.cost.ownership, 5u);
  EXPECT_EQ(reply.cost.total(), 42u);
  ASSERT_EQ(ownership_.asked.size(), 8u);
  EXPECT_EQ(ownership_.asked[0].now, 137u);
  for (std::size_t i = 1; i < 8; ++i) EXPECT_EQ(ownership_.asked[i].now, 142u) << i;
}

TEST_F(TranslationServiceTest, EachCheckSaysWhichFrameIsReachedFromWhichPageAndByWhom) {
  translate(page, Access::fetch);
  ASSERT_EQ(ownership_.asked.size(), 8u);
  EXPECT_EQ(ownership_.asked[0].request.mapped, page) << "the page asked for comes first";
  std::map<PageNumber, PageNumber> frames;
  for (const auto& [asked, now] : ownership_.asked) {
    frames[asked.mapped] = asked.frame;
    EXPECT_EQ(asked.access, Access::fetch);
    EXPECT_EQ(asked.realm, 3u);
    EXPECT_FALSE(asked.table);
  }
  for (PageNumber i = 0; i < 8; ++i) EXPECT_EQ(frames.at(line_page + i), frame_of(line_page + i));
}

TEST_F(TranslationServiceTest, TheLineBringsItsNeighboursIntoTheReplyAndTheSecondLevel) {
  host_.tree.map(line_page + 1, 0x77, 0);
  host_.tree.map(line_page + 2, 0x77, rwx);
  const ServiceReply reply = translate(page);
  EXPECT_EQ(reply.neighbour_count, 5u) << "one is not mapped, one is the supervisor's";
  for (const PageNumber i : {0U, 4U, 5U, 6U, 7U}) {
    ASSERT_TRUE(neighbour(reply, line_page + i)) << i;
    EXPECT_EQ(neighbour(reply, line_page + i)->pfn, frame_of(line_page + i));
    EXPECT_TRUE(held(line_page + i)) << i;
  }
  EXPECT_EQ(counted("walker.walks"), 1u);
}

TEST_F(TranslationServiceTest, AFaultOfTheWalkIsReportedAndNothingIsAskedOrInstalled) {
  host_.tree.map(page, 0, 0);
  const ServiceReply reply = translate(page);
  EXPECT_EQ(reply.fault, Fault::page_fault);
  EXPECT_EQ(reply.fault_address, page << page_shift | 0x123);
  EXPECT_EQ(reply.neighbour_count, 0u);
  EXPECT_GT(reply.cost.walk, 0u);
  EXPECT_TRUE(ownership_.asked.empty());
  EXPECT_EQ(service_->l2_tlb().reach_bytes(), 0u);
  host_.tree.map(page, frame_of(page), urwx);
  EXPECT_EQ(translate(page).fault, Fault::none) << "a fault leaves nothing behind";
}

TEST_F(TranslationServiceTest, AHitWithoutTheRightIsAPageFaultOfTheSecondLevelAlone) {
  host_.tree.map(page, frame_of(page), urwx & ~pte::execute);
  ASSERT_EQ(translate(page).fault, Fault::none);
  const std::size_t asked = ownership_.asked.size();
  const ServiceReply reply = translate(page, Access::fetch);
  EXPECT_EQ(reply.fault, Fault::page_fault);
  EXPECT_EQ(reply.fault_address, page << page_shift | 0x123);
  EXPECT_EQ(reply.cost.total(), l2_cycles);
  EXPECT_EQ(ownership_.asked.size(), asked);
}

TEST_F(TranslationServiceTest, PrivilegeAndProtectionOfTheHartReachTheWalk) {
  const auto ask = [this](Request request) { return service_->translate(request, 0).fault; };
  Request supervisor = request(page);
  supervisor.privilege.privilege = Privilege::supervisor;
  EXPECT_EQ(ask(supervisor), Fault::page_fault) << "a user page, without SUM";
  struct Nothing final : TableProtection {
    bool allows_table(Address, Access) const override { return false; }
  } nothing;
  Request confined = request(page);
  confined.protection = &nothing;
  EXPECT_EQ(ask(confined), Fault::access_fault);
  EXPECT_EQ(ask(request(page)), Fault::none);
}

TEST_F(TranslationServiceTest, AHitBringsAllUnitsOfItsEntryOrTheOneAskedFor) {
  for (const Refill refill : {Refill::entry, Refill::unit}) {
    ServiceConfig config;
    config.refill = refill;
    build(config);
    translate(line_page);
    const ServiceReply hit = translate(page);
    ASSERT_EQ(hit.cost.walk, 0u);
    EXPECT_EQ(hit.neighbour_count, refill == Refill::entry ? 7u : 0u);
    EXPECT_EQ(counted("l2tlb.read_bits") > 100, refill == Refill::entry) << "a row, or one unit";
  }
}

TEST_F(TranslationServiceTest, WithoutAnRmuOrWithItsCheckOffNobodyIsAsked) {
  for (const bool with_rmu : {true, false}) {
    ServiceConfig config;
    config.check_ownership = !with_rmu;  // off, or nobody there to ask
    build(config, with_rmu);
    ownership_.asked.clear();
    ownership_.replies[frame_of(page)] = {.allowed = false};
    const ServiceReply reply = translate(page);
    EXPECT_EQ(reply.fault, Fault::none);
    EXPECT_EQ(reply.translation.permissions, urwx & ~pte::valid);
    EXPECT_EQ(reply.translation.verdict_order, 63) << "no verdict bounds it";
    EXPECT_EQ(reply.neighbour_count, 7u);
    EXPECT_EQ(reply.cost.ownership, 0u);
    const OwnershipReply untranslated = service_->check({.frame = frame_of(page)}, 0);
    EXPECT_TRUE(untranslated.allowed);
    EXPECT_EQ(untranslated.order, all_frames_order);
    EXPECT_TRUE(ownership_.asked.empty());
    EXPECT_EQ(counted("service.neighbour_checks"), 0u);
  }
}

TEST(TranslationServiceOfAGuest, FaultSaysWhichAddressAndWhichAccessMetIt) {
  page_table_walker::Guest guest;
  guest.inner.map(page, 0x20, urwx);
  const PageNumber table = guest.inner.slot(page, 0) >> page_shift;
  TranslationService service({}, guest.memory, nullptr);
  const auto ask = [&] {
    return service.translate({page << page_shift, Access::load, {}, guest.regime}, 0);
  };
  guest.outer.map(0x20, 0x99, 0);
  EXPECT_EQ(ask().fault, Fault::guest_page_fault);
  EXPECT_EQ(ask().fault_address, Address{0x20} << page_shift);
  EXPECT_EQ(ask().faulting_access, FaultingAccess::original);
  guest.outer.map(table, 0x99, 0);
  EXPECT_EQ(ask().fault, Fault::guest_page_fault);
  EXPECT_EQ(ask().fault_address >> page_shift, table);
  EXPECT_EQ(ask().faulting_access, FaultingAccess::table_read);
}

}  // namespace
}  // namespace kilburn::mmu
