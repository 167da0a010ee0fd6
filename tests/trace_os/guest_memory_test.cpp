// A guest's memory: two stages of tables, checked by walks written from the specification alone.
#include <gtest/gtest.h>

#include <map>

#include "common/random.h"
#include "trace_os/guest_memory.h"
#include "trace_os/plain_walk.h"

namespace kilburn::trace_os {
namespace {

constexpr std::uint64_t host_arena = std::uint64_t{128} << 20;
constexpr std::uint64_t guest_arena = std::uint64_t{64} << 20;

/// Privileged Architecture 1.12, 5.5.1: as 4.3.2, but the root has 2048 entries, and U is set.
std::optional<PlainLeaf> plain_guest_walk(const memory::Storage& storage, PageNumber root,
                                          unsigned levels, Address guest_physical) {
  const std::uint64_t top = guest_physical / 4096 / (std::uint64_t{1} << 9 * (levels - 1));
  EXPECT_LT(top, 2048u) << "beyond the guest-physical addresses";
  EXPECT_EQ(root % 4, 0u);
  const std::uint64_t pte = storage.read64(root * 4096 + 8 * top).value();
  if (pte % 2 == 0) return std::nullopt;
  EXPECT_EQ(pte & 0xE, 0u) << "no leaves so large are made";
  return plain_walk(storage, pte / 1024 % (std::uint64_t{1} << 44), levels - 1, guest_physical);
}

/// A process in a guest.
struct Guest {
  Guest(const OsConfig& policy, const OsConfig& host, PagingMode mode = PagingMode::sv48,
        PagingMode host_mode = PagingMode::sv48)
      : storage({.base = memory_base, .bytes = host.arena_bytes}),
        paging(mode),
        host_paging(host_mode),
        memory(host, host_mode, {.vmid = 1}, storage, memory_base >> page_shift),
        space(policy, mode, {.asid = 1, .vmid = 1}, TableMemory(memory),
              GuestMemory::base >> page_shift,
              [this](const FrameEvent& event) { host_cycles += memory.observe(event); }) {}

