#include "common/page_table.h"

#include <gtest/gtest.h>

#include <bit>

namespace kilburn {
namespace {

constexpr std::uint64_t bit(unsigned position) {
  return std::uint64_t{1} << position;
}

// RISC-V Privileged Architecture 1.12, figure 4.18 (Sv39 PTE) and the same for Sv48 and Sv57.
TEST(Pte, BitsLieWhereTheArchitecturePutsThem) {
  EXPECT_EQ(pte::valid, bit(0));
  EXPECT_EQ(pte::read, bit(1));
  EXPECT_EQ(pte::write, bit(2));
  EXPECT_EQ(pte::execute, bit(3));
  EXPECT_EQ(pte::user, bit(4));
  EXPECT_EQ(pte::global, bit(5));
  EXPECT_EQ(pte::accessed, bit(6));
  EXPECT_EQ(pte::dirty, bit(7));
  EXPECT_EQ(pte::napot, bit(63));
  EXPECT_EQ(pte::pbmt_shift, 61);
  std::uint64_t reserved = 0;
  for (unsigned position = 54; position <= 60; ++position) reserved |= bit(position);
  EXPECT_EQ(pte::reserved, reserved);
}

TEST(Pte, PfnIsBits53To10WhateverTheOthersHold) {
  EXPECT_EQ(pte::pfn(~std::uint64_t{0}), bit(44) - 1);
  EXPECT_EQ(pte::pfn(bit(10)), 1);
  EXPECT_EQ(pte::pfn(bit(53)), bit(43));
  EXPECT_EQ(pte::pfn(bit(54) | bit(9)), 0);
}

TEST(Pte, MakePutsFrameAndFlagsTogether) {
  EXPECT_EQ(pte::make(0x80000, pte::valid | pte::read), (0x80000U << 10) + 3U);
  EXPECT_EQ(pte::pfn(pte::make(bit(44) - 1, 0xFF)), bit(44) - 1);
}

TEST(Pte, ALeafHasAnyOfReadWriteExecute) {
  for (std::uint64_t low = 0; low < 256; ++low) {
    EXPECT_EQ(pte::is_leaf(pte::make(123, low)), std::popcount(low & 0b1110) > 0) << low;
  }
}

TEST(PagingMode, LevelsAndWidthsAreThoseOfItsName) {
  EXPECT_EQ(virtual_bits(PagingMode::sv39), 39);
  EXPECT_EQ(virtual_bits(PagingMode::sv48), 48);
  EXPECT_EQ(virtual_bits(PagingMode::sv57), 57);
  EXPECT_EQ(virtual_bits(PagingMode::bare), 64);
  EXPECT_EQ(levels(PagingMode::sv39), 3);
  EXPECT_EQ(levels(PagingMode::sv48), 4);
  EXPECT_EQ(levels(PagingMode::sv57), 5);
  EXPECT_EQ(levels(PagingMode::bare), 0);
}

TEST(PagingMode, ALeafOfEachLevelCoversItsPages) {
  // 4 KiB, 2 MiB, 1 GiB, 512 GiB, 256 TiB in pages of 4 KiB.
  EXPECT_EQ(page_bytes << level_order(0), 4096);
  EXPECT_EQ(page_bytes << level_order(1), bit(21));
  EXPECT_EQ(page_bytes << level_order(2), bit(30));
  EXPECT_EQ(page_bytes << level_order(3), bit(39));
  EXPECT_EQ(page_bytes << level_order(4), bit(48));
  EXPECT_EQ(page_bytes << napot_order, 65536);
}

TEST(CanonicalAddress, EndsWhereTheArchitectureSays) {
  struct Ends {
    PagingMode mode;
    Address last_low;
    Address first_high;
  };
  for (const Ends& ends : {Ends{PagingMode::sv39, 0x0000003F'FFFFFFFF, 0xFFFFFFC0'00000000},
                           Ends{PagingMode::sv48, 0x00007FFF'FFFFFFFF, 0xFFFF8000'00000000},
                           Ends{PagingMode::sv57, 0x00FFFFFF'FFFFFFFF, 0xFF000000'00000000}}) {
    EXPECT_TRUE(is_canonical(0, ends.mode));
    EXPECT_TRUE(is_canonical(ends.last_low, ends.mode));
    EXPECT_FALSE(is_canonical(ends.last_low + 1, ends.mode));
    EXPECT_FALSE(is_canonical(ends.first_high - 1, ends.mode));
    EXPECT_TRUE(is_canonical(ends.first_high, ends.mode));
    EXPECT_TRUE(is_canonical(~Address{0}, ends.mode));
  }
}

TEST(CanonicalAddress, EveryAddressIsOneWithoutPaging) {
  EXPECT_TRUE(is_canonical(0x00007FFF'FFFFFFFF, PagingMode::bare));
  EXPECT_TRUE(is_canonical(0x8000'0000'0000'0000, PagingMode::bare));
}

/// Chapter 4.3.1 as a list of reasons to refuse.
bool refused(std::uint64_t page, Access access, const PrivilegeState& state) {
  const bool of_user = (page & bit(4)) != 0;
  const bool readable = (page & bit(1)) != 0 || (state.mxr && (page & bit(3)) != 0);
  if (state.privilege == Privilege::user && !of_user) return true;
  if (state.privilege == Privilege::supervisor && of_user && !state.sum) return true;
  if (state.privilege == Privilege::supervisor && of_user && access == Access::fetch) return true;
  if (access == Access::fetch && (page & bit(3)) == 0) return true;
  if (access == Access::load && !readable) return true;
  return access == Access::store && (page & bit(2)) == 0;
}

TEST(Permissions, AgreeWithTheArchitectureForEveryPageAccessAndState) {
  for (unsigned page = 0; page < 256; ++page) {
    for (const Access access : {Access::fetch, Access::load, Access::store}) {
      for (const Privilege privilege : {Privilege::user, Privilege::supervisor}) {
        for (const bool sum : {false, true}) {
          for (const bool mxr : {false, true}) {
            const PrivilegeState state{privilege, sum, mxr};
            EXPECT_EQ(permits(static_cast<std::uint8_t>(page), access, state),
                      !refused(page, access, state))
                << "PTE bits " << page << ", " << to_string(access) << ", privilege "
                << static_cast<unsigned>(privilege) << ", SUM " << sum << ", MXR " << mxr;
          }
        }
      }
    }
  }
}

TEST(Permissions, SumLetsTheSupervisorLoadAndStoreUserPagesButNeverFetch) {
  constexpr std::uint8_t page = pte::read | pte::write | pte::execute | pte::user;
  constexpr PrivilegeState without{Privilege::supervisor, false, false};
  constexpr PrivilegeState with{Privilege::supervisor, true, false};
  EXPECT_FALSE(permits(page, Access::load, without));
  EXPECT_TRUE(permits(page, Access::load, with));
  EXPECT_TRUE(permits(page, Access::store, with));
  EXPECT_FALSE(permits(page, Access::fetch, with));
}

TEST(Permissions, MxrMakesExecutablePagesReadableNotWritable) {
  constexpr std::uint8_t page = pte::execute | pte::user;
  constexpr PrivilegeState mxr{Privilege::user, false, true};
  EXPECT_FALSE(permits(page, Access::load));
  EXPECT_TRUE(permits(page, Access::load, mxr));
  EXPECT_FALSE(permits(page, Access::store, mxr));
}

TEST(Translation, ATlbHoldsNoMoreThanTheLeafNorThanTheVerdict) {
  EXPECT_EQ((Translation{.order = 9, .verdict_order = 4}.piece_order()), 4);
  EXPECT_EQ((Translation{.order = 4, .verdict_order = 9}.piece_order()), 4);
  EXPECT_EQ(Translation{.order = 18}.piece_order(), 18);
}

TEST(Translation, IsGlobalByTheGlobalBitOnly) {
  EXPECT_TRUE(Translation{.permissions = 1U << 5}.global());
  EXPECT_FALSE(Translation{.permissions = 0xFF & ~(1U << 5)}.global());
}

}  // namespace
}  // namespace kilburn
