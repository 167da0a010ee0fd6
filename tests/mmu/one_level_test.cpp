// A client with one first level for fetches and data, as an IOMMU has.
#include "mmu/mmu.h"
#include "mmu/service_fixture.h"

namespace kilburn::mmu {
namespace {

constexpr PageNumber page = 0x40203;

class OneLevelTest : public ServiceTest {
 protected:
  OneLevelTest() { bus_.add(mmu_); }
  Mmu mmu_{OneLevelConfig{{.entries = 16}}, *service_, "device", 1};
};

TEST_F(OneLevelTest, WhatAStoreBroughtAFetchFinds) {
  const auto time = [] { return Cycles{0}; };
  EXPECT_FALSE(mmu_.translate(request(page, Access::store), time).hit);
  EXPECT_TRUE(mmu_.translate(request(page, Access::fetch), time).hit);
  EXPECT_TRUE(mmu_.translate(request(page, Access::load), time).hit);
  const auto shown =
      counters_of([this](StatisticVisitor& v) { mmu_.visit_one(v, "tlb", PagingMode::sv39); });
  EXPECT_EQ(shown.at("tlb.lookups"), 3u);
  EXPECT_EQ(shown.at("tlb.hits"), 2u);
}

TEST_F(OneLevelTest, AnInvalidationTakesItAndIsAcknowledged) {
  (void)mmu_.refill(request(page), 0);
  const std::uint64_t id = bus_.begin(by_va(page));
  EXPECT_TRUE(bus_.done(id));
  bus_.end(id);
  EXPECT_FALSE(mmu_.lookup(request(page, Access::fetch)).hit);
}

}  // namespace
}  // namespace kilburn::mmu
