// Walks in software, over tables built by hand.
#include "page_table_walker/software_walk.h"

#include <gtest/gtest.h>

#include <map>

#include "common/page_table.h"

namespace kilburn::page_table_walker {
namespace {

constexpr PteFormat everything{.svnapot = true, .svpbmt = true};
constexpr std::uint64_t leaf = pte::valid | pte::read;
constexpr PageNumber root = 0x10;
constexpr PageNumber middle = 0x11;
constexpr PageNumber last = 0x12;

/// Entries by address; all else is not there.
struct Tables {
  std::map<Address, std::uint64_t> entries;
  void set(PageNumber table, unsigned index, PageNumber frame, std::uint64_t flags) {
    entries[(table << page_shift) + 8 * index] = pte::make(frame, flags);
  }
  [[nodiscard]] std::optional<Address> find(const Regime& regime, Address va,
                                            PteFormat format = everything) const {
    return physical_address(regime, format, va, [this](Address address) {
      const auto at = entries.find(address);
      return at == entries.end() ? std::nullopt : std::optional(at->second);
    });
  }
};

constexpr Regime sv39{.stage1 = PagingMode::sv39, .root = root};

/// Index 5 of the root, 6 of the middle, 7 of the last table.
constexpr Address page_567 = Address{5} << 30 | Address{6} << 21 | Address{7} << 12;

Tables three_levels(PageNumber frame, std::uint64_t flags) {
  Tables tables;
  tables.set(root, 5, middle, pte::valid);
  tables.set(middle, 6, last, pte::valid);
  tables.set(last, 7, frame, flags);
  return tables;
}

TEST(GdbVirtualMemory, WithoutTranslationAddressesArePhysical) {
  EXPECT_EQ(Tables{}.find({}, 0xFFFF'FFFF'FFFF'FFFF), 0xFFFF'FFFF'FFFF'FFFFu);
}

TEST(GdbVirtualMemory, APageIsFoundThroughThreeLevelsWhateverItsRights) {
  const Tables tables = three_levels(0x80123, pte::valid | pte::execute);
  EXPECT_EQ(tables.find(sv39, page_567 + 0xABC), 0x8012'3ABCu);
}

TEST(GdbVirtualMemory, LargePagesKeepTheLowerBits) {
  Tables tables;
  tables.set(root, 5, 0x40000, leaf);  // 1 GiB
  EXPECT_EQ(tables.find(sv39, page_567 + 1), 0x4000'0000u + (page_567 & 0x3FFF'FFFF) + 1);
  tables.set(root, 5, middle, pte::valid);
  tables.set(middle, 6, 0x80200, leaf);  // 2 MiB
  EXPECT_EQ(tables.find(sv39, page_567 + 1), 0x8020'7001u);
}

TEST(GdbVirtualMemory, WhatIsNotMappedIsNotThere) {
  EXPECT_FALSE(Tables{}.find(sv39, page_567));  // no root table
  EXPECT_FALSE(three_levels(0x80123, 0).find(sv39, page_567));
  EXPECT_FALSE(three_levels(0x80123, pte::valid).find(sv39, page_567));  // a pointer at the end
  EXPECT_FALSE(three_levels(0x80123, leaf).find(sv39, page_567 + page_bytes));
  Tables misaligned;
  misaligned.set(root, 5, 0x40001, leaf);
  EXPECT_FALSE(misaligned.find(sv39, page_567));
}

TEST(GdbVirtualMemory, AnAddressThatIsNotCanonicalIsNotThere) {
  Tables tables;
  tables.set(root, 256, 0x80000, leaf);
  constexpr Address upper_half = ~Address{0} << 38;
  EXPECT_EQ(tables.find(sv39, upper_half | 0x42), 0x8000'0042u);
  EXPECT_FALSE(tables.find(sv39, Address{1} << 38 | 0x42));
}

TEST(GdbVirtualMemory, ExtensionsOfTheFormatCountWhereTheHartHasThem) {
  const std::uint64_t napot = leaf | pte::napot;
  const Tables tables = three_levels(0x80128, napot);  // 64 KiB from frame 0x80120 on
  EXPECT_EQ(tables.find(sv39, page_567), 0x8012'7000u);
  EXPECT_FALSE(tables.find(sv39, page_567, {.svnapot = false, .svpbmt = true}));
  const Tables uncached = three_levels(0x80123, leaf | std::uint64_t{1} << pte::pbmt_shift);
  EXPECT_TRUE(uncached.find(sv39, page_567));
  EXPECT_FALSE(uncached.find(sv39, page_567, {.svnapot = true, .svpbmt = false}));
}

constexpr PageNumber guest_root = 0x20;  ///< four frames
constexpr Regime guest_only{.guest_stage = PagingMode::sv39, .guest_root = guest_root};

TEST(GdbVirtualMemory, AGuestStageHasElevenBitsAtItsRoot) {
  Tables tables;
  tables.set(guest_root, 2047, 0x80000, leaf);
  constexpr Address last_gib = Address{2047} << 30;
  EXPECT_EQ(tables.find(guest_only, last_gib + 0x42), 0x8000'0042u);
  EXPECT_FALSE(tables.find(guest_only, (Address{1} << 41 | last_gib) + 0x42));
}

TEST(GdbVirtualMemory, OfTwoStagesTheSecondTranslatesTablesAndPage) {
  // Guest-physical gibibyte 0 lies at physical gibibyte 2, so does the guest's root table.
  constexpr Regime both{.stage1 = PagingMode::sv39,
                        .root = root,
                        .guest_stage = PagingMode::sv39,
                        .guest_root = guest_root};
  constexpr PageNumber moved = 0x80000;
  Tables tables;
  tables.set(guest_root, 0, moved, leaf);
  tables.set(moved + root, 5, middle, pte::valid);
  tables.set(moved + middle, 6, last, pte::valid);
  tables.set(moved + last, 7, 0x123, leaf);
  EXPECT_EQ(tables.find(both, page_567 + 0xABC), 0x8012'3ABCu);
  tables.set(moved + last, 7, 0x40123, leaf);  // a guest-physical page that is not mapped
  EXPECT_FALSE(tables.find(both, page_567 + 0xABC));
  tables.set(moved + root, 5, 0x40011, pte::valid);  // nor is this table
  EXPECT_FALSE(tables.find(both, page_567 + 0xABC));
}

}  // namespace
}  // namespace kilburn::page_table_walker
