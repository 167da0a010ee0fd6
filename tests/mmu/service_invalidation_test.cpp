// Invalidations that reach the service: what it holds, and what is in flight.
#include "mmu/service_fixture.h"

namespace kilburn::mmu {
namespace {

using ServiceInvalidation = ServiceTest;
using test::urwx;

constexpr PageNumber page = 0x40203;

TEST_F(ServiceInvalidation, TheSecondLevelDropsWhatIsInvalidated) {
  translate(page);
  host_.tree.map(page, 0x99, urwx);
  invalidate(by_va(page));
  EXPECT_EQ(translate(page).translation.pfn, 0x99u);
  EXPECT_TRUE(held(page - 1)) << "another page stays";
}

TEST_F(ServiceInvalidation, TheWalkerIsToldThatATableAboveTheLeafHasMoved) {
  translate(page);
  const Address slot = host_.tree.slot(page, 1);
  const PageNumber fresh = host_.frames.take();
  host_.tree.set(slot, pte::make(fresh, pte::valid));
  host_.tree.map(page, 0x99, urwx);
  invalidate(by_va(page));
  EXPECT_EQ(translate(page).translation.pfn, 0x99u) << "the page-table cache led to the old table";
}

TEST_F(ServiceInvalidation, AWalkInFlightIsToldAndStartsAgain) {
  bool done = false;
  host_.memory.after = [&](unsigned) {
    if (done) return;
    done = true;
    host_.tree.map(page, 0x99, urwx);
    invalidate(by_va(page));
  };
  EXPECT_EQ(translate(page).translation.pfn, 0x99u);
  EXPECT_EQ(counted("walker.restarts"), 1u);
}

TEST_F(ServiceInvalidation, ARequestOvertakenDuringItsCheckStartsAgainAndInstallsNothingStale) {
  unsigned checks = 0;
  ownership_.during = [&](const OwnershipRequest& asked) {
    if (asked.frame != frame_of(page) || checks++ != 0) return;
    host_.tree.map(page, 0x99, urwx);
    invalidate(by_va(page));
  };
  const ServiceReply reply = translate(page, Access::load, 1000);
  EXPECT_EQ(reply.translation.pfn, 0x99u);
  EXPECT_EQ(counted("service.overtaken"), 1u);
  EXPECT_EQ(counted("service.requests"), 1u);
  EXPECT_EQ(counted("walker.walks"), 2u);
  EXPECT_EQ(translate(page).translation.pfn, 0x99u);
  EXPECT_TRUE(held(page));
}

TEST_F(ServiceInvalidation, ARequestOvertakenDuringANeighboursCheckStartsAgain) {
  const PageNumber other = page + 1;
  unsigned checks = 0;
  ownership_.during = [&](const OwnershipRequest& asked) {
    if (asked.frame != frame_of(other) || checks++ != 0) return;
    host_.tree.map(other, 0x99, urwx);
    invalidate(by_va(other));
  };
  const ServiceReply reply = translate(page);
  ASSERT_TRUE(neighbour(reply, other));
  EXPECT_EQ(neighbour(reply, other)->pfn, 0x99u);
  EXPECT_EQ(reply.neighbour_count, 7u) << "those of the first walk are gone";
  EXPECT_EQ(translate(other).translation.pfn, 0x99u);
}

TEST_F(ServiceInvalidation, AnOvertakenRequestPaysForBothWalksAndBothChecks) {
  ServiceConfig config;
  config.page_table_cache.organisation = page_table_cache::Organisation::off;
  config.walker.check_tables = false;
  build(config);
  bool done = false;
  ownership_.during = [&](const OwnershipRequest&) {
    if (!done) invalidate(by_va(page));
    done = true;
  };
  const ServiceReply reply = translate(page, Access::load, 100);
  EXPECT_EQ(reply.cost.l2_tlb, l2_cycles) << "looked up once";
  EXPECT_EQ(reply.cost.walk, 2 * 31u);
  EXPECT_EQ(reply.cost.ownership, 2 * 5u);
  ASSERT_EQ(port_.times.size(), 6u);
  EXPECT_EQ(port_.times[3], 100 + 6 + 31 + 5 + 1u) << "the second walk follows the first check";
}

/// Invalidations, and whether they overtake a request of ASID 1, VMID 2, realm 3.
struct Reach {
  Invalidation invalidation;
  bool overtakes;
};

TEST_F(ServiceInvalidation, ARequestIsOvertakenByWhatReachesItsContextWhateverTheRange) {
  const Context own{.asid = 1, .vmid = 2, .realm = 3};
  const Context other_asid{.asid = 9, .vmid = 2, .realm = 3};
  const Context other_vmid{.asid = 1, .vmid = 9, .realm = 3};
  const Context other_realm{.asid = 1, .vmid = 2, .realm = 9};
  const Reach cases[] = {
      {{.operation = Operation::all}, true},
      {{.operation = Operation::by_vmid, .context = own}, true},
      {{.operation = Operation::by_vmid, .context = other_vmid}, false},
      {{.operation = Operation::by_asid, .context = own}, true},
      {{.operation = Operation::by_asid, .context = other_asid}, false},
      {{.operation = Operation::by_asid, .context = other_vmid}, false},
      {{.operation = Operation::by_va_asid, .vpn = 0x7777, .context = own}, true},
      {{.operation = Operation::by_va_asid, .vpn = page, .context = other_asid}, false},
      {{.operation = Operation::by_va, .vpn = 0x7777, .context = other_asid}, true},
      {{.operation = Operation::by_va, .vpn = page, .context = other_vmid}, false},
      {{.operation = Operation::by_guest_frame, .context = own}, true},
      {{.operation = Operation::by_guest_frame, .context = other_vmid}, false},
      {{.operation = Operation::by_realm, .context = own}, true},
      {{.operation = Operation::by_realm, .context = other_realm}, false},
      {{.operation = Operation::by_frame, .pfn = 0x7777}, true},
  };
  for (const Reach& reach : cases) {
    const Invalidation& invalidation = reach.invalidation;
    build({});
    bool done = false;
    ownership_.during = [&](const OwnershipRequest&) {
      if (!done) invalidate(invalidation);
      done = true;
    };
    translate(page);
    EXPECT_EQ(counted("service.overtaken"), reach.overtakes ? 1u : 0u)
        << "operation " << static_cast<int>(invalidation.operation) << ", ASID "
        << invalidation.context.asid << ", VMID " << invalidation.context.vmid << ", realm "
        << invalidation.context.realm;
  }
}

TEST_F(ServiceInvalidation, ARequestInsideAnotherEndsAndTheOuterOneIsStillOvertaken) {
  unsigned depth = 0;
  ownership_.during = [&](const OwnershipRequest&) {
    if (depth++ != 0) return;
    translate(0x50000);  // another client's: it faults
    host_.tree.map(page, 0x99, urwx);
    invalidate(by_va(page));
  };
  EXPECT_EQ(translate(page).translation.pfn, 0x99u);
  EXPECT_EQ(counted("service.overtaken"), 1u);
}

TEST_F(ServiceInvalidation, ARequestThatIsUnwoundIsNotInFlightAnyMore) {
  struct Unwound {};
  ownership_.during = [&](const OwnershipRequest&) { throw Unwound{}; };
  EXPECT_THROW(translate(page), Unwound);
  EXPECT_THROW((void)service_->check({.frame = 0x3000}, 0), Unwound);
  ownership_.during = nullptr;
  invalidate({});
  EXPECT_EQ(translate(page).fault, Fault::none);
  EXPECT_EQ(counted("service.overtaken"), 0u);
}

TEST_F(ServiceInvalidation, AnUntranslatedCheckThatAnInvalidationOvertakesIsMadeAgain) {
  const UntranslatedAccess access{.frame = 0x3000, .access = Access::store, .realm = 3};
  const Context others{.realm = 9};
  const Reach cases[] = {
      {{.operation = Operation::by_frame, .pfn = 0x3000}, true},
      {{.operation = Operation::by_realm, .context = {.realm = 3}}, true},
      {{.operation = Operation::by_realm, .context = others}, false},
      {{.operation = Operation::all}, true},
  };
  for (const Reach& reach : cases) {
    const bool overtakes = reach.overtakes;
    build({});
    ownership_.asked.clear();
    ownership_.replies.clear();
    ownership_.during = [&](const OwnershipRequest&) {
      if (ownership_.asked.size() != 1) return;
      ownership_.replies[0x3000] = {.allowed = false};
      invalidate(reach.invalidation);
    };
    const OwnershipReply reply = service_->check(access, 100);
    EXPECT_EQ(reply.allowed, !overtakes) << "the verdict before the invalidation is worth nothing";
    ASSERT_EQ(ownership_.asked.size(), overtakes ? 2u : 1u);
    EXPECT_EQ(ownership_.asked.back().now, overtakes ? 105u : 100u);
    EXPECT_EQ(reply.latency, overtakes ? 10u : 5u);
    EXPECT_EQ(counted("service.overtaken"), overtakes ? 1u : 0u);
  }
}

TEST_F(ServiceInvalidation, AnUntranslatedCheckNamesTheFrameAsThePageThatItIsReachedFrom) {
  (void)service_->check({.frame = 0x3000, .access = Access::store, .realm = 3}, 100);
  ASSERT_EQ(ownership_.asked.size(), 1u);
  const auto& [asked, now] = ownership_.asked[0];
  EXPECT_EQ(asked.frame, 0x3000u);
  EXPECT_EQ(asked.mapped, 0x3000u);
  EXPECT_EQ(asked.access, Access::store);
  EXPECT_EQ(asked.realm, 3u);
  EXPECT_FALSE(asked.table);
  EXPECT_EQ(now, 100u);
}

TEST_F(ServiceInvalidation, FramesOfDataLeaveThePageTableCacheAloneWhereTablesAreChecked) {
  struct Case {
    bool with_rmu;
    bool check_tables;
    Operation operation;
    std::uint64_t last_level_operations;
  };
  // The RMU's word is good where it is asked; software's, that only leaves have changed, always.
  for (const Case& c :
       {Case{true, true, Operation::by_frame, 1}, Case{true, false, Operation::by_frame, 0},
        Case{false, true, Operation::by_frame, 0}, Case{false, true, Operation::by_va, 1}}) {
    ServiceConfig config;
    config.walker.check_tables = c.check_tables;
    build(config, c.with_rmu);
    translate(page);
    invalidate({.operation = c.operation,
                .vpn = page,
                .pfn = frame_of(page),
                .context = host_.regime.context,
                .last_level = true});
    EXPECT_EQ(counted("page_table_cache.invalidations"), 1u);
    EXPECT_EQ(counted("page_table_cache.last_level_operations"), c.last_level_operations)
        << "RMU " << c.with_rmu << ", check_tables " << c.check_tables;
    EXPECT_FALSE(held(page));
  }
}

}  // namespace
}  // namespace kilburn::mmu
