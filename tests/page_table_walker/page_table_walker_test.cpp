// Directed tests of the walk itself: one stage, formats, A and D, time, ownership.
#include "page_table_walker/page_table_walker.h"

#include <gtest/gtest.h>

#include <map>

#include "page_table_walker/fixture.h"

namespace kilburn::page_table_walker {
namespace {

using page_table_cache::CacheConfig;
using page_table_cache::Organisation;
using test::rwx;
using test::urwx;

constexpr CacheConfig no_cache{.organisation = Organisation::off};

class EveryMode : public ::testing::TestWithParam<PagingMode> {};
INSTANTIATE_TEST_SUITE_P(PageTableWalker, EveryMode,
                         ::testing::Values(PagingMode::sv39, PagingMode::sv48, PagingMode::sv57));

TEST_P(EveryMode, ColdWalkReadsEachLevelAndTheNextOnlyTheLast) {
  Host host(GetParam());
  host.tree.map(0x40201, 0x99, urwx);
  host.tree.map(0x40202, 0x77, urwx);
  PageTableWalker walker({}, {});
  const WalkResult cold = walker.walk(host.load(0x40201), host.memory, nullptr, 0);
  EXPECT_EQ(cold.translation, (Translation{0x40201, 0x99, 0, urwx & 0xFE, 0}));
  EXPECT_EQ(cold.memory_reads, levels(GetParam()));
  const WalkResult warm = walker.walk(host.load(0x40202), host.memory, nullptr, 1000);
  EXPECT_EQ(warm.translation.pfn, 0x77u);
  EXPECT_EQ(warm.memory_reads, 1u);
}

TEST_P(EveryMode, NonCanonicalAddressFaultsWithoutAnyRead) {
  Host host(GetParam());
  PageTableWalker walker({}, {});
  WalkRequest request = host.load(0);
  for (const Address va : {Address{1} << (virtual_bits(GetParam()) - 1), Address{1} << 63}) {
    request.va = va;
    const WalkResult result = walker.walk(request, host.memory, nullptr, 0);
    EXPECT_EQ(result.fault, Fault::page_fault);
    EXPECT_EQ(result.fault_address, va);
    EXPECT_EQ(result.memory_reads, 0u);
  }
}

TEST_P(EveryMode, UpperHalfIsReachedBySignExtendedAddresses) {
  Host host(GetParam());
  const PageNumber page = (~Address{0} >> page_shift) - 5;
  host.tree.map(page, 0x99, urwx);
  PageTableWalker walker({}, {});
  const WalkResult result = walker.walk(host.load(page), host.memory, nullptr, 0);
  EXPECT_EQ(result.fault, Fault::none);
  EXPECT_EQ(result.translation.vpn, page);
  EXPECT_EQ(result.translation.pfn, 0x99u);
}

TEST_P(EveryMode, SuperpagesOfEachLevelTranslateAndMisalignedOnesFault) {
  for (unsigned level = 1; level < levels(GetParam()); ++level) {
    Host host(GetParam());
    const PageNumber pages = PageNumber{1} << level_order(level);
    host.tree.map(pages, pages * 3, urwx, level);
    host.tree.map(pages * 2, pages * 3 + 1, urwx, level);
    PageTableWalker walker({}, {});
    const WalkResult good = walker.walk(host.load(pages + 5), host.memory, nullptr, 0);
    EXPECT_EQ(good.translation.order, level_order(level));
    EXPECT_EQ(good.translation.pfn, pages * 3 + 5);
    EXPECT_EQ(good.memory_reads, levels(GetParam()) - level);
    EXPECT_EQ(walker.walk(host.load(pages * 2), host.memory, nullptr, 0).fault, Fault::page_fault);
  }
}

TEST(PageTableWalker, SuperpageLeavesAreNotCached) {
  Host host;
  host.tree.map(0x200, 0x200, urwx, 1);
  PageTableWalker walker({}, {});
  EXPECT_EQ(walker.walk(host.load(0x200), host.memory, nullptr, 0).memory_reads, 2u);
  host.tree.map(0x200, 0x400, urwx, 1);
  const WalkResult again = walker.walk(host.load(0x200), host.memory, nullptr, 0);
  EXPECT_EQ(again.translation.pfn, 0x400u);
  EXPECT_EQ(again.memory_reads, 1u);
}

TEST(PageTableWalker, MalformedEntriesFaultAsTheReferenceSays) {
  // Every bit of a leaf and of a pointer flipped in turn, with and without the extensions.
  for (const bool extensions : {false, true}) {
    for (const bool leaf : {false, true}) {
      for (unsigned bit = 0; bit < 64; ++bit) {
        Host host;
        host.tree.map(0x40201, 0x98, urwx);
        const Address slot = host.tree.slot(0x40201, leaf ? 0 : 1);
        host.tree.set(slot, host.tree.get(slot) ^ (std::uint64_t{1} << bit));
        PageTableWalker walker({.svnapot = extensions, .svpbmt = extensions}, no_cache);
        const WalkRequest request = host.load(0x40201);
        const WalkResult result = walker.walk(request, host.memory, nullptr, 0);
        SCOPED_TRACE(bit);
        if (result.fault == Fault::access_fault) {
          EXPECT_FALSE(leaf) << "only a pointer out of memory";
          continue;
        }
        expect_as_reference(result, request, host.memory,
                            {.svnapot = extensions, .svpbmt = extensions});
      }
    }
  }
}

TEST(PageTableWalker, EveryPermissionAccessAndPrivilegeAsTheReferenceSays) {
  Host host;
  PageTableWalker walker({.ad_update = AdUpdate::fault}, {});
  for (unsigned flags = 0; flags < 256; ++flags) {
    host.tree.map(0x40201, 0x99, flags);
    for (const Access access : {Access::fetch, Access::load, Access::store}) {
      for (unsigned state = 0; state < 8; ++state) {
        WalkRequest request = host.load(0x40201);
        request.access = access;
        request.privilege = {(state & 1) != 0 ? Privilege::supervisor : Privilege::user,
                             (state & 2) != 0, (state & 4) != 0};
        SCOPED_TRACE(testing::Message() << flags << " " << to_string(access) << " " << state);
        expect_as_reference(walker.walk(request, host.memory, nullptr, 0), request, host.memory,
                            {.hardware_ad = false});
      }
    }
  }
}

TEST(PageTableWalker, NapotLeafTranslatesItsSixteenPagesAndOtherEncodingsFault) {
  Host host;
  host.tree.map_napot(0x40200, 0x130, urwx);
  PageTableWalker walker({}, {});
  for (PageNumber page = 0x40200; page < 0x40210; ++page) {
    const WalkResult result = walker.walk(host.load(page), host.memory, nullptr, 0);
    EXPECT_EQ(result.translation.pfn, 0x130 + (page & 15));
    EXPECT_EQ(result.translation.order, napot_order);
  }
  for (PageNumber low = 0; low < 16; ++low) {
    host.tree.map(0x40200, 0x130 | low, urwx | pte::napot);
    EXPECT_EQ(walker.walk(host.load(0x40200), host.memory, nullptr, 0).fault,
              low == 8 ? Fault::none : Fault::page_fault);
  }
  PageTableWalker plain({.svnapot = false}, {});
  EXPECT_EQ(plain.walk(host.load(0x40201), host.memory, nullptr, 0).fault, Fault::page_fault);
}

TEST(PageTableWalker, GOfAPointerMakesAllBelowItGlobal) {
  for (const auto organisation :
       {Organisation::physical, Organisation::translation, Organisation::translation_path}) {
    Host host;
    host.tree.slot(0x40201, 1);  // the level-1 table, whose pointer gets G
    const Address root_slot = host.tree.slot(0x40201, 2);
    host.tree.set(root_slot, host.tree.get(root_slot) | pte::global);
    host.tree.map(0x40201, 0x99, urwx);
    PageTableWalker walker({}, {.organisation = organisation});
    for (unsigned time = 0; time < 2; ++time) {
      EXPECT_TRUE(walker.walk(host.load(0x40201), host.memory, nullptr, 0).translation.global());
    }
  }
}

TEST(PageTableWalker, HardwareSetsAOnLoadAndAAndDOnStore) {
  Host host;
  host.tree.map(0x40201, 0x99, fresh_flags);
  const Address slot = host.tree.slot(0x40201, 0);
  PageTableWalker walker({}, {});
  WalkRequest request = host.load(0x40201);
  EXPECT_EQ(walker.walk(request, host.memory, nullptr, 0).translation.permissions,
            (fresh_flags | pte::accessed) & 0xFE);
  EXPECT_EQ(host.memory.get(slot), pte::make(0x99, fresh_flags | pte::accessed));
  request.access = Access::store;
  EXPECT_EQ(walker.walk(request, host.memory, nullptr, 0).translation.permissions,
            (fresh_flags | pte::accessed | pte::dirty) & 0xFE);
  EXPECT_EQ(host.memory.get(slot), pte::make(0x99, fresh_flags | pte::accessed | pte::dirty));
  EXPECT_EQ(walker.statistics().ad_updates, 2u);
}

TEST(PageTableWalker, WithoutHardwareUpdateAClearBitIsAPageFaultAndMemoryIsUntouched) {
  Host host;
  host.tree.map(0x40201, 0x99, fresh_flags);
  PageTableWalker walker({.ad_update = AdUpdate::fault}, {});
  EXPECT_EQ(walker.walk(host.load(0x40201), host.memory, nullptr, 0).fault, Fault::page_fault);
  EXPECT_EQ(host.memory.get(host.tree.slot(0x40201, 0)), pte::make(0x99, fresh_flags));
}

TEST(PageTableWalker, LostRaceForAReadsTheDescriptorAgain) {
  Host host;
  host.tree.map(0x40201, 0x99, fresh_flags);
  bool raced = false;
  host.memory.before_exchange = [&](Address slot) {
    if (!raced) host.memory.set(slot, pte::make(0x55, urwx));
    raced = true;
  };
  PageTableWalker walker({}, {});
  const WalkResult result = walker.walk(host.load(0x40201), host.memory, nullptr, 0);
  EXPECT_EQ(result.translation.pfn, 0x55u);
  EXPECT_EQ(result.memory_reads, 4u);
  EXPECT_EQ(walker.statistics().lost_races, 1u);
  EXPECT_EQ(walker.statistics().ad_updates, 0u);
}

TEST(PageTableWalker, LostRaceAgainstAnUnmapIsAPageFaultAndDoesNotReviveThePage) {
  Host host;
  host.tree.map(0x40201, 0x99, fresh_flags);
  host.memory.before_exchange = [&](Address slot) { host.memory.set(slot, 0); };
  PageTableWalker walker({}, {});
  EXPECT_EQ(walker.walk(host.load(0x40201), host.memory, nullptr, 0).fault, Fault::page_fault);
  EXPECT_EQ(host.memory.get(host.tree.slot(0x40201, 0)), 0u);
}

TEST(PageTableWalker, TableOutsideMemoryIsAnAccessFault) {
  Host host;
  host.tree.set(host.tree.slot(0x40201, 1), pte::make(1 << 30, pte::valid));
  PageTableWalker walker({}, {});
  const WalkResult result = walker.walk(host.load(0x40201), host.memory, nullptr, 0);
  EXPECT_EQ(result.fault, Fault::access_fault);
  EXPECT_EQ(result.fault_address, Address{0x40201} << page_shift);
  EXPECT_EQ(walker.statistics().access_faults, 1u);
}

TEST(PageTableWalker, NeighboursAreTheUsableLeavesOfTheFetchedLine) {
  Host host;
  const PageNumber base = 0x40200;
  host.tree.map(base + 0, 0x90, urwx);
  host.tree.map(base + 1, 0x91, urwx & ~pte::dirty);
  host.tree.map(base + 2, 0x92, fresh_flags);                       // A clear
  host.tree.map(base + 3, 0x93, rwx);                               // not for user
  host.tree.map(base + 4, 0x94, urwx & ~(pte::read | pte::write));  // execute only
  host.tree.map(base + 5, 0x95, 0);                                 // invalid
  host.tree.map(base + 6, 0x68, urwx | pte::napot);                 // a stray 64 KiB leaf
  host.tree.map(base + 7, 0x97, urwx);
  PageTableWalker walker({}, {});
  WalkRequest request = host.load(base + 7);
  EXPECT_EQ(walker.walk(request, host.memory, nullptr, 0).neighbour_count, 0u);
  EXPECT_EQ(host.memory.lines, 0u);
  request.want_line = true;
  const WalkResult result = walker.walk(request, host.memory, nullptr, 0);
  ASSERT_EQ(result.neighbour_count, 2u);
  EXPECT_EQ(result.neighbours[0], (Translation{base, 0x90, 0, urwx & 0xFE, 0}));
  EXPECT_EQ(result.neighbours[1], (Translation{base + 1, 0x91, 0, (urwx & ~pte::dirty) & 0xFE, 0}));
  EXPECT_EQ(result.memory_reads, 1u) << "a line costs one read";
  EXPECT_EQ(host.memory.lines, 1u) << "only the last level reads a line";
}

TEST(PageTableWalker, TimeIsStartProbesChecksAndReadsOneAfterTheOther) {
  class SlowCheck : public OwnershipCheck {
   public:
    OwnershipReply check(const OwnershipRequest&, Cycles) override { return {.latency = 4}; }
  } check;
  Host host;
  host.memory.latency = 10;
  host.tree.map(0x40201, 0x99, urwx);
  PageTableWalker walker({.start_cycles = 3}, {.hit_cycles = 2});
  EXPECT_EQ(walker.walk(host.load(0x40201), host.memory, &check, 100).cycles,
            3u + 2 * (2 + 4 + 10) + (4 + 10));
  EXPECT_EQ(walker.walk(host.load(0x40201), host.memory, &check, 1000).cycles,
            3u + 2 * 2 + (4 + 10))
      << "a hit costs neither a read nor a check";
}

TEST(PageTableWalker, WalksBeyondTheSlotsWait) {
  for (const unsigned slots : {1u, 2u}) {
    Host host;
    host.tree.map(0x40201, 0x99, urwx);
    PageTableWalker walker({.parallel_walks = slots, .start_cycles = 0}, no_cache);
    const WalkRequest request = host.load(0x40201);
    EXPECT_EQ(walker.walk(request, host.memory, nullptr, 0).cycles, 30u);
    EXPECT_EQ(walker.walk(request, host.memory, nullptr, 29).cycles, slots == 1 ? 31u : 30u);
    EXPECT_EQ(walker.statistics().wait_cycles, slots == 1 ? 1u : 0u);
    EXPECT_EQ(walker.walk(request, host.memory, nullptr, 1000).cycles, 30u);
  }
}

/// Denies one frame; remembers what it was asked.
class Denier : public OwnershipCheck {
 public:
  PageNumber denied = ~PageNumber{0};
  bool stores_only = false;
  bool transient = false;
  std::vector<OwnershipRequest> asked;
  OwnershipReply check(const OwnershipRequest& request, Cycles) override {
    asked.push_back(request);
    const bool hit = request.frame == denied && (!stores_only || request.access == Access::store);
    return {.allowed = !hit, .latency = 1, .transient = transient};
  }
};

TEST(PageTableWalker, TableFramesAreCheckedForTheRealmAndADeniedOneIsAnAccessFault) {
  Host host;
  host.tree.map(0x40201, 0x99, urwx);
  host.regime.context.realm = 6;
  Denier check;
  PageTableWalker walker({}, no_cache);
  EXPECT_EQ(walker.walk(host.load(0x40201), host.memory, &check, 0).fault, Fault::none);
  ASSERT_EQ(check.asked.size(), 3u) << "three tables; the final frame is the caller's";
  for (const OwnershipRequest& request : check.asked) {
    EXPECT_TRUE(request.table);
    EXPECT_EQ(request.realm, 6u);
    EXPECT_EQ(request.access, Access::load);
  }
  check.denied = host.tree.slot(0x40201, 1) >> page_shift;
  const unsigned before = host.memory.operations;
  EXPECT_EQ(walker.walk(host.load(0x40201), host.memory, &check, 0).fault, Fault::access_fault);
  EXPECT_EQ(host.memory.operations, before + 1) << "the denied table is not read";
  PageTableWalker trusting({.check_tables = false}, no_cache);
  EXPECT_EQ(trusting.walk(host.load(0x40201), host.memory, &check, 0).fault, Fault::none);
}

TEST(PageTableWalker, DescriptorReadUnderATransientVerdictIsUsedAndNotKept) {
  Host host;
  host.tree.map(0x40201, 0x99, urwx);
  Denier check;
  check.transient = true;
  PageTableWalker walker({}, {});
  EXPECT_EQ(walker.walk(host.load(0x40201), host.memory, &check, 0).translation.pfn, 0x99u);
  EXPECT_EQ(walker.cache().statistics().installs, 0u);
}

TEST(PageTableWalker, SettingAInAFrameThatMayNotBeWrittenIsAnAccessFault) {
  Host host;
  host.tree.map(0x40201, 0x99, fresh_flags);
  Denier check;
  check.denied = host.tree.slot(0x40201, 0) >> page_shift;
  check.stores_only = true;
  PageTableWalker walker({}, {});
  EXPECT_EQ(walker.walk(host.load(0x40201), host.memory, &check, 0).fault, Fault::access_fault);
  EXPECT_EQ(host.memory.get(host.tree.slot(0x40201, 0)), pte::make(0x99, fresh_flags));
}

TEST(PageTableWalker, LastLevelInvalidationKeepsTheCacheAndTheNextWalkStillSkipsItsReads) {
  Host host;
  host.tree.map(0x40201, 0x99, urwx);
  PageTableWalker walker({}, {});
  walker.walk(host.load(0x40201), host.memory, nullptr, 0);
  host.tree.map(0x40201, 0x55, urwx);
  Invalidation leaf{.operation = Invalidation::Operation::by_va,
                    .vpn = 0x40201,
                    .context = host.regime.context,
                    .last_level = true};
  EXPECT_EQ(walker.invalidate(leaf).kept, 2u);
  const WalkResult result = walker.walk(host.load(0x40201), host.memory, nullptr, 0);
  EXPECT_EQ(result.translation.pfn, 0x55u);
  EXPECT_EQ(result.memory_reads, 1u);
}

TEST(PageTableWalker, TranslationCachesSkipLevelsWithOneProbe) {
  for (const auto organisation : {Organisation::translation, Organisation::translation_path}) {
    Host host(PagingMode::sv57);
    host.tree.map(0x40201, 0x99, urwx);
    PageTableWalker walker({.start_cycles = 0}, {.organisation = organisation, .hit_cycles = 2});
    EXPECT_EQ(walker.walk(host.load(0x40201), host.memory, nullptr, 0).cycles, 2u + 5 * 10);
    EXPECT_EQ(walker.walk(host.load(0x40201), host.memory, nullptr, 100).cycles, 2u + 10);
    EXPECT_EQ(walker.cache().statistics().reads_saved, 4u);
  }
}

TEST(PageTableWalker, OneTranslationPathDoesWhatFourPointersDo) {
  for (const auto organisation : {Organisation::translation, Organisation::translation_path}) {
    Host host(PagingMode::sv57);
    host.tree.map(0x40201, 0x99, urwx);
    host.tree.map(0x40401, 0x98, urwx);
    PageTableWalker walker({}, {.organisation = organisation, .entries = 1});
    walker.walk(host.load(0x40201), host.memory, nullptr, 0);
    const bool path = organisation == Organisation::translation_path;
    // The next 2 MiB: of one pointer the last alone is left, which is of no use there.
    EXPECT_EQ(walker.walk(host.load(0x40401), host.memory, nullptr, 0).memory_reads,
              path ? 2u : 5u);
  }
}

/// Collects what a statistics struct declares.
class Collector : public StatisticVisitor {
 public:
  std::map<std::string, double> values;
  void enter(std::string_view) override {}
  void leave() override {}
  void counter(std::string_view name, std::uint64_t value, std::string_view,
               std::string_view) override {
    values[std::string(name)] = static_cast<double>(value);
  }
  void formula(std::string_view name, double value, std::string_view, std::string_view) override {
    values[std::string(name)] = value;
  }
  void histogram(std::string_view name, const Histogram& value, std::string_view,
                 std::string_view) override {
    values[std::string(name)] = static_cast<double>(value.count());
  }
};

TEST(PageTableWalker, StatisticsAreThoseOfTheWalks) {
  Host host;
  host.tree.map(0x40201, 0x99, urwx);
  PageTableWalker walker({}, {});
  walker.walk(host.load(0x40201), host.memory, nullptr, 0);
  walker.walk(host.load(0x40202), host.memory, nullptr, 100);
  Collector walks;
  walker.statistics().visit(walks);
  EXPECT_EQ(walks.values.at("walks"), 2);
  EXPECT_EQ(walks.values.at("memory_reads"), 4);
  EXPECT_EQ(walks.values.at("reads_per_walk"), 2);
  EXPECT_EQ(walks.values.at("page_faults"), 1);
  EXPECT_EQ(walks.values.at("cycles"), 2);
  Collector cache;
  walker.cache().statistics().visit(cache);
  EXPECT_EQ(cache.values.at("lookups"), 4);
  EXPECT_EQ(cache.values.at("hit_rate"), 0.5);
  EXPECT_EQ(cache.values.at("installs"), 2);
}

}  // namespace
}  // namespace kilburn::page_table_walker
