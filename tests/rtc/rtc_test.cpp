// The Goldfish clock's registers, as QEMU 7.2 and Linux's rtc-goldfish use them.
#include "rtc/rtc.h"

#include <gtest/gtest.h>

#include <string>

#include "common/error.h"
#include "platform/configuration/config_file.h"

namespace kilburn::rtc::testing {
namespace {

constexpr std::uint64_t cycles_hz = 2'000'000'000;  // two cycles a nanosecond
constexpr std::uint64_t start = 1'704'067'200'000'000'000;

struct World final : InterruptSink {
  Rtc rtc{start, cycles_hz, {*this, 11}};
  bool level = false;
  unsigned changes = 0;
  Cycles now = 0;

  void set(unsigned line, bool value) override {
    EXPECT_EQ(line, 11u);
    level = value;
    ++changes;
  }
  std::uint32_t read(unsigned offset) { return rtc.read(offset, now); }
  void write(unsigned offset, std::uint64_t value) {
    rtc.write(offset, static_cast<std::uint32_t>(value), now);
  }
  std::uint64_t read_time() {
    const std::uint64_t low = read(RTC_TIME_LOW);
    return low | std::uint64_t{read(RTC_TIME_HIGH)} << 32;
  }
  /// In Linux's order.
  void set_alarm(std::uint64_t nanoseconds) {
    write(RTC_ALARM_HIGH, nanoseconds >> 32);
    write(RTC_ALARM_LOW, nanoseconds);
  }
};

TEST(Rtc, StartsWhereItIsToldAndRunsWithSimulatedTime) {
  World world;
  EXPECT_EQ(world.read_time(), start);
  world.now = 3 * cycles_hz + 2;
  EXPECT_EQ(world.read_time(), start + 3'000'000'001);
}

TEST(Rtc, ReadingTheLowHalfLatchesTheHighOne) {
  World world;
  world.write(RTC_TIME_HIGH, 5);
  world.write(RTC_TIME_LOW, 0xFFFF'FFFF);
  EXPECT_EQ(world.read(RTC_TIME_LOW), 0xFFFF'FFFFu);
  world.now += 2;  // the low half wraps
  EXPECT_EQ(world.read(RTC_TIME_HIGH), 5u);
  EXPECT_EQ(world.read(RTC_TIME_LOW), 0u);
  EXPECT_EQ(world.read(RTC_TIME_HIGH), 6u);
}

TEST(Rtc, WritingSetsTheClockHalfByHalf) {
  World world;
  world.now = 20;
  world.write(RTC_TIME_HIGH, 0x1234);
  EXPECT_EQ(world.read_time(), 0x1234ull << 32 | static_cast<std::uint32_t>(start + 10));
  world.write(RTC_TIME_LOW, 0x5678);
  EXPECT_EQ(world.read_time(), 0x1234'0000'5678u);
  world.now = 24;
  EXPECT_EQ(world.read_time(), 0x1234'0000'567Au);
}

TEST(Rtc, TheAlarmGoesOffAtItsNanosecond) {
  World world;
  world.write(RTC_IRQ_ENABLED, 1);
  world.set_alarm(start + 50);
  EXPECT_EQ(world.read(RTC_ALARM_STATUS), 1u);
  EXPECT_EQ(world.rtc.next_event(), 100u);
  world.rtc.update(99);
  EXPECT_FALSE(world.level);
  world.rtc.update(100);
  EXPECT_TRUE(world.level);
  EXPECT_EQ(world.read(RTC_ALARM_STATUS), 0u);
  EXPECT_EQ(world.rtc.next_event(), Timebase::never);
}

TEST(Rtc, AnAlarmOfThePastGoesOffAtOnce) {
  World world;
  world.now = 10;
  world.write(RTC_IRQ_ENABLED, 1);
  world.set_alarm(start + 5);
  EXPECT_TRUE(world.level);
  EXPECT_EQ(world.read(RTC_ALARM_STATUS), 0u);
}

TEST(Rtc, TheHighHalfOfTheAlarmDoesNotArmIt) {
  World world;
  world.write(RTC_ALARM_HIGH, 7);
  EXPECT_EQ(world.read(RTC_ALARM_STATUS), 0u);
  EXPECT_EQ(world.rtc.statistics().alarms, 0u);
}

TEST(Rtc, TheAlarmReadsAsWritten) {
  World world;
  world.set_alarm(0xFEDC'BA98'7654'3210);
  EXPECT_EQ(world.read(RTC_ALARM_LOW), 0x7654'3210u);
  EXPECT_EQ(world.read(RTC_ALARM_HIGH), 0xFEDC'BA98u);
}

TEST(Rtc, ClearAlarmDisarms) {
  World world;
  world.write(RTC_IRQ_ENABLED, 1);
  world.set_alarm(start + 50);
  world.write(RTC_CLEAR_ALARM, 1);
  EXPECT_EQ(world.read(RTC_ALARM_STATUS), 0u);
  EXPECT_EQ(world.rtc.next_event(), Timebase::never);
  world.rtc.update(1000);
  EXPECT_FALSE(world.level);
}

TEST(Rtc, AnAlarmWithoutEnableIsPendingUntilEnabled) {
  World world;
  world.set_alarm(start);
  EXPECT_FALSE(world.level);
  world.write(RTC_IRQ_ENABLED, 0xFFFF'FFFE);
  EXPECT_EQ(world.read(RTC_IRQ_ENABLED), 0u);
  world.write(RTC_IRQ_ENABLED, 0xFFFF'FFFF);
  EXPECT_EQ(world.read(RTC_IRQ_ENABLED), 1u);
  EXPECT_TRUE(world.level);
}

TEST(Rtc, ClearInterruptAcknowledges) {
  World world;
  world.write(RTC_IRQ_ENABLED, 1);
  world.set_alarm(start);
  world.write(RTC_CLEAR_INTERRUPT, 1);
  EXPECT_FALSE(world.level);
  world.write(RTC_IRQ_ENABLED, 0);
  world.write(RTC_IRQ_ENABLED, 1);
  EXPECT_FALSE(world.level) << "it does not come back";
}

TEST(Rtc, SettingTheClockMovesAnArmedAlarm) {
  World world;
  world.write(RTC_IRQ_ENABLED, 1);
  const std::uint64_t alarm = 1000ull << 32;
  world.write(RTC_TIME_HIGH, 10);
  world.write(RTC_TIME_LOW, 0);
  world.set_alarm(alarm);
  EXPECT_EQ(world.rtc.next_event(), (alarm - (10ull << 32)) * 2);
  world.write(RTC_TIME_HIGH, 999);
  EXPECT_EQ(world.rtc.next_event(), (alarm - (999ull << 32)) * 2);
  EXPECT_FALSE(world.level);
  world.write(RTC_TIME_HIGH, 1000);
  EXPECT_TRUE(world.level);
}

TEST(Rtc, AnAlarmBeyondAllCyclesNeverComes) {
  World world;
  world.now = 5;
  world.write(RTC_TIME_HIGH, 0);
  world.write(RTC_TIME_LOW, 0);
  world.set_alarm(UINT64_MAX);
  EXPECT_EQ(world.rtc.next_event(), Timebase::never);
  world.rtc.update(UINT64_MAX - 1);
  EXPECT_EQ(world.read(RTC_ALARM_STATUS), 1u);
}

TEST(Rtc, WhatIsNoRegisterReadsZeroAndIgnoresWrites) {
  World world;
  world.write(RTC_ALARM_STATUS, 1);
  world.write(0x20, 1);
  for (const unsigned offset : {0x14u, 0x18u, 0x1Cu, 0x20u, 0xFFCu}) {
    EXPECT_EQ(world.read(offset), 0u) << offset;
  }
  EXPECT_EQ(world.changes, 0u);
}

TEST(Rtc, ResetSwitchesAlarmAndInterruptOffAndTheClockGoesOn) {
  World world;
  world.write(RTC_IRQ_ENABLED, 1);
  world.set_alarm(start);
  world.set_alarm(start + 500);
  world.now = 20;
  world.rtc.reset();
  EXPECT_FALSE(world.level);
  EXPECT_EQ(world.read(RTC_ALARM_STATUS), 0u);
  EXPECT_EQ(world.read(RTC_IRQ_ENABLED), 0u);
  EXPECT_EQ(world.read_time(), start + 10);
}

TEST(Rtc, CountsAlarmsAndInterrupts) {
  World world;
  world.set_alarm(start);
  world.write(RTC_IRQ_ENABLED, 1);
  world.set_alarm(start);
  world.write(RTC_CLEAR_INTERRUPT, 0);
  world.set_alarm(start);
  const RtcStatistics expected{.alarms = 3, .interrupts = 2};
  EXPECT_EQ(world.rtc.statistics(), expected);
}

TEST(Rtc, AStartThatNanosecondsCannotHoldIsRefused) {
  RtcConfig config;
  EXPECT_THROW(configure(config, "", {"start_seconds=9000000001"}), InputError);
  EXPECT_NO_THROW(configure(config, "", {"start_seconds=9000000000"}));
}

}  // namespace
}  // namespace kilburn::rtc::testing
