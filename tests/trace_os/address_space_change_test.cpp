// What an address space takes away or changes: the tables that are left, and what is to be
// invalidated.
#include "trace_os/address_space.h"

#include <gtest/gtest.h>

#include "platform/configuration/statistic_writers.h"
#include "trace_os/plain_walk.h"

namespace kilburn::trace_os {
namespace {

TEST(AddressSpace, UnmappingPartOfAHugePageSplitsItAndInvalidatesTheWholeLeaf) {
  TestSpace os(with(Pages::thp));
  const PageNumber frame = os.touch(1024).pfn;
  const Change change = os.space.unmap(1030, 5);
  EXPECT_EQ(change.splits, 1u);
  EXPECT_EQ(change.leaves, 5u);
  EXPECT_EQ(change.invalidation.operation, Invalidation::Operation::by_va_asid);
  EXPECT_EQ(change.invalidation.vpn, 1024u);
  EXPECT_EQ(change.invalidation.pages, 512u);
  EXPECT_EQ(change.invalidation.context.asid, 1u);
  EXPECT_FALSE(change.invalidation.last_level) << "a leaf became a table";
  for (PageNumber i = 0; i < 512; ++i) {
    if (i >= 6 && i < 11) {
      EXPECT_FALSE(os.walk(1024 + i));
    } else {
      EXPECT_EQ(os.walk(1024 + i), (PlainLeaf{frame + i, flags_of_load, 1}));
    }
  }
}

TEST(AddressSpace, UnmappingPartOfANapotLeafSplitsItAndKeepsTheDirtOfAnyEntry) {
  TestSpace os(with(Pages::napot));
  const PageNumber frame = os.touch(32).pfn;
  // A walker sets D in the one entry that it read.
  const Address table = os.space.root() << 12;
  const Address middle = (*os.storage.read64(table) / 1024) << 12;
  const Address last = (*os.storage.read64(middle) / 1024) << 12;
  ASSERT_TRUE(os.storage.write64(last + 8 * 37, *os.storage.read64(last + 8 * 37) | 0x80));
  const Change change = os.space.unmap(40, 100);
  EXPECT_EQ(change.splits, 1u);
  EXPECT_EQ(change.leaves, 8u);
  EXPECT_EQ(change.invalidation.vpn, 32u);
  EXPECT_EQ(change.invalidation.pages, 16u);
  EXPECT_TRUE(change.invalidation.last_level) << "no table came or went";
  for (PageNumber i = 0; i < 8; ++i) {
    EXPECT_EQ(os.walk(32 + i), (PlainLeaf{frame + i, flags_of_store, 1}));
  }
  for (PageNumber i = 8; i < 16; ++i) EXPECT_FALSE(os.walk(32 + i));
}

TEST(AddressSpace, UnmappingWholeLeavesSplitsNothingAndFreesEmptyTables) {
  TestSpace os(with(Pages::thp));
  const OsStatistics before = os.space.statistics();
  os.touch(512);
  os.touch(1024);
  os.touch(PageNumber{1} << 20);
  const Change change = os.space.unmap(0, PageNumber{1} << 26);
  EXPECT_EQ(change.leaves, 3u);
  EXPECT_EQ(change.splits, 0u);
  EXPECT_EQ(change.invalidation.vpn, 512u);
  EXPECT_EQ(change.invalidation.pages, (PageNumber{1} << 20));
  EXPECT_FALSE(change.invalidation.last_level);
  const OsStatistics after = os.space.statistics();
  EXPECT_EQ(after.frames_used, 0u);
  EXPECT_EQ(after.table_frames, before.table_frames) << "the root only";
  EXPECT_EQ(after.quarantined_frames, 3u * 512 + 2) << "with both second-level tables";
  os.space.release_invalidated(change.id);
  EXPECT_EQ(os.space.statistics().quarantined_frames, 0u);
}

TEST(AddressSpace, UnmappingAPageWhoseTableStaysChangesOnlyTheLastLevel) {
  TestSpace os(with(Pages::small));
  os.touch(7);
  os.touch(8);
  const Change change = os.space.unmap(7, 1);
  EXPECT_TRUE(change.invalidation.last_level);
  EXPECT_EQ(change.invalidation.vpn, 7u);
  EXPECT_EQ(change.invalidation.pages, 1u);
  EXPECT_FALSE(os.space.unmap(100, 50).needed());
}

TEST(AddressSpace, FreedFramesAreGivenAgainOnlyAfterTheirOwnInvalidation) {
  TestSpace os(with(Pages::small));
  const PageNumber a = os.touch(10).pfn;
  const PageNumber b = os.touch(11).pfn;
  const Change unmap_a = os.space.unmap(10, 1);
  const Change unmap_b = os.space.unmap(11, 1);
  const PageNumber c = os.touch(12).pfn;
  EXPECT_NE(c, a);
  EXPECT_NE(c, b);
  os.space.release_invalidated(unmap_b.id);
  EXPECT_EQ(os.touch(13).pfn, b) << "the lowest free frame of a pristine memory";
  const PageNumber d = os.touch(14).pfn;
  EXPECT_NE(d, a);
  os.space.release_invalidated(unmap_a.id);
  EXPECT_EQ(os.touch(15).pfn, a);
}

TEST(AddressSpace, ARemapMovesOnePageAndKeepsItsFlags) {
  TestSpace os(with(Pages::thp));
  const PageNumber frame = os.touch(512, Access::store).pfn;
  const Change change = os.space.remap(512 + 3);
  EXPECT_EQ(change.leaves, 1u);
  EXPECT_EQ(change.splits, 1u);
  EXPECT_EQ(change.invalidation.vpn, 512u);
  EXPECT_EQ(change.invalidation.pages, 512u);
  const auto moved = os.walk(515);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->flags, flags_of_store);
  EXPECT_TRUE(moved->pfn < frame || moved->pfn >= frame + 512);
  EXPECT_EQ(os.walk(514), (PlainLeaf{frame + 2, flags_of_store, 1}));
  EXPECT_FALSE(os.space.remap(4).needed()) << "not mapped";
  EXPECT_EQ(os.space.statistics().remaps, 1u);
  EXPECT_EQ(os.space.statistics().frames_used, 512u);
}

TEST(AddressSpace, ProtectChangesPermissionsOfTheRangeAloneAndOnlyWhereTheyDiffer) {
  constexpr std::uint64_t read_only = pte::read | pte::user;
  TestSpace os(with(Pages::napot));
  os.touch(0);
  os.touch(16);
  os.touch(32);
  const Change change = os.space.protect(8, 24, read_only);
  EXPECT_EQ(change.splits, 1u);
  EXPECT_EQ(change.leaves, 9u) << "eight pages and one whole leaf";
  EXPECT_EQ(change.invalidation.vpn, 0u);
  EXPECT_EQ(change.invalidation.pages, 32u);
  for (PageNumber i = 0; i < 48; ++i) {
    const bool changed = i >= 8 && i < 32;
    EXPECT_EQ(os.walk(i)->flags, changed ? 0b0101'0011u : flags_of_load) << i;
    EXPECT_EQ(os.walk(i)->pages, i < 16 ? 1u : 16u) << i;
  }
  EXPECT_FALSE(os.space.protect(8, 24, read_only).needed());
}

}  // namespace
}  // namespace kilburn::trace_os
