// The first level of one client: which TLB answers, what it keeps, what an invalidation takes from
// it.
#include "mmu/mmu.h"
#include "mmu/service_fixture.h"

namespace kilburn::mmu {
namespace {

using test::urwx;

constexpr PageNumber page = 0x40203;
constexpr PageNumber large = 0x40400;

class FirstLevelTest : public ServiceTest {
 protected:
  FirstLevelTest() { bus_.add(mmu_); }
  Fault miss(PageNumber of, Access access = Access::load) {
    return mmu_.refill(request(of, access), 0).fault;
  }
  [[nodiscard]] std::uint64_t shown(const std::string& name) const {
    return counters_of([this](StatisticVisitor& v) { mmu_.visit(v, PagingMode::sv39); }).at(name);
  }
  Mmu mmu_{{}, *service_, "hart", 1};
};

TEST_F(FirstLevelTest, FetchesAndDataHaveATlbEach) {
  ASSERT_EQ(miss(page, Access::fetch), Fault::none);
  EXPECT_TRUE(mmu_.lookup(request(page, Access::fetch)).hit);
  EXPECT_FALSE(mmu_.lookup(request(page, Access::load)).hit);
  ASSERT_EQ(miss(page, Access::store), Fault::none);
  EXPECT_TRUE(mmu_.lookup(request(page, Access::load)).hit);
  EXPECT_GT(mmu_.itlb().reach_bytes(), 0u);
  EXPECT_GT(mmu_.dtlb().reach_bytes(), 0u);
}

TEST_F(FirstLevelTest, AMissIsNeitherHitNorFaultAndAHitSaysWhere) {
  const FirstLevel nothing = mmu_.lookup(request(page));
  EXPECT_FALSE(nothing.hit);
  EXPECT_EQ(nothing.fault, Fault::none);
  EXPECT_EQ(mmu_.hit(request(page)), nullptr);
  miss(page);
  const FirstLevel found = mmu_.lookup(request(page));
  EXPECT_TRUE(found.hit);
  EXPECT_FALSE(found.side);
  EXPECT_EQ(found.translation.pfn, frame_of(page));
  ASSERT_NE(mmu_.hit(request(page)), nullptr);
  EXPECT_EQ(mmu_.hit(request(page))->pfn(), frame_of(page));
}

TEST_F(FirstLevelTest, AHitWithoutTheRightIsAPageFault) {
  host_.tree.map(page, frame_of(page), urwx & ~pte::write);
  miss(page);
  const FirstLevel found = mmu_.lookup(request(page, Access::store));
  EXPECT_FALSE(found.hit);
  EXPECT_EQ(found.fault, Fault::page_fault);
}

TEST_F(FirstLevelTest, AFaultOfTheServiceFillsNothing) {
  ownership_.replies[frame_of(page)] = {.allowed = false};
  EXPECT_EQ(miss(page), Fault::access_fault);
  EXPECT_EQ(mmu_.dtlb().reach_bytes(), 0u);
}

TEST_F(FirstLevelTest, TheNeighboursOfAMissComeAlong) {
  miss(page);
  EXPECT_TRUE(mmu_.lookup(request(page + 1)).hit);
  EXPECT_EQ(mmu_.lookup(request(page + 1)).translation.pfn, frame_of(page + 1));
}

TEST_F(FirstLevelTest, AnInvalidationReachesBothTlbsAndLeavesOtherPages) {
  miss(page, Access::fetch);
  miss(page, Access::load);
  invalidate(by_va(page));
  for (const Access access : {Access::fetch, Access::load}) {
    EXPECT_FALSE(mmu_.lookup(request(page, access)).hit) << to_string(access);
    EXPECT_TRUE(mmu_.lookup(request(page + 1, access)).hit) << to_string(access);
  }
}

TEST_F(FirstLevelTest, FetchesAndDataHaveAVerdictBufferEachAndAnInvalidationReachesBoth) {
  const auto access = [](Access kind) {
    return UntranslatedAccess{.frame = 0x3000, .access = kind, .realm = 3};
  };
  EXPECT_TRUE(mmu_.check(access(Access::fetch), 0).allowed);
  EXPECT_NE(mmu_.verdict(access(Access::fetch)), nullptr);
  EXPECT_EQ(mmu_.verdict(access(Access::load)), nullptr);
  EXPECT_TRUE(mmu_.check(access(Access::store), 0).allowed);
  EXPECT_NE(mmu_.verdict(access(Access::load)), nullptr);
  invalidate({.operation = Operation::by_frame, .pfn = 0x3000});
  EXPECT_EQ(mmu_.verdict(access(Access::fetch)), nullptr);
  EXPECT_EQ(mmu_.verdict(access(Access::load)), nullptr);
}

TEST_F(FirstLevelTest, ADeniedUntranslatedAccessIsCountedAndNotKept) {
  ownership_.replies[0x3000] = {.allowed = false};
  const UntranslatedAccess access{.frame = 0x3000, .realm = 3};
  EXPECT_FALSE(mmu_.check(access, 0).allowed);
  EXPECT_EQ(mmu_.verdict(access), nullptr);
  EXPECT_TRUE(mmu_.check({.frame = 0x4000, .realm = 3}, 0).allowed);
  EXPECT_EQ(shown("untranslated.checks"), 2u);
  EXPECT_EQ(shown("untranslated.denied"), 1u);
}

TEST_F(FirstLevelTest, RepeatsCountAsHitsOfTheTlbAndOfItsLargePages) {
  host_.tree.map(large, 0x400, urwx, 1);
  ownership_.replies[0x400] = {.order = 9};
  miss(large);
  const FirstLevel found = mmu_.lookup(request(large));
  ASSERT_TRUE(found.hit);
  EXPECT_TRUE(found.side);
  mmu_.count_repeats(Access::load, 10, true);
  mmu_.count_repeats(Access::load, 5, false);
  mmu_.count_repeats(Access::fetch, 3, false);
  EXPECT_EQ(shown("dtlb.lookups"), 1u + 10 + 5);
  EXPECT_EQ(shown("dtlb.hits"), 1u + 10 + 5);
  EXPECT_EQ(shown("dtlb.side_hits"), 1u + 10);
  EXPECT_EQ(shown("itlb.lookups"), 3u);
  EXPECT_EQ(shown("itlb.side_hits"), 0u);
}

TEST_F(FirstLevelTest, ATlbThatCoalescesSaysNoUnit) {
  Mmu plain({.dtlb = {{.organisation = burst_tlb::Organisation::clustered}}}, *service_, "hart", 1);
  plain.refill(request(page), 0);
  EXPECT_EQ(plain.hit(request(page)), nullptr);
  EXPECT_TRUE(plain.lookup(request(page)).hit);
}

}  // namespace
}  // namespace kilburn::mmu
