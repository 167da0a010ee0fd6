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

// Ticks of 100 cycles.
TEST(MachineTime, GoesOnFromWhatItWasSetTo) {
  MachineTime time(Timebase(1, 100));
  EXPECT_EQ(time.at(199), 1u);
  time.set(1000, 250);  // within the third tick, at 200
  EXPECT_EQ(time.at(250), 1000u);
  EXPECT_EQ(time.at(299), 1000u);
  EXPECT_EQ(time.at(300), 1001u);
  time.set(5, 1000);
  EXPECT_EQ(time.at(1100), 6u);
}

TEST(MachineTime, IsWhatItWasSetToForAHartThatIsBehind) {
  MachineTime time(Timebase(1, 100));
  time.set(7, 1000);
  EXPECT_EQ(time.at(0), 7u);
  EXPECT_EQ(time.at(1099), 7u);
  EXPECT_EQ(time.at(1100), 8u);
}

TEST(MachineTime, FirstCycleIsTheFirstAtWhichATimeHasCome) {
  MachineTime time(Timebase(3, 700));
  for (const std::uint64_t set_to : {0u, 1000u}) {
    time.set(set_to, 5000);
    EXPECT_EQ(time.first_cycle(set_to), 0u);
    EXPECT_EQ(time.first_cycle(set_to / 2), 0u);
    for (std::uint64_t wanted = set_to + 1; wanted < set_to + 50; ++wanted) {
      const Cycles cycle = time.first_cycle(wanted);
      EXPECT_EQ(time.at(cycle), wanted);
      EXPECT_LT(time.at(cycle - 1), wanted);
    }
  }
  time.set(0, 5000);
  EXPECT_EQ(time.first_cycle(UINT64_MAX), Timebase::never);
}

TEST(MachineTime, TellsItsWatchersOfEachSetting) {
  MachineTime time(Timebase(1, 100));
  unsigned told = 0;
  time.watch([&] { told += 1; });
  time.watch([&] { told += 10; });
  time.set(1, 0);
  time.set(1, 0);
  EXPECT_EQ(told, 22u);
}

}  // namespace
}  // namespace kilburn
