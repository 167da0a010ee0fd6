// Two-stage translations through the MMU: what a TLB keeps of them, and whose fault it is.
#include <gtest/gtest.h>

#include "mmu/mmu.h"
#include "page_table_walker/fixture.h"

namespace kilburn::mmu {
namespace {

using page_table_walker::Guest;
using test::rwx;
using test::urwx;

constexpr PageNumber va_page = 0x40201;
constexpr PageNumber guest_page = 0x20;
constexpr std::uint64_t user_and = pte::valid | pte::user | pte::accessed | pte::dirty;

class TwoStageMmu : public testing::Test {
 protected:
  struct Result {
    Fault fault;
    bool first_level;  ///< served without the service
    PageNumber pfn;
    Address fault_address;
  };
  Result access(Access access, PrivilegeState privilege = {}, PageNumber page = va_page) {
    const Request request{page << page_shift, access, privilege, guest_.regime};
    const Translated found = mmu_.translate(request, [] { return Cycles{0}; });
    return {found.fault, found.hit, found.translation.pfn, found.fault_address};
  }
  void map(std::uint64_t inner, std::uint64_t outer) {
    guest_.inner.map(va_page, guest_page, inner);
    guest_.outer.map(guest_page, 0x99, outer);
  }
  void hfence() {
    InvalidationBus bus;
    bus.add(mmu_);
    bus.add(service_);
    Invalidation all{.operation = Invalidation::Operation::all};
    bus.end(bus.begin(all));
  }

  Guest guest_;
  TranslationService service_{{}, guest_.memory, nullptr};
  Mmu mmu_{{}, service_, "hart", 1};
};

TEST_F(TwoStageMmu, TheSecondAccessHitsTheFirstLevel) {
  map(urwx, urwx);
  EXPECT_EQ(access(Access::load).pfn, 0x99U);
  const Result again = access(Access::load);
  EXPECT_TRUE(again.first_level);
  EXPECT_EQ(again.pfn, 0x99U);
}

TEST_F(TwoStageMmu, OnAHitWithoutTheRightAWalkTellsWhoseFaultItIs) {
  map(user_and | pte::read, urwx);
  ASSERT_EQ(access(Access::load).fault, Fault::none);
  const Result inner = access(Access::store);
  EXPECT_EQ(inner.fault, Fault::page_fault);
  EXPECT_EQ(inner.fault_address, va_page << page_shift);
  hfence();
  map(urwx, user_and | pte::read);
  ASSERT_EQ(access(Access::load).fault, Fault::none);
  const Result outer = access(Access::store);
  EXPECT_EQ(outer.fault, Fault::guest_page_fault);
  EXPECT_EQ(outer.fault_address, guest_page << page_shift);
}

TEST_F(TwoStageMmu, MxrOfTheGuestReadsExecuteOnlyPagesOfStage1Only) {
  const PrivilegeState mxr{.mxr = true};
  map(user_and | pte::execute, urwx);
  ASSERT_EQ(access(Access::fetch).fault, Fault::none);
  EXPECT_EQ(access(Access::load, mxr).fault, Fault::none);
  EXPECT_EQ(access(Access::load).fault, Fault::page_fault);
  hfence();
  map(urwx, user_and | pte::execute);
  EXPECT_EQ(access(Access::load, mxr).fault, Fault::guest_page_fault);
  // The hypervisor's own MXR reads it, and leaves nothing that reads without it.
  EXPECT_EQ(access(Access::load, {.mxr = true, .guest_mxr = true}).fault, Fault::none);
  EXPECT_EQ(access(Access::load, mxr).fault, Fault::guest_page_fault);
  EXPECT_EQ(access(Access::load).fault, Fault::guest_page_fault);
}

TEST_F(TwoStageMmu, WithABareStage1ThePageServesUserAndSupervisor) {
  guest_.regime.stage1 = PagingMode::bare;
  const PrivilegeState supervisor{.privilege = Privilege::supervisor};
  for (int round = 0; round < 2; ++round) {
    for (const Access kind : {Access::fetch, Access::load, Access::store}) {
      EXPECT_EQ(access(kind, {}, guest_page).pfn, guest_page + Guest::guest_base);
      EXPECT_EQ(access(kind, supervisor, guest_page).pfn, guest_page + Guest::guest_base);
    }
  }
}

TEST_F(TwoStageMmu, AFirstStoreToACleanGStageLeafSetsItsDirtyBit) {
  map(urwx, urwx & ~pte::dirty);
  ASSERT_EQ(access(Access::load).fault, Fault::none);
  EXPECT_FALSE(access(Access::store).first_level);
  EXPECT_NE(guest_.memory.get(guest_.outer.slot(guest_page, 0)) & pte::dirty, 0u);
  EXPECT_TRUE(access(Access::store).first_level);
}

}  // namespace
}  // namespace kilburn::mmu
