// How long the holders of translations take for an invalidation: by their geometry, as their RTL
// does.
#include <gtest/gtest.h>

#include "mmu/mmu.h"
#include "page_table_walker/fixture.h"

namespace kilburn::mmu {
namespace {

using Operation = Invalidation::Operation;
using page_table_walker::Guest;
using test::urwx;

constexpr PageNumber va_page = 0x40201;
constexpr Cycles way = 8;  ///< mmu.invalidation_cycles

class InvalidationTime : public testing::Test {
 protected:
  InvalidationTime() {
    guest_.inner.map(va_page, 0x20, urwx);
    guest_.outer.map(0x20, 0x99, urwx);
    bus_.add(mmu_);
    bus_.add(service_);
  }
  Cycles cycles_of(const Invalidation& invalidation) {
    const std::uint64_t id = bus_.begin(invalidation);
    EXPECT_TRUE(bus_.done(id));
    const Cycles cycles = bus_.latency(id);
    bus_.end(id);
    return cycles;
  }
  void touch() {
    const Request request{va_page << page_shift, Access::load, {}, guest_.regime};
    EXPECT_EQ(mmu_.refill(request, 0).fault, Fault::none);
  }
  Invalidation of(Operation operation, PageNumber pages = 1) const {
    return {
        .operation = operation, .vpn = va_page, .pages = pages, .context = guest_.regime.context};
  }

  static MmuConfig first_level() {
    MmuConfig config;
    config.itlb.entries = 32;
    config.dtlb.entries = 64;
    return config;
  }
  static ServiceConfig service() {
    ServiceConfig config;
    config.l2tlb = {.entries = 1024, .ways = 8, .hit_cycles = 6};
    config.page_table_cache.invalidation_cycles = 100;
    config.invalidation_cycles = way;
    return config;
  }

  Guest guest_;
  InvalidationBus bus_;
  TranslationService service_{service(), guest_.memory, nullptr};
  Mmu mmu_{first_level(), service_, "hart", way};
};

TEST_F(InvalidationTime, OfAnAddressSpaceIsACycleForEachEntryOfTheLargestTlb) {
  touch();
  for (const Operation operation : {Operation::by_asid, Operation::by_vmid, Operation::by_realm,
                                    Operation::by_frame, Operation::by_guest_frame}) {
    // The second level: 1024 entries, and six cycles' latency of its results.
    EXPECT_EQ(cycles_of(of(operation)), way + 1024 + 5) << static_cast<int>(operation);
  }
  EXPECT_EQ(cycles_of(of(Operation::by_va_asid, 2)), way + 1024 + 5) << "two pages";
}

TEST_F(InvalidationTime, OfOnePageOrOfAllIsThatOfThePageTableCache) {
  // A cycle in the TLBs, and 100 in the page-table cache.
  touch();
  EXPECT_EQ(cycles_of(of(Operation::by_va_asid)), way + 100);
  EXPECT_EQ(cycles_of(of(Operation::by_va)), way + 100);
  EXPECT_EQ(cycles_of(of(Operation::all)), way + 100);
}

TEST_F(InvalidationTime, OfFirstLevelsAloneIsThatOfTheLargerOne) {
  touch();
  bus_.remove(service_);
  EXPECT_EQ(cycles_of(of(Operation::by_asid)), way + 64);
  EXPECT_EQ(cycles_of(of(Operation::all)), way + 1);
}

TEST_F(InvalidationTime, BeforeTheFirstTranslationIsTheWayAlone) {
  EXPECT_EQ(cycles_of(of(Operation::by_asid)), way);
  EXPECT_EQ(cycles_of(of(Operation::by_va)), way);
}

TEST_F(InvalidationTime, OfAPageGrowsWhereFragmentsOfLargerLeavesAreHeld) {
  ServiceConfig config = service();
  config.page_table_cache.invalidation_cycles = 1;
  TranslationService service(config, guest_.memory, nullptr);
  InvalidationBus bus;
  bus.add(service);
  const auto cycles = [&](const Invalidation& invalidation) {
    const std::uint64_t id = bus.begin(invalidation);
    const Cycles taken = bus.latency(id);
    bus.end(id);
    return taken;
  };
  const auto walk = [&](PageNumber page) {
    const Request request{page << page_shift, Access::load, {}, guest_.regime};
    EXPECT_EQ(service.translate(request, 0).fault, Fault::none);
  };
  walk(va_page);
  EXPECT_EQ(cycles(of(Operation::by_va_asid)), way + 6);
  // A 2 MiB leaf of stage 1 whose frames the G-stage maps page by page: fragments.
  constexpr PageNumber large = 0x40400;
  guest_.inner.map(large, 0x200, urwx, 1);
  guest_.outer.map(0x200, 0x77, urwx);
  walk(large);
  EXPECT_EQ(cycles(of(Operation::by_va_asid)), way + 1024 + 5);
}

}  // namespace
}  // namespace kilburn::mmu
