// Ticks and cycles against arithmetic of 128 bits.
#include "common/timebase.h"

#include <gtest/gtest.h>

#include "common/random.h"

namespace kilburn {
namespace {

TEST(Timebase, TicksAndFirstCycleAgreeWithWideArithmetic) {
  __extension__ using Wide = unsigned __int128;
  std::uint64_t state = 41;
  SCOPED_TRACE("seed 41");
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t ticks_hz = 1 + next_random(state) % 1'000'000'000;
    const std::uint64_t clock_hz = 1 + next_random(state) % 10'000'000'000;
    const Timebase timebase(ticks_hz, clock_hz);
    const Cycles cycles = next_random(state) >> (24 + next_random(state) % 40);
    const auto ticks = static_cast<std::uint64_t>(Wide{cycles} * ticks_hz / clock_hz);
    ASSERT_EQ(timebase.ticks(cycles), ticks);
    const auto first = static_cast<Cycles>((Wide{ticks} * clock_hz + ticks_hz - 1) / ticks_hz);
    ASSERT_EQ(timebase.first_cycle(ticks), first);
    ASSERT_EQ(timebase.ticks(first), ticks);
    if (first != 0) {
      ASSERT_LT(timebase.ticks(first - 1), ticks);
    }
  }
}

TEST(Timebase, ATickThatNoCycleCanHoldNeverComes) {
  EXPECT_EQ(Timebase(1, 2).first_cycle(UINT64_MAX), Timebase::never);
  EXPECT_EQ(Timebase(2, 3).first_cycle(UINT64_MAX), Timebase::never);
}

}  // namespace
}  // namespace kilburn
