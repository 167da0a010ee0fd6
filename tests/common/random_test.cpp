#include "common/random.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace kilburn {
namespace {

TEST(Mix64, YieldsTheFirstOutputsOfSplitmix64) {
  // Vigna's splitmix64.c, started from 0: its state goes up by the golden ratio at each step.
  EXPECT_EQ(mix64(0), 0xE220A8397B1DCDAFU);
  EXPECT_EQ(mix64(0x9E3779B97F4A7C15U), 0x6E789E6AA1B965F4U);
  EXPECT_EQ(mix64(2 * 0x9E3779B97F4A7C15U), 0x06C45D188009454FU);
}

std::uint64_t unxorshift(std::uint64_t x, unsigned shift) {
  std::uint64_t result = x;
  for (unsigned done = shift; done < 64; done += shift) result = x ^ (result >> shift);
  return result;
}

/// Newton's iteration for the inverse of an odd number modulo 2^64.
std::uint64_t inverse(std::uint64_t odd) {
  std::uint64_t x = odd;
  for (int i = 0; i < 6; ++i) x *= 2 - odd * x;
  return x;
}

TEST(Mix64, CanBeUndoneSoItIsABijection) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t before = random();
    std::uint64_t x = unxorshift(mix64(before), 31);
    x = unxorshift(x * inverse(0x94D049BB133111EBU), 27);
    x = unxorshift(x * inverse(0xBF58476D1CE4E5B9U), 30);
    EXPECT_EQ(x - 0x9E3779B97F4A7C15U, before);
  }
}

TEST(NextRandom, YieldsTheFirstOutputOfXorshift64Star) {
  // From state 1: 1 >> 12 is 0; 1 ^ 1 << 25 is 33554433; that >> 27 is 0.
  std::uint64_t state = 1;
  const std::uint64_t output = next_random(state);
  EXPECT_EQ(state, 33554433);
  EXPECT_EQ(output, 33554433 * 0x2545F4914F6CDD1DU);
}

TEST(NextRandom, NeverReachesZeroNorRepeatsSoon) {
  std::uint64_t state = 42;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 10000; ++i) {
    (void)next_random(state);
    ASSERT_NE(state, 0);
    ASSERT_TRUE(seen.insert(state).second);
  }
}

}  // namespace
}  // namespace kilburn
