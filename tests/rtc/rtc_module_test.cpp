// The clock on the bus, its alarm in simulated time, and where its start comes from.
#include "rtc/rtc_module.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <systemc>

#include "common/bus_master.h"
#include "kilburn/board.h"

namespace kilburn::rtc::testing {
namespace {

using kilburn::testing::simulate;

const sc_core::sc_time period{1, sc_core::SC_NS};

struct Platform : InterruptSink {
  RtcModule rtc{"rtc", RtcConfig{.start_seconds = 100}, 1'000'000'000, Clock(period),
                4,     {*this, BOARD_IRQ_RTC}};
  kilburn::testing::BusMaster bus{"bus"};
  bool level = false;
  Platform() { bus.socket.bind(rtc.registers); }
  void set(unsigned /*line*/, bool value) override { level = value; }
};

TEST(RtcModule, TheAlarmInterruptsInTheKernelsTime) {
  Platform platform;
  auto& bus = platform.bus;
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  EXPECT_EQ(bus.read(RTC_TIME_LOW, 4), static_cast<std::uint32_t>(100'000'000'000 + 4));
  EXPECT_EQ(bus.read(RTC_TIME_HIGH, 4), 100'000'000'000u >> 32);
  bus.delay = sc_core::SC_ZERO_TIME;
  bus.write(RTC_IRQ_ENABLED, 1, 4);
  bus.write(RTC_ALARM_HIGH, 100'000'000'500u >> 32, 4);
  bus.write(RTC_ALARM_LOW, static_cast<std::uint32_t>(100'000'000'500u), 4);
  simulate(499 * period);
  EXPECT_FALSE(platform.level);
  simulate(period);
  EXPECT_TRUE(platform.level);
  platform.rtc.reset();
  EXPECT_FALSE(platform.level);

  const auto response = [&](std::uint64_t offset, unsigned length) {
    return bus.response(tlm::TLM_READ_COMMAND, offset, length);
  };
  EXPECT_EQ(response(RTC_TIME_LOW, 8), tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_EQ(response(RTC_TIME_LOW, 1), tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_EQ(response(2, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(response(BOARD_RTC_BYTES, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST(RtcModule, StartsAtTheConfiguredSecondOrWithTheHostsClock) {
  EXPECT_EQ(start_time({.start_seconds = 12, .host_clock = false}), 12'000'000'000u);
  const auto host = [] {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
  };
  const std::uint64_t before = host();
  const std::uint64_t start = start_time({.start_seconds = 12, .host_clock = true});
  EXPECT_LE(before, start);
  EXPECT_LE(start, host());
}

}  // namespace
}  // namespace kilburn::rtc::testing
