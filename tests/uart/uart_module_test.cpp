// The UART on the bus, and its time-out in simulated time.
#include "uart/uart_module.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <systemc>

#include "common/bus_master.h"

namespace kilburn::uart::testing {
namespace {

using kilburn::testing::simulate;

constexpr std::uint64_t cycles_hz = 1'000'000'000;
constexpr Cycles register_cycles = 3;
const sc_core::sc_time period{1, sc_core::SC_NS};

struct Platform : ByteSink, InterruptSink {
  UartModule uart{"uart", cycles_hz, Clock(period), register_cycles, *this, {*this, 10}};
  kilburn::testing::BusMaster bus{"bus"};
  std::string output;
  bool level = false;
  Platform() { bus.socket.bind(uart.registers); }
  void put(std::uint8_t byte) override { output.push_back(static_cast<char>(byte)); }
  void set(unsigned /*line*/, bool value) override { level = value; }
};

class UartModuleTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    platform_ = std::make_unique<Platform>();
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  static void TearDownTestSuite() { platform_.reset(); }
  void SetUp() override {
    platform_->uart.reset();
    platform_->output.clear();
    bus.delay = sc_core::SC_ZERO_TIME;
  }
  static Cycles now() { return Clock(period).count(sc_core::sc_time_stamp()); }
  static std::unique_ptr<Platform> platform_;
  kilburn::testing::BusMaster& bus = platform_->bus;
};
std::unique_ptr<Platform> UartModuleTest::platform_;

TEST_F(UartModuleTest, WiderAccessesAreOfTheByteAtTheirOffset) {
  bus.write(UART_LCR, UART_LCR_8_BITS, 1);
  bus.write(UART_THR, 0x4443'4241, 4);
  EXPECT_EQ(platform_->output, "A");
  EXPECT_EQ(bus.read(UART_THR, 8), 0u);
  bus.write(UART_SCR, 0x5A, 1);
  EXPECT_EQ(bus.read(UART_SCR, 1), 0x5Au);
  EXPECT_EQ(bus.delay, 5.0 * register_cycles * period);
}

TEST_F(UartModuleTest, AccessesBeyondTheRegistersOrAcrossThemAreAddressErrors) {
  EXPECT_EQ(bus.response(tlm::TLM_READ_COMMAND, UART_REGISTER_BYTES, 1),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(bus.response(tlm::TLM_READ_COMMAND, 5, 2), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(bus.response(tlm::TLM_READ_COMMAND, 0, 16), tlm::TLM_BURST_ERROR_RESPONSE);
}

TEST_F(UartModuleTest, TheTimeoutInterruptsInTheKernelsTime) {
  bus.write(UART_FCR, UART_FCR_ENABLE | UART_FCR_TRIGGER_8, 1);
  bus.write(UART_IER, UART_IER_RECEIVED, 1);
  platform_->uart.receive('x', now());
  const Cycles when = platform_->uart.uart().next_event();
  simulate(static_cast<double>(when - now() - 1) * period);
  EXPECT_FALSE(platform_->level);
  simulate(period);
  EXPECT_TRUE(platform_->level);
  EXPECT_EQ(bus.read(UART_RBR, 1), unsigned{'x'});
  EXPECT_FALSE(platform_->level);
}

TEST_F(UartModuleTest, AByteThatIsReadInTimeLeavesNoTimeout) {
  bus.write(UART_FCR, UART_FCR_ENABLE | UART_FCR_TRIGGER_8, 1);
  bus.write(UART_IER, UART_IER_RECEIVED, 1);
  platform_->uart.receive('x', now());
  EXPECT_EQ(bus.read(UART_RBR, 1), unsigned{'x'});
  simulate(sc_core::sc_time(1, sc_core::SC_SEC));
  EXPECT_FALSE(platform_->level);
}

}  // namespace
}  // namespace kilburn::uart::testing
