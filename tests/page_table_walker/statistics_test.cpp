// What the walker counts of neighbours, restarts and the faults of the G-stage.
#include <gtest/gtest.h>

#include "page_table_walker/fixture.h"

namespace kilburn::page_table_walker {
namespace {

using test::urwx;

constexpr PageNumber va_page = 0x40201;

TEST(WalkerStatistics, NeighboursAreThoseThatTheWalkReported) {
  Host host;
  for (PageNumber i = 0; i < 3; ++i) host.tree.map(va_page + i, 0x90 + i, urwx);
  PageTableWalker walker({}, {});
  WalkRequest request = host.load(va_page);
  request.want_line = true;
  EXPECT_EQ(walker.walk(request, host.memory, nullptr, 0).neighbour_count, 2u);
  walker.walk(request, host.memory, nullptr, 100);
  EXPECT_EQ(walker.statistics().neighbours, 4u);
}

TEST(WalkerStatistics, RestartsAreCountedAsOftenAsTheyHappen) {
  Host host;
  host.tree.map(va_page, 0x99, urwx);
  PageTableWalker walker({}, {});
  host.memory.after = [&](unsigned operation) {
    if (operation < 2) walker.invalidate({});
  };
  EXPECT_EQ(walker.walk(host.load(va_page), host.memory, nullptr, 0).restarts, 2u);
  EXPECT_EQ(walker.statistics().restarts, 2u);
  EXPECT_EQ(walker.statistics().walks, 1u);
}

TEST(WalkerStatistics, EachFaultIsCountedByItsKind) {
  Guest guest;
  PageTableWalker walker({}, {});
  walker.walk(guest.load(va_page), guest.memory, nullptr, 0);
  guest.inner.map(va_page, 0x20, urwx);
  guest.outer.map(0x20, 0, 0);
  walker.walk(guest.load(va_page), guest.memory, nullptr, 0);
  EXPECT_EQ(walker.statistics().page_faults, 1u);
  EXPECT_EQ(walker.statistics().guest_page_faults, 1u);
  EXPECT_EQ(walker.statistics().access_faults, 0u);
}

}  // namespace
}  // namespace kilburn::page_table_walker