  /// Both stages by the specification; reads stage-1 tables where the G-stage says that they are.
  [[nodiscard]] std::optional<PageNumber> walk(PageNumber vpn) const {
    std::uint64_t table = space.root() * 4096;
    for (unsigned i = levels(paging); i-- > 0;) {
      const auto lies = host_of(table / 4096);
      if (!lies) return std::nullopt;
      const std::uint64_t index = vpn / (std::uint64_t{1} << 9 * i) % 512;
      const std::uint64_t pte = storage.read64(*lies * 4096 + 8 * index).value();
      if (pte % 2 == 0) return std::nullopt;
      const std::uint64_t ppn = pte / 1024 % (std::uint64_t{1} << 44);
      if ((pte & 0xE) == 0) {
        table = ppn * 4096;
        continue;
      }
      const std::uint64_t pages = pte >> 63 != 0 ? 16 : std::uint64_t{1} << 9 * i;
      return host_of(ppn / pages * pages + vpn % pages);
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<PageNumber> host_of(PageNumber frame) const {
    const auto leaf =
        plain_guest_walk(storage, memory.space().root(), levels(host_paging), frame << page_shift);
    if (!leaf) return std::nullopt;
    return leaf->pfn;
  }
  void settle(const std::optional<Change>& change, AddressSpace& of) {
    if (change && change->needed()) of.release_invalidated(change->id);
  }

  memory::Storage storage;
  PagingMode paging;
  PagingMode host_paging;
  Cycles host_cycles = 0;
  GuestMemory memory;
  AddressSpace space;
};

OsConfig policy(Pages pages, double aging, std::uint64_t bytes, std::uint64_t seed = 1) {
  return {.seed = seed, .arena_bytes = bytes, .aging = aging, .pages = pages};
}

TEST(GuestMemory, TheHostMapsEachFrameThatTheGuestGivesOutAndNoMore) {
  Guest guest(policy(Pages::small, 0, guest_arena), policy(Pages::small, 0, host_arena));
  for (PageNumber vpn = 0; vpn < 100; ++vpn) guest.space.touch(vpn << page_shift, Access::load);
  // 100 pages of data and a table of each of four levels, in guest-physical memory.
  EXPECT_EQ(guest.memory.space().statistics().frames_used, 104u);
  EXPECT_EQ(guest.space.statistics().table_frames, 4u);
  // The root of the G-stage is four frames; one table of each level below leads to all of them.
  EXPECT_EQ(guest.memory.space().statistics().table_frames, 4u + 3u);
  EXPECT_EQ(guest.host_cycles, 104u * OsConfig{}.page_fault_cycles);
}

TEST(GuestMemory, StagesHaveLeafSizesOfTheirOwn) {
  Guest guest(policy(Pages::small, 0, guest_arena), policy(Pages::thp, 0, host_arena));
  guest.space.map(0, 512);
  EXPECT_EQ(guest.space.statistics().small_leaves, 512u);
  EXPECT_EQ(guest.memory.space().statistics().small_leaves, 0u);
  EXPECT_EQ(guest.memory.space().statistics().huge_leaves, 2u)
      << "512 frames of data and four of tables";
}

using Policy = std::tuple<Pages, Pages, double, PagingMode>;
class EveryTwoStagePolicy : public testing::TestWithParam<Policy> {};

TEST_P(EveryTwoStagePolicy, TranslationsAreWhatBothWalksOfTheSpecificationSay) {
  const auto [pages, host_pages, aging, mode] = GetParam();
  Guest guest(policy(pages, aging, guest_arena), policy(host_pages, aging, host_arena, 2), mode,
              mode);
  std::uint64_t random = mix64(9);
  constexpr PageNumber used = 3000;
  for (unsigned step = 0; step < 4000; ++step) {
    const std::uint64_t draw = next_random(random);
    const PageNumber vpn = (draw >> 8) % used;
    switch (draw % 32) {
      case 0:
        guest.settle(guest.space.unmap(vpn, 1 + (draw >> 32) % 40), guest.space);
        break;
      case 1:
        guest.settle(guest.space.remap(vpn), guest.space);
        break;
      case 2:
        guest.settle(guest.memory.move_one(), guest.memory.space());
        break;
      case 3:
        guest.settle(guest.memory.unmap_one(), guest.memory.space());
        break;
      default:
        guest.space.touch(vpn << page_shift, Access::store);
        if (const auto stage1 = guest.space.translate(vpn << page_shift)) {
          guest.memory.touch(stage1->pfn << page_shift, Access::load);
        }
    }
    if (step % 100 != 99) continue;
    std::map<PageNumber, PageNumber> owners;  // no host frame serves two pages
    for (PageNumber page = 0; page < used; ++page) {
      const auto walked = guest.walk(page);
      const auto stage1 = guest.space.translate(page << page_shift);
      const auto host = stage1 ? guest.memory.translate(stage1->pfn << page_shift) : std::nullopt;
      ASSERT_EQ(walked.has_value(), host.has_value()) << page;
      if (!walked) continue;
      ASSERT_EQ(*walked, host->pfn) << page;
      ASSERT_TRUE(owners.emplace(*walked, page).second) << page;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(GuestMemory, EveryTwoStagePolicy,
                         testing::Combine(testing::Values(Pages::small, Pages::thp, Pages::napot),
                                          testing::Values(Pages::small, Pages::thp, Pages::napot),
                                          testing::Values(0.0, 0.6),
                                          testing::Values(PagingMode::sv39, PagingMode::sv57)));

TEST(GuestMemory, AFrameOfAGuestsTablesMovesWithItsBytesAndIsNotTakenAway) {
  Guest guest(policy(Pages::small, 0, guest_arena), policy(Pages::small, 0, host_arena));
  guest.space.touch(0, Access::load);  // four tables and one page
  const auto before = guest.walk(0);
  const auto root = guest.host_of(guest.space.root());
  for (unsigned i = 0; i < 200; ++i) {
    guest.settle(guest.memory.unmap_one(), guest.memory.space());
    guest.settle(guest.memory.move_one(), guest.memory.space());
    EXPECT_TRUE(guest.host_of(guest.space.root()));
    if (const auto stage1 = guest.space.translate(0)) {
      guest.memory.touch(stage1->pfn << page_shift, Access::load);
    }
    ASSERT_TRUE(guest.walk(0));
  }
  EXPECT_NE(guest.walk(0), before);
  EXPECT_NE(guest.host_of(guest.space.root()), root);
}

TEST(GuestMemory, WhatTheHostChangesIsInvalidatedByGuestFrame) {
  Guest guest(policy(Pages::small, 0, guest_arena), policy(Pages::small, 0, host_arena));
  guest.space.touch(0, Access::load);
  const auto change = guest.memory.move_one();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->invalidation.operation, Invalidation::Operation::by_guest_frame);
  EXPECT_EQ(change->invalidation.context.vmid, 1u);
  EXPECT_FALSE(change->invalidation.last_level) << "the frame may hold a guest's table";
  EXPECT_GE(change->invalidation.vpn, GuestMemory::base >> page_shift);
}

}  // namespace
}  // namespace kilburn::trace_os
