// ACLINT and PLIC on the bus: lengths, alignment, time.
#include <gtest/gtest.h>

#include <systemc>

#include "interrupt_platform.h"
#include "kilburn/board.h"

namespace kilburn::interrupt::testing {
namespace {

class InterruptModule : public ::testing::Test {
 protected:
  void SetUp() override {
    platform_->aclint.reset();
    platform_->plic.plic().reset();
    aclint.delay = plic.delay = sc_core::SC_ZERO_TIME;
  }
  static Cycles now() { return Clock(period).count(sc_core::sc_time_stamp()); }
  bool mtip(unsigned hart) const { return platform_->harts[hart][hart_line::machine_timer]; }

  Platform* const platform_ = &platform();
  BusMaster& aclint = platform_->to_aclint;
  BusMaster& plic = platform_->to_plic;
};

TEST_F(InterruptModule, AnAccessTakesRegisterCyclesAndActsAtItsEnd) {
  const std::uint64_t before = platform_->time.at(now());
  aclint.delay = static_cast<double>(50 * tick - register_cycles) * period;
  const Cycles end = now() + 50 * tick;
  EXPECT_EQ(aclint.read(ACLINT_MTIME, 8), platform_->time.at(end));
  EXPECT_EQ(aclint.read(ACLINT_MTIME, 8) - before, 50u);
  EXPECT_EQ(aclint.delay, static_cast<double>(50 * tick + register_cycles) * period);
}

TEST_F(InterruptModule, AclintAcceptsWordsAndOfTheTimerDoubleWords) {
  const auto response = [&](std::uint64_t offset, unsigned length) {
    return aclint.response(tlm::TLM_READ_COMMAND, offset, length);
  };
  EXPECT_EQ(response(ACLINT_MSIP, 4), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(response(ACLINT_MSIP, 8), tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_EQ(response(ACLINT_MTIMECMP, 4), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(response(ACLINT_MTIMECMP, 8), tlm::TLM_OK_RESPONSE);
  for (const unsigned length : {1u, 2u, 3u, 16u}) {
    EXPECT_EQ(response(ACLINT_MTIME - 8, length), tlm::TLM_BURST_ERROR_RESPONSE) << length;
  }
  EXPECT_EQ(response(ACLINT_MTIMECMP + 4, 8), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(response(ACLINT_MSIP + 2, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(response(BOARD_ACLINT_BYTES, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_F(InterruptModule, PlicAcceptsWordsOnly) {
  for (const unsigned length : {1u, 2u, 8u, 64u}) {
    EXPECT_EQ(plic.response(tlm::TLM_WRITE_COMMAND, PLIC_PRIORITY, length),
              tlm::TLM_BURST_ERROR_RESPONSE);
  }
  EXPECT_EQ(plic.response(tlm::TLM_READ_COMMAND, PLIC_PRIORITY + 1, 4),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(plic.response(tlm::TLM_READ_COMMAND, BOARD_PLIC_BYTES, 4),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_F(InterruptModule, ARefusedAccessChangesNothingAndTakesNoTime) {
  plic.write(PLIC_PRIORITY + 4, 3, 4);
  plic.delay = sc_core::SC_ZERO_TIME;
  unsigned char enables[4] = {TLM_BYTE_ENABLED, 0, 0, 0};
  std::uint32_t value = 7;
  EXPECT_EQ(plic.access(tlm::TLM_WRITE_COMMAND, PLIC_PRIORITY + 4, &value, 4, enables),
            tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  EXPECT_EQ(plic.access(tlm::TLM_IGNORE_COMMAND, PLIC_PRIORITY + 4, &value, 4),
            tlm::TLM_COMMAND_ERROR_RESPONSE);
  EXPECT_EQ(plic.delay, sc_core::SC_ZERO_TIME);
  EXPECT_EQ(plic.read(PLIC_PRIORITY + 4, 4), 3u);
}

TEST_F(InterruptModule, ADeviceLineReachesTheHartThroughTheRegisters) {
  platform_->plic.plic().set(BOARD_IRQ_RTC, true);
  plic.write(PLIC_PRIORITY + 4 * BOARD_IRQ_RTC, 1, 4);
  plic.write(PLIC_ENABLE + 3 * PLIC_ENABLE_STRIDE, 1u << BOARD_IRQ_RTC, 4);
  EXPECT_TRUE(platform_->harts[1][hart_line::supervisor_external]);
  EXPECT_EQ(plic.read(PLIC_CONTEXT + 3 * PLIC_CONTEXT_STRIDE + PLIC_CLAIM, 4), BOARD_IRQ_RTC);
  EXPECT_FALSE(platform_->harts[1][hart_line::supervisor_external]);
  platform_->plic.plic().set(BOARD_IRQ_RTC, false);
}

TEST_F(InterruptModule, TheTimerRaisesItsHartsLineInTheKernelsTime) {
  const std::uint64_t mtime = aclint.read(ACLINT_MTIME, 8);
  aclint.delay = sc_core::SC_ZERO_TIME;
  aclint.write(ACLINT_MTIMECMP + 8, mtime + 20, 8);
  const Cycles rises = platform_->aclint.aclint().next_event(1);
  simulate(static_cast<double>(rises - now() - 1) * period);
  EXPECT_FALSE(mtip(1));
  simulate(period);
  EXPECT_TRUE(mtip(1));
  EXPECT_FALSE(mtip(0));
}

TEST_F(InterruptModule, AMovedTimerDoesNotGoOffAtItsOldTime) {
  const std::uint64_t mtime = aclint.read(ACLINT_MTIME, 8);
  aclint.delay = sc_core::SC_ZERO_TIME;
  aclint.write(ACLINT_MTIMECMP, mtime + 20, 8);
  aclint.write(ACLINT_MTIMECMP, mtime + 40, 8);
  simulate(25.0 * tick * period);
  EXPECT_FALSE(mtip(0));
  simulate(20.0 * tick * period);
  EXPECT_TRUE(mtip(0));
}

TEST_F(InterruptModule, AHartAheadOfTheKernelRaisesItsTimerItself) {
  const std::uint64_t mtime = aclint.read(ACLINT_MTIME, 8);
  aclint.delay = sc_core::SC_ZERO_TIME;
  aclint.write(ACLINT_MTIMECMP, mtime + 20, 8);
  platform_->aclint.aclint().update(0, platform_->aclint.aclint().next_event(0));
  EXPECT_TRUE(mtip(0));
  simulate(30.0 * tick * period);
  EXPECT_TRUE(mtip(0));
  EXPECT_EQ(platform_->harts[0].changes % 2, 1u);
}

TEST_F(InterruptModule, ATimerBeyondTheEndOfTimeIsNotScheduled) {
  aclint.write(ACLINT_MTIMECMP, UINT64_MAX - 1, 8);
  simulate(100.0 * tick * period);
  EXPECT_FALSE(mtip(0));
  EXPECT_FALSE(platform_->aclint.timer_event(0).triggered());
}

TEST_F(InterruptModule, TimerEventsHappenForWhoWaitsForThem) {
  const std::uint64_t mtime = aclint.read(ACLINT_MTIME, 8);
  aclint.delay = sc_core::SC_ZERO_TIME;
  aclint.write(ACLINT_MTIMECMP + 8, mtime + 10, 8);
  const Cycles rises = platform_->aclint.aclint().next_event(1);
  Cycles woken = 0;
  sc_core::sc_spawn([&] {
    sc_core::wait(platform_->aclint.timer_event(1));
    woken = now();
  });
  simulate(50.0 * tick * period);
  EXPECT_EQ(woken, rises);
}

}  // namespace
}  // namespace kilburn::interrupt::testing
