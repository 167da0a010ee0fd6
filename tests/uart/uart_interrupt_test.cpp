// The UART's interrupts and its receiver's time-out against the PC16550D's data sheet.
#include <gtest/gtest.h>

#include <string>

#include "uart/uart_world.h"

namespace kilburn::uart::testing {
namespace {

TEST(Uart, ReceivedDataInterruptFromTheTriggerOnUntilBelowIt) {
  const std::pair<unsigned, unsigned> triggers[] = {{UART_FCR_TRIGGER_1, 1},
                                                    {UART_FCR_TRIGGER_4, 4},
                                                    {UART_FCR_TRIGGER_8, 8},
                                                    {UART_FCR_TRIGGER_14, 14}};
  for (const auto& [bits, count] : triggers) {
    World world;
    world.set_up(bits, UART_IER_RECEIVED);
    world.receive(std::string(count - 1, 'x'));
    EXPECT_FALSE(world.line.level);
    world.receive("y");
    EXPECT_TRUE(world.line.level);
    EXPECT_EQ(world.interrupt(), UART_IIR_RECEIVED);
    EXPECT_TRUE(world.line.level) << "reading IIR does not clear it";
    (void)world.read(UART_RBR);
    EXPECT_FALSE(world.line.level);
  }
}

TEST(Uart, ReceivedDataInterruptNeedsItsEnable) {
  World world;
  world.set_up(UART_FCR_TRIGGER_1, 0xFF & ~(UART_IER_RECEIVED | UART_IER_THR_EMPTY));
  world.receive("x");
  EXPECT_FALSE(world.line.level);
  world.write(UART_IER, UART_IER_RECEIVED);
  EXPECT_TRUE(world.line.level);
}

// Four characters of 10 bits at 115200 (divisor 2): 40 * 16 * 2 / 3686400 s = 347222.2 ns.
TEST(Uart, BytesBelowTheTriggerTimeOutAfterFourCharacters) {
  World world;
  world.set_divisor(2);
  world.set_up(UART_FCR_TRIGGER_8, UART_IER_RECEIVED);
  world.receive("x");
  EXPECT_EQ(world.uart.next_event(), world.now + 347'223);
  world.uart.update(world.now + 347'222);
  EXPECT_FALSE(world.line.level);
  world.uart.update(world.now + 347'223);
  EXPECT_TRUE(world.line.level);
  EXPECT_EQ(world.interrupt(), UART_IIR_TIMEOUT);
  EXPECT_EQ(world.uart.next_event(), Timebase::never);
  EXPECT_EQ(world.read(UART_RBR), 'x');
  EXPECT_FALSE(world.line.level);
}

TEST(Uart, TheCharacterTimeFollowsLcrAndDivisor) {
  struct Case {
    unsigned line_control;
    unsigned half_bits;
  };
  for (const auto& [line_control, half_bits] :
       {Case{0, 14}, Case{UART_LCR_STOP, 15}, Case{UART_LCR_8_BITS | UART_LCR_PARITY, 22},
        Case{UART_LCR_8_BITS | UART_LCR_STOP, 22}, Case{2 | UART_LCR_PARITY | UART_LCR_STOP, 22}}) {
    World world;
    world.set_divisor(0x0180);
    world.set_up(UART_FCR_TRIGGER_8, UART_IER_RECEIVED);
    world.write(UART_LCR, line_control);
    world.receive("x");
    const double seconds = 4.0 * half_bits / 2 * 16 * 0x0180 / 3'686'400;
    EXPECT_NEAR(static_cast<double>(world.uart.next_event() - world.now), seconds * cycles_hz, 1.0);
  }
}

TEST(Uart, ADivisorOf0CountsAs1) {
  World world;
  world.set_divisor(0);
  world.set_up(UART_FCR_TRIGGER_8, UART_IER_RECEIVED);
  world.receive("x");
  EXPECT_EQ(world.uart.next_event(), world.now + 173'612);  // 40 * 16 / 3686400 s
}

TEST(Uart, EveryByteAndEveryReadRestartsTheTimeout) {
  World world;
  world.set_up(UART_FCR_TRIGGER_14, UART_IER_RECEIVED);
  world.receive("a");
  const Cycles wait = world.uart.next_event() - world.now;
  world.now += 100;
  world.receive("b");
  EXPECT_EQ(world.uart.next_event(), world.now + wait);
  world.now += 100;
  (void)world.read(UART_RBR);
  EXPECT_EQ(world.uart.next_event(), world.now + wait);
  (void)world.read(UART_RBR);
  EXPECT_EQ(world.uart.next_event(), Timebase::never) << "nothing is left to wait for";
}

TEST(Uart, WithoutFifosThereIsNoTimeout) {
  World world;
  world.receive("a");
  EXPECT_EQ(world.uart.next_event(), Timebase::never);
}

TEST(Uart, EnablingTheThrInterruptRaisesItSinceThrIsEmpty) {
  World world;
  world.write(UART_IER, UART_IER_THR_EMPTY);
  EXPECT_TRUE(world.line.level);
  EXPECT_EQ(world.interrupt(), UART_IIR_THR_EMPTY);
  EXPECT_FALSE(world.line.level) << "reading IIR has cleared it";
  EXPECT_EQ(world.interrupt(), UART_IIR_NONE);
  world.write(UART_IER, UART_IER_THR_EMPTY);
  EXPECT_FALSE(world.line.level) << "it was enabled before";
}

TEST(Uart, AWrittenByteRaisesTheThrInterruptAgain) {
  World world;
  world.write(UART_IER, UART_IER_THR_EMPTY);
  (void)world.read(UART_IIR);
  world.write(UART_THR, 'x');
  EXPECT_EQ(world.interrupt(), UART_IIR_THR_EMPTY);
}

TEST(Uart, ReadingIirClearsTheThrInterruptOnlyWhereItNamesIt) {
  World world;
  world.write(UART_IER, UART_IER_RECEIVED | UART_IER_THR_EMPTY);
  world.receive("x");
  EXPECT_EQ(world.interrupt(), UART_IIR_RECEIVED);
  (void)world.read(UART_RBR);
  EXPECT_EQ(world.interrupt(), UART_IIR_THR_EMPTY);
}

TEST(Uart, IirNamesInterruptsByPriority) {
  World world;
  world.set_up(UART_FCR_TRIGGER_14, 0x0F);
  world.write(UART_MCR, UART_MCR_LOOP);  // the modem's lines fall: a modem status interrupt
  world.write(UART_MCR, 0);
  world.receive("0123456789abcdefX");  // and an overrun
  EXPECT_EQ(world.interrupt(), UART_IIR_LINE_STATUS);
  (void)world.read(UART_LSR);
  EXPECT_EQ(world.interrupt(), UART_IIR_RECEIVED);
  for (int i = 0; i < 3; ++i) (void)world.read(UART_RBR);
  world.uart.update(world.uart.next_event());
  EXPECT_EQ(world.interrupt(), UART_IIR_TIMEOUT);
  (void)world.read(UART_RBR);
  EXPECT_EQ(world.interrupt(), UART_IIR_THR_EMPTY);
  EXPECT_EQ(world.interrupt(), UART_IIR_MODEM_STATUS);
  EXPECT_TRUE(world.line.level);
  (void)world.read(UART_MSR);
  EXPECT_EQ(world.interrupt(), UART_IIR_NONE);
  EXPECT_FALSE(world.line.level);
}

}  // namespace
}  // namespace kilburn::uart::testing
