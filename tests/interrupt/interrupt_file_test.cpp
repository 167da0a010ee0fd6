// Registers of an interrupt file, and the top interrupt that follows from them.
#include "interrupt/interrupt_file.h"

#include <gtest/gtest.h>

#include <bitset>

#include "common/random.h"

namespace kilburn::interrupt::testing {
namespace {

constexpr std::uint64_t ones = ~std::uint64_t{0};

unsigned eip(unsigned identity) {
  return IMSIC_EIP + identity / 64 * 2;
}
unsigned eie(unsigned identity) {
  return IMSIC_EIE + identity / 64 * 2;
}
std::uint64_t bit(unsigned identity) {
  return std::uint64_t{1} << identity % 64;
}

TEST(InterruptFile, AfterResetNothingIsPendingEnabledOrDelivered) {
  const InterruptFile file;
  for (unsigned select = IMSIC_EIDELIVERY; select <= IMSIC_LAST; ++select) {
    EXPECT_EQ(file.read(select), 0u) << select;
  }
  EXPECT_EQ(file.top_register(), 0u);
  EXPECT_FALSE(file.signal());
}

TEST(InterruptFile, AMessageMakesItsIdentityPending) {
  for (const unsigned identity : {1u, 63u, 64u, 200u, 255u}) {
    InterruptFile file;
    EXPECT_TRUE(file.set_pending(identity));
    EXPECT_EQ(file.read(eip(identity)), bit(identity));
  }
}

TEST(InterruptFile, AMessageOfNoIdentityIsIgnored) {
  InterruptFile file;
  for (const std::uint32_t identity : {0u, 256u, 2047u, 0x1'0001u, 0xFFFF'FFFFu}) {
    EXPECT_FALSE(file.set_pending(identity)) << identity;
  }
  for (unsigned select = IMSIC_EIP; select < IMSIC_EIE; select += 2) {
    EXPECT_EQ(file.read(select), 0u);
  }
}

TEST(InterruptFile, BitsWithoutAnIdentityAreReadOnlyZeros) {
  InterruptFile file;
  for (unsigned select = IMSIC_EIP; select <= IMSIC_LAST; select += 2) {
    file.write(select, ones);
    const bool first = select == IMSIC_EIP || select == IMSIC_EIE;
    const unsigned word = (select - IMSIC_EIP) % (IMSIC_EIE - IMSIC_EIP) / 2;
    EXPECT_EQ(file.read(select), word >= 4 ? 0 : first ? ones - 1 : ones) << std::hex << select;
  }
}

TEST(InterruptFile, ReservedRegistersReadZeroAndIgnoreWrites) {
  InterruptFile file;
  for (const unsigned select : {0x71u, 0x73u, 0x78u, 0x7Fu}) {
    file.write(select, ones);
    EXPECT_EQ(file.read(select), 0u);
  }
  EXPECT_FALSE(file.signal());
}

TEST(InterruptFile, TheLeastIdentityThatIsPendingAndEnabledIsOnTop) {
  InterruptFile file;
  file.write(eie(70), bit(70) | bit(90));
  file.set_pending(3);  // not enabled
  file.set_pending(90);
  EXPECT_EQ(file.top_register(), 90u << 16 | 90);
  file.set_pending(70);
  EXPECT_EQ(file.top_register(), 70u << 16 | 70);
  file.write(eie(3), bit(3));
  EXPECT_EQ(file.top_register(), 3u << 16 | 3);
}

TEST(InterruptFile, AThresholdHidesItselfAndWhatIsAboveIt) {
  InterruptFile file;
  file.write(eie(20), bit(20));
  file.set_pending(20);
  file.write(IMSIC_EIDELIVERY, 1);
  for (const unsigned threshold : {0u, 21u, 255u}) {
    file.write(IMSIC_EITHRESHOLD, threshold);
    EXPECT_EQ(file.read(IMSIC_EITHRESHOLD), threshold);
    EXPECT_EQ(file.top(), 20u) << threshold;
    EXPECT_TRUE(file.signal());
  }
  for (const unsigned threshold : {1u, 19u, 20u}) {
    file.write(IMSIC_EITHRESHOLD, threshold);
    EXPECT_EQ(file.top(), 0u) << threshold;
    EXPECT_FALSE(file.signal());
  }
}

TEST(InterruptFile, DeliveryDecidesOnTheSignalAndOnNothingElse) {
  InterruptFile file;
  file.write(eie(5), bit(5));
  file.set_pending(5);
  EXPECT_FALSE(file.signal());
  EXPECT_EQ(file.top(), 5u);
  file.write(IMSIC_EIDELIVERY, 1);
  EXPECT_TRUE(file.signal());
  file.write(IMSIC_EIDELIVERY, 0x4000'0000);  // not supported
  EXPECT_EQ(file.read(IMSIC_EIDELIVERY), 0u);
  EXPECT_FALSE(file.signal());
}

TEST(InterruptFile, AClaimClearsTheTopAlone) {
  InterruptFile file;
  file.write(eie(5), bit(5) | bit(9));
  file.set_pending(5);
  file.set_pending(9);
  file.set_pending(2);
  EXPECT_TRUE(file.claim());
  EXPECT_EQ(file.read(eip(5)), bit(9) | bit(2));
  EXPECT_TRUE(file.claim());
  EXPECT_FALSE(file.claim());
  EXPECT_EQ(file.read(eip(2)), bit(2));
}

TEST(InterruptFile, TheTopIsThatOfTwoSetsOfNumbers) {
  constexpr std::uint64_t seed = 7;
  SCOPED_TRACE(seed);
  std::uint64_t random = seed;
  InterruptFile file;
  std::bitset<256> pending;
  std::bitset<256> enabled;
  unsigned threshold = 0;
  for (int step = 0; step < 20'000; ++step) {
    const auto identity = static_cast<unsigned>(next_random(random) % 255 + 1);
    switch (next_random(random) % 6) {
      case 0:
      case 1:
        file.set_pending(identity);
        pending.set(identity);
        break;
      case 2:
        file.write(eie(identity), file.read(eie(identity)) ^ bit(identity));
        enabled.flip(identity);
        break;
      case 3:
        file.write(eip(identity), file.read(eip(identity)) & ~bit(identity));
        pending.reset(identity);
        break;
      case 4:
        threshold = next_random(random) % 4 == 0 ? identity : 0;
        file.write(IMSIC_EITHRESHOLD, threshold);
        break;
      default:
        if (const unsigned top = file.top(); top != 0) pending.reset(top);
        file.claim();
        break;
    }
    unsigned expected = 0;
    for (unsigned i = 255; i != 0; --i) {
      if (pending[i] && enabled[i] && (threshold == 0 || i < threshold)) expected = i;
    }
    ASSERT_EQ(file.top(), expected) << "step " << step;
  }
}

}  // namespace
}  // namespace kilburn::interrupt::testing
