// Physical memory protection against a plain reference that asks every entry about every byte.
#include "riscv/csr/pmp.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "common/random.h"

namespace kilburn::riscv {
namespace {

constexpr std::uint64_t r = 1, w = 2, x = 4, tor = 1 << 3, na4 = 2 << 3, napot = 3 << 3,
                        locked = 1 << 7;
constexpr Privilege s = Privilege::supervisor;
constexpr Privilege u = Privilege::user;
constexpr Privilege m = Privilege::machine;

void configure_entry(Pmp& pmp, unsigned entry, std::uint64_t configuration, std::uint64_t address) {
  pmp.set_address(entry, address >> 2);
  const unsigned word = entry / 8 * 2;
  const unsigned shift = entry % 8 * 8;
  const std::uint64_t others = pmp.configuration(word) & ~(std::uint64_t{0xFF} << shift);
  pmp.set_configuration(word, others | configuration << shift);
}

/// pmpaddr of a naturally aligned range, as a byte address for `configure_entry`.
constexpr std::uint64_t napot_address(Address first, std::uint64_t bytes) {
  return first | (bytes / 2 - 1);
}

TEST(Pmp, WithoutEntriesEverythingIsAllowed) {
  const Pmp pmp(0);
  for (const Privilege privilege : {u, s, m}) {
    EXPECT_TRUE(pmp.allows(0x80000000, 8, Access::store, privilege));
    EXPECT_EQ(pmp.check(0, Access::fetch, privilege).last, ~Address{0});
  }
}

TEST(Pmp, WhereNoEntryMatchesOnlyMachineModeMayAccess) {
  const Pmp pmp(16);
  EXPECT_FALSE(pmp.allows(0x80000000, 8, Access::load, s));
  EXPECT_FALSE(pmp.allows(0x80000000, 8, Access::load, u));
  EXPECT_TRUE(pmp.allows(0x80000000, 8, Access::load, m));
}

TEST(Pmp, NapotMatchesANaturallyAlignedPowerOfTwo) {
  Pmp pmp(16);
  configure_entry(pmp, 0, napot | r, napot_address(0x80000000, 0x1000));
  EXPECT_FALSE(pmp.allows(0x7FFFFFFF, 1, Access::load, s));
  EXPECT_TRUE(pmp.allows(0x80000000, 8, Access::load, s));
  EXPECT_TRUE(pmp.allows(0x80000FF8, 8, Access::load, s));
  EXPECT_FALSE(pmp.allows(0x80001000, 1, Access::load, s));
  EXPECT_FALSE(pmp.allows(0x80000000, 8, Access::store, s));
  const auto verdict = pmp.check(0x80000123, Access::load, s);
  EXPECT_EQ(verdict.first, 0x80000000U);
  EXPECT_EQ(verdict.last, 0x80000FFFU);
}

TEST(Pmp, NapotOfAllOnesMatchesTheWholeSpace) {
  Pmp pmp(16);
  configure_entry(pmp, 0, napot | r | w | x, ~std::uint64_t{0});
  EXPECT_TRUE(pmp.allows(0, 8, Access::store, u));
  EXPECT_TRUE(pmp.allows((Address{1} << 56) - 8, 8, Access::fetch, u));
}

TEST(Pmp, Na4MatchesFourBytes) {
  Pmp pmp(16);
  configure_entry(pmp, 0, na4 | r, 0x1004);
  EXPECT_FALSE(pmp.allows(0x1003, 1, Access::load, s));
  EXPECT_TRUE(pmp.allows(0x1004, 4, Access::load, s));
  EXPECT_FALSE(pmp.allows(0x1004, 8, Access::load, s));
  EXPECT_FALSE(pmp.allows(0x1008, 1, Access::load, s));
}

TEST(Pmp, TorReachesFromTheAddressBelowToItsOwn) {
  Pmp pmp(16);
  configure_entry(pmp, 0, tor | r, 0x1000);
  configure_entry(pmp, 1, tor | w | r, 0x3000);
  EXPECT_TRUE(pmp.allows(0, 8, Access::load, s));
  EXPECT_TRUE(pmp.allows(0xFF8, 8, Access::load, s));
  EXPECT_FALSE(pmp.allows(0xFF8, 8, Access::store, s));
  EXPECT_TRUE(pmp.allows(0x1000, 8, Access::store, s));
  EXPECT_TRUE(pmp.allows(0x2FF8, 8, Access::store, s));
  EXPECT_FALSE(pmp.allows(0x3000, 8, Access::store, s));
}

TEST(Pmp, AnEmptyTorRangeMatchesNothing) {
  Pmp pmp(16);
  pmp.set_address(0, 0x3000 >> 2);
  configure_entry(pmp, 1, tor | r | locked, 0x3000);
  EXPECT_FALSE(pmp.allows(0x3000, 4, Access::load, s));
  EXPECT_TRUE(pmp.allows(0x3000, 4, Access::store, m));
}

TEST(Pmp, ATorRangeThatEndsAtAddressZeroMatchesNothing) {
  Pmp pmp(16);
  configure_entry(pmp, 0, tor | r, 0);
  EXPECT_FALSE(pmp.allows(0, 1, Access::load, s));
  EXPECT_FALSE(pmp.allows(0x80000000, 8, Access::load, s));
}

TEST(Pmp, TheEntryOfTheLowestNumberDecides) {
  Pmp pmp(16);
  configure_entry(pmp, 1, napot | r | w | x, napot_address(0x1000, 0x1000));
  configure_entry(pmp, 0, napot, napot_address(0x1400, 0x100));
  EXPECT_TRUE(pmp.allows(0x13F8, 8, Access::load, s));
  EXPECT_FALSE(pmp.allows(0x1400, 8, Access::load, s));
  EXPECT_TRUE(pmp.allows(0x1500, 8, Access::load, s));
  const auto below = pmp.check(0x1200, Access::load, s);
  EXPECT_EQ(below.first, 0x1000U);
  EXPECT_EQ(below.last, 0x13FFU);
}

TEST(Pmp, AnAccessAcrossEntriesFailsEvenInMachineMode) {
  Pmp pmp(16);
  configure_entry(pmp, 0, napot | r | w, napot_address(0x1000, 0x1000));
  configure_entry(pmp, 1, napot | r | w, napot_address(0x2000, 0x1000));
  for (const Privilege privilege : {s, m}) {
    EXPECT_FALSE(pmp.allows(0x1FFC, 8, Access::load, privilege));
    EXPECT_TRUE(pmp.allows(0x1FF8, 8, Access::load, privilege));
  }
  EXPECT_FALSE(pmp.allows(0xFFC, 8, Access::load, m));   // from nothing into the first
  EXPECT_FALSE(pmp.allows(0x2FFC, 8, Access::load, m));  // out of the second
}

TEST(Pmp, OnlyLockedEntriesBindMachineMode) {
  Pmp pmp(16);
  configure_entry(pmp, 0, napot | r, napot_address(0x1000, 0x1000));
  EXPECT_TRUE(pmp.allows(0x1000, 8, Access::store, m));
  configure_entry(pmp, 0, napot | r | locked, napot_address(0x1000, 0x1000));
  EXPECT_FALSE(pmp.allows(0x1000, 8, Access::store, m));
  EXPECT_TRUE(pmp.allows(0x1000, 8, Access::load, m));
}

TEST(Pmp, LockedRegistersKeepTheirValuesUntilReset) {
  Pmp pmp(16);
  pmp.set_address(3, 0x100);
  configure_entry(pmp, 4, tor | r | locked, 0x2000);
  pmp.set_configuration(0, 0);
  pmp.set_address(4, 0x999);
  pmp.set_address(3, 0x999);  // the lower end of a locked TOR range
  pmp.set_address(5, 0x555);
  EXPECT_EQ(pmp.configuration(0), (tor | r | locked) << 32);
  EXPECT_EQ(pmp.address(4), 0x2000U >> 2);
  EXPECT_EQ(pmp.address(3), 0x100U);
  EXPECT_EQ(pmp.address(5), 0x555U);
  pmp.reset();
  EXPECT_EQ(pmp.configuration(0), 0U);
  pmp.set_address(3, 0x999);
  EXPECT_EQ(pmp.address(3), 0x999U);
}

TEST(Pmp, ALockedEntryThatIsNotTorLeavesTheAddressBelowFree) {
  Pmp pmp(16);
  configure_entry(pmp, 4, napot | locked, 0x2000);
  pmp.set_address(3, 0x999);
  EXPECT_EQ(pmp.address(3), 0x999U);
}

TEST(Pmp, ReservedSettingsBecomeLegal) {
  Pmp pmp(16);
  for (unsigned value = 0; value < 256; ++value) {
    pmp.reset();
    pmp.set_configuration(2, std::uint64_t{value} << 56);  // entry 15
    std::uint64_t expected = value & ~0x60U;               // bits 5 and 6 are reserved
    if ((value & r) == 0) expected &= ~w;                  // so is write without read
    EXPECT_EQ(pmp.configuration(2), expected << 56) << value;
  }
  pmp.reset();
  pmp.set_address(0, ~std::uint64_t{0});
  EXPECT_EQ(pmp.address(0), (std::uint64_t{1} << 54) - 1);
}

/// The manual's words: each entry asked whether it matches the byte.
std::optional<unsigned> entry_of(const Pmp& pmp, unsigned entries, Address byte) {
  for (unsigned i = 0; i < entries; ++i) {
    const std::uint64_t cfg = pmp.configuration(i / 8 * 2) >> (i % 8 * 8) & 0xFF;
    const std::uint64_t address = pmp.address(i);
    switch (cfg >> 3 & 3) {
      case 1:
        if (byte >> 2 < address && byte >> 2 >= (i == 0 ? 0 : pmp.address(i - 1))) return i;
        break;
      case 2:
        if (byte >> 2 == address) return i;
        break;
      case 3: {
        // The bits up to and with the lowest zero do not count.
        const std::uint64_t ignored = address ^ (address + 1);
        if (((byte >> 2) | ignored) == (address | ignored)) return i;
        break;
      }
      default:
        break;
    }
  }
  return std::nullopt;
}

bool reference(const Pmp& pmp, unsigned entries, Address address, unsigned bytes, Access access,
               Privilege privilege) {
  const auto entry = entry_of(pmp, entries, address);
  for (unsigned i = 1; i < bytes; ++i) {
    if (entry_of(pmp, entries, address + i) != entry) return false;
  }
  if (!entry) return privilege == m;
  const std::uint64_t cfg = pmp.configuration(*entry / 8 * 2) >> (*entry % 8 * 8) & 0xFF;
  if (privilege == m && (cfg & locked) == 0) return true;
  const std::uint64_t needed = access == Access::fetch ? x : access == Access::load ? r : w;
  return (cfg & needed) != 0;
}

TEST(Pmp, AgreesWithAReferenceOnRandomEntriesAndAccesses) {
  constexpr std::uint64_t seed = 43;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::uint64_t random = seed;
  for (int round = 0; round < 100; ++round) {
    const unsigned entries = round % 2 == 0 ? 16 : 64;
    Pmp pmp(entries);
    for (unsigned i = 0; i < entries; ++i) {
      pmp.set_address(i, next_random(random) >> 33 & 0xFF);  // 1 KiB of memory
    }
    for (unsigned word = 0; word < entries / 4; word += 2) {
      // Mostly off, so that memory shows between the entries.
      pmp.set_configuration(word, next_random(random) & next_random(random) & next_random(random));
    }
    for (int i = 0; i < 30; ++i) {
      const Address address = next_random(random) >> 33 & 0x3FF;
      const auto bytes = 1U << (next_random(random) >> 40 & 3);
      const auto access = static_cast<Access>((next_random(random) >> 40) % 3);
      const Privilege privilege = (next_random(random) >> 40 & 1) != 0 ? s : m;
      ASSERT_EQ(pmp.allows(address, bytes, access, privilege),
                reference(pmp, entries, address, bytes, access, privilege))
          << "round " << round << " address " << address << " bytes " << bytes;
      const auto verdict = pmp.check(address, access, privilege);
      ASSERT_LE(verdict.first, address);
      ASSERT_GE(verdict.last, address);
      for (Address byte = verdict.first; byte <= std::min<Address>(verdict.last, 0x3FF); ++byte) {
        ASSERT_EQ(verdict.allowed, reference(pmp, entries, byte, 1, access, privilege)) << byte;
      }
    }
  }
}

}  // namespace
}  // namespace kilburn::riscv
