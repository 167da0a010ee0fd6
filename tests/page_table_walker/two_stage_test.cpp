// Directed tests of the two-stage walk.
#include <gtest/gtest.h>

#include <array>

#include "page_table_walker/fixture.h"

namespace kilburn::page_table_walker {
namespace {

using page_table_cache::CacheConfig;
using page_table_cache::Organisation;
using test::urwx;

constexpr CacheConfig no_cache{.organisation = Organisation::off};
constexpr PageNumber va_page = 0x40201;

TEST(TwoStage, ColdWalkReadsEveryStage1DescriptorThroughTheGStage) {
  // (n + 1)(m + 1) - 1 reads: 15, 24, 35 where both stages are alike.
  for (const PagingMode mode : {PagingMode::sv39, PagingMode::sv48, PagingMode::sv57}) {
    Guest guest(mode, mode);
    guest.inner.map(va_page, 0x20, urwx);
    PageTableWalker walker({}, no_cache);
    const WalkResult result = walker.walk(guest.load(va_page), guest.memory, nullptr, 0);
    EXPECT_EQ(result.translation,
              (Translation{va_page, 0x20 + Guest::guest_base, 0, urwx & 0xFE, 0, 0}));
    EXPECT_EQ(result.memory_reads, (levels(mode) + 1) * (levels(mode) + 1) - 1);
    EXPECT_EQ(walker.statistics().guest_reads, levels(mode) * (levels(mode) + 1))
        << "a G-stage walk for each stage-1 descriptor and for the page";
  }
}

TEST(TwoStage, WarmWalkReadsLastLevelsOnly) {
  // Stage 1 hits at two levels; each of the four G-stage walks still reads its leaf.
  Guest guest;
  guest.inner.map(va_page, 0x20, urwx);
  PageTableWalker walker({}, {});
  walker.walk(guest.load(va_page), guest.memory, nullptr, 0);
  EXPECT_EQ(walker.walk(guest.load(va_page), guest.memory, nullptr, 0).memory_reads, 5u);
}

TEST(TwoStage, TranslationCachesSkipTheGStageWalksOfWhatTheySkip) {
  for (const auto organisation : {Organisation::translation, Organisation::translation_path}) {
    Guest guest;
    guest.inner.map(va_page, 0x20, urwx);
    PageTableWalker walker({}, {.organisation = organisation});
    walker.walk(guest.load(va_page), guest.memory, nullptr, 0);
    // The last stage-1 descriptor, its G-stage leaf, and the page's.
    EXPECT_EQ(walker.walk(guest.load(va_page), guest.memory, nullptr, 0).memory_reads, 3u);
  }
}

TEST(TwoStage, RightsAreThoseThatBothStagesGive) {
  Guest guest;
  PageTableWalker walker({.ad_update = AdUpdate::fault}, {});
  for (unsigned first = 0; first < 128; ++first) {
    for (unsigned second = 0; second < 128; ++second) {
      guest.inner.map(va_page, 0x20, first << 1 | pte::valid);
      guest.outer.map(0x20, 0x99, second << 1 | pte::valid);
      WalkRequest request = guest.load(va_page);
      request.access = static_cast<Access>((first + second) % 3);
      request.privilege.mxr = (first + second) % 2 == 0;
      SCOPED_TRACE(testing::Message() << first << " under " << second);
      ASSERT_NO_FATAL_FAILURE(expect_as_reference(walker.walk(request, guest.memory, nullptr, 0),
                                                  request, guest.memory, {.hardware_ad = false}));
    }
  }
}

constexpr std::array<std::uint8_t, 4> leaf_orders{0, napot_order, 9, 18};

/// Maps at least `page` with a leaf of 2^order pages: order 0, 4, 9 or 18. `page` and `frame` are
/// congruent modulo the leaf.
void map_leaf(test::TableBuilder& tree, PageNumber page, PageNumber frame, unsigned order) {
  const PageNumber inside = (PageNumber{1} << order) - 1;
  if (order == napot_order) {
    tree.map_napot(page & ~inside, frame & ~inside, urwx);
  } else {
    tree.map(page & ~inside, frame & ~inside, urwx, order / 9);
  }
}

TEST(TwoStage, OrderIsThatOfTheStage1LeafAndVerdictOrderThatOfTheGStageLeaf) {
  // A stage-1 leaf is what a fence by virtual address names, a G-stage leaf is what bounds one
  // piece.
  constexpr PageNumber gib = PageNumber{1} << 18;
  constexpr PageNumber inside_gib = 0x2A5A6;  // inside no leaf its first page
  for (const std::uint8_t first : leaf_orders) {
    for (const std::uint8_t second : leaf_orders) {
      SCOPED_TRACE(testing::Message() << "2^" << +first << " pages under 2^" << +second);
      Guest guest;
      const PageNumber page = 3 * gib + inside_gib;
      const PageNumber guest_page = 5 * gib + inside_gib;
      const PageNumber frame = 7 * gib + inside_gib;
      map_leaf(guest.inner, page, guest_page, first);
      map_leaf(guest.outer, guest_page, frame, second);
      PageTableWalker walker({}, {});
      const WalkRequest request = guest.load(page);
      const WalkResult result = walker.walk(request, guest.memory, nullptr, 0);
      EXPECT_EQ(result.translation, (Translation{.vpn = page,
                                                 .pfn = frame,
                                                 .order = first,
                                                 .permissions = urwx & 0xFE,
                                                 .verdict_order = second}));
      expect_as_reference(result, request, guest.memory);
    }
  }
}

TEST(TwoStage, WithABareStage1OrderIsThatOfTheGStageLeaf) {
  constexpr PageNumber page = 5 * (PageNumber{1} << 18) + 0x2A5A6;
  for (const std::uint8_t order : leaf_orders) {
    SCOPED_TRACE(+order);
    Guest guest;
    guest.regime.stage1 = PagingMode::bare;
    map_leaf(guest.outer, page, page, order);
    PageTableWalker walker({}, {});
    const WalkRequest request = guest.load(page);
    const WalkResult result = walker.walk(request, guest.memory, nullptr, 0);
    EXPECT_EQ(result.translation.order, order);
    EXPECT_EQ(result.translation.piece_order(), order);
    expect_as_reference(result, request, guest.memory);
  }
}

TEST(TwoStage, WithABareGStageNothingBoundsTheStage1Leaf) {
  for (const std::uint8_t order : leaf_orders) {
    SCOPED_TRACE(+order);
    Host host;
    constexpr PageNumber page = 3 * (PageNumber{1} << 18) + 0x2A5A6;
    map_leaf(host.tree, page, page, order);
    PageTableWalker walker({}, {});
    const WalkRequest request = host.load(page);
    const WalkResult result = walker.walk(request, host.memory, nullptr, 0);
    EXPECT_EQ(result.translation.order, order);
    EXPECT_EQ(result.translation.piece_order(), order);
    expect_as_reference(result, request, host.memory);
  }
}

TEST(TwoStage, NeighboursInAStage1SuperpageOverSmallGStagePagesHaveItsOrder) {
  Guest guest;
  guest.inner.map(0x40200, 0x400, urwx, 1);
  // Frames in reverse: the superpage is not contiguous in memory.
  for (PageNumber i = 0; i < 8; ++i) guest.outer.map(0x400 + i, 0x90 - i, urwx);
  PageTableWalker walker({}, {});
  WalkRequest request = guest.load(0x40203);
  request.want_line = true;
  const WalkResult result = walker.walk(request, guest.memory, nullptr, 0);
  ASSERT_EQ(result.neighbour_count, 7u);
  for (const Translation& neighbour : result.neighbour_span()) {
    EXPECT_EQ(neighbour, (Translation{.vpn = neighbour.vpn,
                                      .pfn = 0x90 - (neighbour.vpn - 0x40200),
                                      .order = 9,
                                      .permissions = urwx & 0xFE,
                                      .verdict_order = 0}));
  }
}

TEST(TwoStage, GuestPageFaultNamesTheGuestPhysicalAddress) {
  Guest guest;
  guest.inner.map(va_page, 0x20, urwx);
  guest.outer.map(0x20, 0, 0);
  PageTableWalker walker({}, {});
  WalkRequest request = guest.load(va_page);
  request.va += 0x123;
  const WalkResult result = walker.walk(request, guest.memory, nullptr, 0);
  EXPECT_EQ(result.fault, Fault::guest_page_fault);
  EXPECT_EQ(result.fault_address, 0x20123u);
  EXPECT_EQ(result.faulting_access, FaultingAccess::original);
}

TEST(TwoStage, TableThatTheGStageDoesNotMapIsAGuestPageFaultOfTheWalkersRead) {
  Guest guest;
  guest.inner.map(va_page, 0x20, urwx);
  const Address slot = guest.inner.slot(va_page, 1);
  guest.outer.map(slot >> page_shift, 0, 0);
  PageTableWalker walker({}, {});
  const WalkResult result = walker.walk(guest.load(va_page), guest.memory, nullptr, 0);
  EXPECT_EQ(result.fault, Fault::guest_page_fault);
  EXPECT_EQ(result.fault_address, slot);
  EXPECT_EQ(result.faulting_access, FaultingAccess::table_read);
}

TEST(TwoStage, SettingAThroughAReadOnlyGStageIsAGuestPageFaultOfTheWalkersWrite) {
  Guest guest;
  guest.inner.map(va_page, 0x20, fresh_flags);
  const Address slot = guest.inner.slot(va_page, 0);
  const PageNumber frame = (slot >> page_shift) + Guest::guest_base;
  guest.outer.map(slot >> page_shift, frame, urwx & ~pte::write);
  PageTableWalker walker({}, {});
  const WalkResult result = walker.walk(guest.load(va_page), guest.memory, nullptr, 0);
  EXPECT_EQ(result.fault, Fault::guest_page_fault);
  EXPECT_EQ(result.fault_address, slot);
  EXPECT_EQ(result.faulting_access, FaultingAccess::table_write);
  EXPECT_EQ(guest.inner.get(slot), pte::make(0x20, fresh_flags));
}

TEST(TwoStage, SettingAInAGuestTableMakesItsPageDirtyInTheGStage) {
  Guest guest;
  guest.inner.map(va_page, 0x20, fresh_flags);
  const PageNumber table = guest.inner.slot(va_page, 0) >> page_shift;
  guest.outer.map(table, table + Guest::guest_base, fresh_flags);
  guest.outer.map(0x20, 0x99, fresh_flags);
  PageTableWalker walker({}, {});
  const WalkResult result = walker.walk(guest.load(va_page), guest.memory, nullptr, 0);
  EXPECT_EQ(result.fault, Fault::none);
  const auto g_stage = [&](PageNumber page) {
    return guest.outer.get(guest.outer.slot(page, 0)) & (pte::accessed | pte::dirty);
  };
  EXPECT_EQ(g_stage(table), pte::accessed | pte::dirty);
  EXPECT_EQ(g_stage(0x20), pte::accessed) << "a load does not make the data page dirty";
  EXPECT_EQ(walker.statistics().ad_updates, 4u);
}

TEST(TwoStage, GuestPhysicalAddressesReachTwoBitsFurtherAndNoMore) {
  Guest guest;
  const PageNumber far = PageNumber{3} << 27;  // bit 40, the root's upper tables
  guest.outer.map(far, 0x99, urwx);
  guest.inner.map(va_page, far, urwx);
  guest.inner.map(va_page + 1, PageNumber{1} << 29, urwx);
  PageTableWalker walker({}, {});
  EXPECT_EQ(walker.walk(guest.load(va_page), guest.memory, nullptr, 0).translation.pfn, 0x99u);
  const WalkResult beyond = walker.walk(guest.load(va_page + 1), guest.memory, nullptr, 0);
  EXPECT_EQ(beyond.fault, Fault::guest_page_fault);
  EXPECT_EQ(beyond.fault_address, Address{1} << 41);
}

TEST(TwoStage, BareStage1UsesTheGStageAlone) {
  Guest guest;
  guest.regime.stage1 = PagingMode::bare;
  guest.outer.map(0x400, 0x800, urwx, 1);
  PageTableWalker walker({}, {});
  for (const Privilege privilege : {Privilege::user, Privilege::supervisor}) {
    WalkRequest request = guest.load(0x403);
    request.privilege.privilege = privilege;
    const WalkResult result = walker.walk(request, guest.memory, nullptr, 0);
    EXPECT_EQ(result.translation.pfn, 0x803u);
    EXPECT_EQ(result.translation.order, 9u);
    EXPECT_TRUE(permits(result.translation.permissions, Access::load, request.privilege));
  }
}

TEST(TwoStage, MemoryTypeOfStage1OverridesThatOfTheGStage) {
  Guest guest;
  PageTableWalker walker({}, {});
  const auto type = [](unsigned value) { return std::uint64_t{value} << pte::pbmt_shift; };
  for (unsigned first = 0; first < 3; ++first) {
    for (unsigned second = 0; second < 3; ++second) {
      guest.inner.map(va_page, 0x20, urwx | type(first));
      guest.outer.map(0x20, 0x99, urwx | type(second));
      EXPECT_EQ(walker.walk(guest.load(va_page), guest.memory, nullptr, 0).translation.attributes,
                first != 0 ? first : second);
    }
  }
}

TEST(TwoStage, GuestTablesThatSwapFramesLeaveNothingStaleWhereHashesCollide) {
  // Two level-1 tables of one guest process trade places; with no hash their descriptors have equal
  // tags. HFENCE.GVMA of the two pages must reach the stage-1 entries read from them.
  Guest guest;
  const PageNumber other_page = va_page + (1u << 18);
  guest.inner.map(va_page, 0x20, urwx);
  guest.inner.map(other_page, 0x21, urwx);
  PageTableWalker walker({}, {.hash_bits = 0});
  walker.walk(guest.load(va_page), guest.memory, nullptr, 0);
  const PageNumber tables[] = {guest.inner.slot(va_page, 1) >> page_shift,
                               guest.inner.slot(other_page, 1) >> page_shift};
  for (unsigned i = 0; i < 512; ++i) {
    const Address first = ((tables[0] + Guest::guest_base) << page_shift) + Address{8} * i;
    const Address second = ((tables[1] + Guest::guest_base) << page_shift) + Address{8} * i;
    const std::uint64_t word = guest.memory.get(first);
    guest.memory.set(first, guest.memory.get(second));
    guest.memory.set(second, word);
  }
  guest.outer.map(tables[0], tables[1] + Guest::guest_base, urwx);
  guest.outer.map(tables[1], tables[0] + Guest::guest_base, urwx);
  for (const PageNumber table : tables) {
    walker.invalidate({.operation = Invalidation::Operation::by_guest_frame,
                       .vpn = table,
                       .context = guest.regime.context});
  }
  const WalkRequest request = guest.load(other_page);
  expect_as_reference(walker.walk(request, guest.memory, nullptr, 0), request, guest.memory);
}

TEST(TwoStage, NeighboursAreThoseWhoseGStageTranslationNeedsNoFurtherRead) {
  Guest guest;
  const PageNumber base = 0x40200;
  guest.inner.map(base + 0, 0x30, urwx);  // same G-stage line as 0x31
  guest.inner.map(base + 1, 0x31, urwx);  // asked for
  guest.inner.map(base + 2, 0x38, urwx);  // another line
  guest.inner.map(base + 3, 0x31, urwx);  // the same guest page again
  guest.inner.map(base + 4, 0x32, urwx);  // its G-stage leaf is read-only
  guest.outer.map(0x32, 0x77, urwx & ~pte::write);
  PageTableWalker walker({}, {});
  WalkRequest request = guest.load(base + 1);
  request.want_line = true;
  request.access = Access::store;
  const WalkResult result = walker.walk(request, guest.memory, nullptr, 0);
  ASSERT_EQ(result.neighbour_count, 2u);
  EXPECT_EQ(result.neighbours[0].vpn, base);
  EXPECT_EQ(result.neighbours[0].pfn, 0x30 + Guest::guest_base);
  EXPECT_EQ(result.neighbours[1].vpn, base + 3);
  EXPECT_EQ(result.neighbours[1].pfn, 0x31 + Guest::guest_base);
}

TEST(TwoStage, NeighboursUnderOneLargeGStageLeafAreAllKnown) {
  Guest guest;
  guest.outer.map(0x400, 0x800, urwx, 1);
  // Eight guest pages scattered over the 2 MiB leaf.
  for (PageNumber i = 0; i < 8; ++i) guest.inner.map(0x40200 + i, 0x400 + 37 * i, urwx);
  PageTableWalker walker({}, {});
  WalkRequest request = guest.load(0x40203);
  request.want_line = true;
  const WalkResult result = walker.walk(request, guest.memory, nullptr, 0);
  ASSERT_EQ(result.neighbour_count, 7u);
  for (const Translation& neighbour : result.neighbour_span()) {
    EXPECT_EQ(neighbour.pfn, 0x800 + 37 * (neighbour.vpn - 0x40200));
  }
}

TEST(TwoStage, EightHolePagesOfOneFrameFillOneLine) {
  // Spec 10 interaction 6: eight guest pages whose G-stage leaves all name the hole frame.
  Guest guest;
  for (PageNumber i = 0; i < 8; ++i) {
    guest.inner.map(0x40200 + i, 0x50 + i, urwx);
    guest.outer.map(0x50 + i, 0x7FF, (urwx & ~(pte::write | pte::dirty)));
  }
  PageTableWalker walker({}, {});
  WalkRequest request = guest.load(0x40206);
  request.want_line = true;
  const WalkResult result = walker.walk(request, guest.memory, nullptr, 0);
  ASSERT_EQ(result.neighbour_count, 7u);
  for (const Translation& neighbour : result.neighbour_span()) EXPECT_EQ(neighbour.pfn, 0x7FFu);
}

}  // namespace
}  // namespace kilburn::page_table_walker
