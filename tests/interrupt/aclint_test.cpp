// The ACLINT's registers and lines. Cycles of 2 GHz: 200 of them are a tick of mtime.
#include "interrupt/aclint.h"

#include <gtest/gtest.h>

#include <array>

#include "kilburn/board.h"
#include "recorded_lines.h"

namespace kilburn::interrupt::testing {
namespace {

constexpr std::uint64_t cycles_hz = 2'000'000'000;
constexpr Cycles tick = cycles_hz / BOARD_TIMEBASE_HZ;
constexpr unsigned msip = hart_line::machine_software;
constexpr unsigned mtip = hart_line::machine_timer;

constexpr unsigned msip_of(unsigned hart) {
  return ACLINT_MSIP + ACLINT_MSIP_STRIDE * hart;
}
constexpr unsigned mtimecmp_of(unsigned hart) {
  return ACLINT_MTIMECMP + ACLINT_MTIMECMP_STRIDE * hart;
}

struct World {
  explicit World(std::uint64_t frequency = cycles_hz)
      : time(Timebase(BOARD_TIMEBASE_HZ, frequency)), aclint(time, sinks()) {}
  std::array<RecordedLines, 2> harts;
  std::array<InterruptSink*, 2> sinks() { return {&harts[0], &harts[1]}; }
  MachineTime time;
  Aclint aclint;
};

TEST(Aclint, MsipDrivesTheSoftwareInterruptOfItsHartOnly) {
  World world;
  world.aclint.write(msip_of(1), 4, 1, 0);
  EXPECT_FALSE(world.harts[0][msip]);
  EXPECT_TRUE(world.harts[1][msip]);
  EXPECT_EQ(world.aclint.read(msip_of(0), 4, 0), 0u);
  EXPECT_EQ(world.aclint.read(msip_of(1), 4, 0), 1u);
  world.aclint.write(msip_of(1), 4, 0, 0);
  EXPECT_FALSE(world.harts[1][msip]);
}

TEST(Aclint, OnlyBit0OfMsipIsWritable) {
  World world;
  world.aclint.write(msip_of(0), 4, 0xFFFF'FFFE, 0);
  EXPECT_FALSE(world.harts[0][msip]);
  world.aclint.write(msip_of(0), 4, 0xFFFF'FFFF, 0);
  EXPECT_EQ(world.aclint.read(msip_of(0), 4, 0), 1u);
}

TEST(Aclint, RegistersOfHartsThatTheBoardHasNotReadZeroAndIgnoreWrites) {
  World world;
  for (const unsigned offset : {msip_of(2), msip_of(4094), mtimecmp_of(2), mtimecmp_of(4000)}) {
    world.aclint.write(offset, 4, 1, 0);
    EXPECT_EQ(world.aclint.read(offset, 4, 0), 0u) << offset;
  }
  EXPECT_EQ(world.harts[0].changes + world.harts[1].changes, 0u);
}

TEST(Aclint, MtimeStepsAtTheCycleThatCompletesATick) {
  World world;
  EXPECT_EQ(world.aclint.read(ACLINT_MTIME, 8, tick - 1), 0u);
  EXPECT_EQ(world.aclint.read(ACLINT_MTIME, 8, tick), 1u);
  EXPECT_EQ(world.time.at(1000 * tick - 1), 999u);
  EXPECT_EQ(world.time.at(1000 * tick), 1000u);
}

TEST(Aclint, MtimeDoesNotDriftAtAFrequencyThatIsNoMultipleOfTheTimebase) {
  World world(1'999'999'973);
  const Cycles day = Cycles{86'400} * 1'999'999'973;
  EXPECT_EQ(world.time.at(day - 1), 86'400u * BOARD_TIMEBASE_HZ - 1);
  EXPECT_EQ(world.time.at(day), 86'400u * BOARD_TIMEBASE_HZ);
}

TEST(Aclint, ASlowerClockThanTheTimebaseSkipsTicks) {
  World world(4'000'000);
  EXPECT_EQ(world.time.at(1), 2u);
  EXPECT_EQ(world.time.at(2), 5u);
}

TEST(Aclint, MtimeIsReadByHalves) {
  World world;
  world.aclint.write(ACLINT_MTIME, 8, 0x1234'5678'9ABC'DEF0, 0);
  EXPECT_EQ(world.aclint.read(ACLINT_MTIME, 4, 0), 0x9ABC'DEF0u);
  EXPECT_EQ(world.aclint.read(ACLINT_MTIME + 4, 4, 0), 0x1234'5678u);
}

TEST(Aclint, AWrittenMtimeRunsOnFromItsNewValue) {
  World world;
  world.aclint.write(ACLINT_MTIME, 8, 1'000'000, 10 * tick);
  EXPECT_EQ(world.time.at(10 * tick), 1'000'000u);
  EXPECT_EQ(world.time.at(15 * tick), 1'000'005u);
}

TEST(Aclint, AWriteToAHalfOfMtimeKeepsTheOther) {
  World world;
  world.aclint.write(ACLINT_MTIME + 4, 4, 7, 5 * tick);
  EXPECT_EQ(world.time.at(5 * tick), 0x7'0000'0005u);
  world.aclint.write(ACLINT_MTIME, 4, 0xFFFF'FFFF, 6 * tick);
  EXPECT_EQ(world.time.at(6 * tick), 0x7'FFFF'FFFFu);
  EXPECT_EQ(world.time.at(7 * tick), 0x8'0000'0000u);
}

TEST(Aclint, ResetLeavesNoTimerPending) {
  World world;
  EXPECT_EQ(world.aclint.read(mtimecmp_of(0), 8, 0), UINT64_MAX);
  EXPECT_EQ(world.aclint.next_event(0), Timebase::never);
}

TEST(Aclint, MtipRisesAtTheCycleWhereMtimeReachesMtimecmp) {
  World world;
  world.aclint.write(mtimecmp_of(1), 8, 50, 3);
  const Cycles rises = world.aclint.next_event(1);
  EXPECT_EQ(rises, 50 * tick);
  world.aclint.update(1, rises - 1);
  EXPECT_FALSE(world.harts[1][mtip]);
  world.aclint.update(1, rises);
  EXPECT_TRUE(world.harts[1][mtip]);
  EXPECT_FALSE(world.harts[0][mtip]);
}

TEST(Aclint, AMtimecmpOfThePastRaisesMtipAtOnceAndALaterOneLowersIt) {
  World world;
  world.aclint.write(mtimecmp_of(0), 8, 50, 50 * tick);
  EXPECT_TRUE(world.harts[0][mtip]);
  EXPECT_LE(world.aclint.next_event(0), 50 * tick);
  world.aclint.write(mtimecmp_of(0), 8, 51, 50 * tick);
  EXPECT_FALSE(world.harts[0][mtip]);
  EXPECT_EQ(world.aclint.next_event(0), 51 * tick);
}

TEST(Aclint, MtimecmpIsWrittenAndReadByHalves) {
  World world;
  world.aclint.write(mtimecmp_of(1), 4, 20, 0);
  EXPECT_EQ(world.aclint.read(mtimecmp_of(1), 8, 0), 0xFFFF'FFFF'0000'0014u);
  world.aclint.write(mtimecmp_of(1) + 4, 4, 0, 0);
  EXPECT_EQ(world.aclint.read(mtimecmp_of(1) + 4, 4, 0), 0u);
  EXPECT_EQ(world.aclint.read(mtimecmp_of(1), 4, 0), 20u);
  EXPECT_EQ(world.aclint.next_event(1), 20 * tick);
  EXPECT_EQ(world.aclint.read(mtimecmp_of(0), 8, 0), UINT64_MAX);
}

TEST(Aclint, WritingMtimeMovesEveryHartsNextEvent) {
  World world;
  world.aclint.write(mtimecmp_of(0), 8, 1000, 0);
  world.aclint.write(mtimecmp_of(1), 8, 5000, 0);
  world.aclint.write(ACLINT_MTIME, 8, 2000, 100 * tick);
  EXPECT_TRUE(world.harts[0][mtip]);
  EXPECT_FALSE(world.harts[1][mtip]);
  EXPECT_EQ(world.aclint.next_event(1), 3100 * tick);
  world.aclint.write(ACLINT_MTIME, 8, 10, 100 * tick);
  EXPECT_FALSE(world.harts[0][mtip]);
  EXPECT_EQ(world.aclint.next_event(0), 1090 * tick);
}

TEST(Aclint, AHartThatLagsDoesNotTakeBackATimerInterrupt) {
  World world;
  world.aclint.write(mtimecmp_of(0), 8, 10, 0);
  world.aclint.update(0, 10 * tick);
  world.aclint.update(0, 9 * tick);
  EXPECT_TRUE(world.harts[0][mtip]);
}

TEST(Aclint, ATimerBeyondAllCyclesNeverComes) {
  World world;
  world.aclint.write(ACLINT_MTIME, 8, 1, 1000 * tick);
  world.aclint.write(mtimecmp_of(0), 8, UINT64_MAX - 1, 1000 * tick);
  EXPECT_EQ(world.aclint.next_event(0), Timebase::never);
}

TEST(Aclint, ResetLowersAllLinesAndSetsTheRegistersBack) {
  World world;
  world.aclint.write(msip_of(0), 4, 1, 0);
  world.aclint.write(mtimecmp_of(1), 8, 0, 0);
  world.aclint.write(ACLINT_MTIME, 8, 77, 0);
  world.aclint.reset();
  EXPECT_FALSE(world.harts[0][msip]);
  EXPECT_FALSE(world.harts[1][mtip]);
  EXPECT_EQ(world.aclint.read(mtimecmp_of(1), 8, 0), UINT64_MAX);
  EXPECT_EQ(world.aclint.next_event(1), Timebase::never);
  EXPECT_EQ(world.time.at(0), 0u);
}

TEST(Aclint, CountsRisesAndTimerWrites) {
  World world;
  world.aclint.write(msip_of(0), 4, 1, 0);
  world.aclint.write(msip_of(0), 4, 1, 0);
  world.aclint.write(mtimecmp_of(1), 8, 1, 0);
  world.aclint.update(1, tick);
  world.aclint.update(1, 2 * tick);
  world.aclint.write(ACLINT_MTIME, 8, 100, 0);
  const AclintStatistics& counted = world.aclint.statistics();
  EXPECT_EQ(counted.software_interrupts, 1u);
  EXPECT_EQ(counted.timer_interrupts, 1u);
  EXPECT_EQ(counted.timer_writes, 2u);
}

}  // namespace
}  // namespace kilburn::interrupt::testing
