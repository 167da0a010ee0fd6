// The UART's registers and FIFOs against the PC16550D's data sheet.
#include <gtest/gtest.h>

#include <string>

#include "uart/uart_world.h"

namespace kilburn::uart::testing {
namespace {

TEST(Uart, RegistersAfterReset) {
  World world;
  EXPECT_EQ(world.read(UART_IER), 0u);
  EXPECT_EQ(world.read(UART_IIR), UART_IIR_NONE);
  EXPECT_EQ(world.read(UART_LCR), 0u);
  EXPECT_EQ(world.read(UART_LSR), UART_LSR_THR_EMPTY | UART_LSR_TRANSMITTER_EMPTY);
  EXPECT_EQ(world.read(UART_MSR), UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD);
  EXPECT_FALSE(world.line.level);
}

TEST(Uart, AWrittenByteGoesOutAtOnceAndTheTransmitterIsEmptyAgain) {
  World world;
  world.write(UART_LCR, UART_LCR_8_BITS);
  for (const char byte : std::string_view("Hallo\xFF")) {
    world.write(UART_THR, static_cast<std::uint8_t>(byte));
    EXPECT_EQ(world.read(UART_LSR), UART_LSR_THR_EMPTY | UART_LSR_TRANSMITTER_EMPTY);
  }
  EXPECT_EQ(world.output.text, "Hallo\xFF");
}

TEST(Uart, ACharacterHasEightBitsUntilLcrIsWritten) {
  World world;
  EXPECT_EQ(world.read(UART_LCR), 0u);
  world.write(UART_THR, 0xC3);
  EXPECT_EQ(world.output.text, "\xC3");
  world.write(UART_LCR, 0);
  world.write(UART_THR, 0xC3);
  EXPECT_EQ(world.output.text, "\xC3\x03");
  world.uart.reset();
  world.write(UART_THR, 0xC3);
  EXPECT_EQ(world.output.text, "\xC3\x03\xC3");
}

TEST(Uart, ACharacterHasTheBitsThatLcrSays) {
  World world;
  for (unsigned length = 0; length < 4; ++length) {
    world.write(UART_LCR, length);
    world.write(UART_THR, 0xFF);
  }
  EXPECT_EQ(world.output.text, "\x1F\x3F\x7F\xFF");
}

TEST(Uart, DlabPutsTheDivisorInThePlaceOfDataAndEnables) {
  World world;
  world.write(UART_IER, UART_IER_RECEIVED);
  world.write(UART_LCR, UART_LCR_DLAB);
  world.write(UART_DLL, 0x34);
  world.write(UART_DLM, 0x12);
  EXPECT_EQ(world.read(UART_DLL), 0x34);
  EXPECT_EQ(world.read(UART_DLM), 0x12);
  EXPECT_EQ(world.output.text, "");
  world.receive("x");
  EXPECT_EQ(world.read(UART_DLL), 0x34);
  world.write(UART_LCR, 0);
  EXPECT_EQ(world.read(UART_IER), UART_IER_RECEIVED);
  EXPECT_EQ(world.read(UART_RBR), 'x');
}

TEST(Uart, ScratchHoldsWhatIsWritten) {
  World world;
  for (const unsigned value : {0xA5u, 0x5Au}) {
    world.write(UART_SCR, value);
    EXPECT_EQ(world.read(UART_SCR), value);
  }
}

TEST(Uart, StatusRegistersAreReadOnly) {
  World world;
  world.write(UART_LSR, 0xFF);
  world.write(UART_MSR, 0xFF);
  EXPECT_EQ(world.read(UART_LSR), UART_LSR_THR_EMPTY | UART_LSR_TRANSMITTER_EMPTY);
  EXPECT_EQ(world.read(UART_MSR), UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD);
}

TEST(Uart, IerHoldsFourBitsAndMcrFive) {
  World world;
  world.write(UART_IER, 0xF0);
  EXPECT_EQ(world.read(UART_IER), 0u);
  world.write(UART_MCR, 0xFF & ~UART_MCR_LOOP);
  EXPECT_EQ(world.read(UART_MCR), 0x0F);
}

TEST(Uart, WithoutFifosOneByteIsHeldAndTheNextReplacesItAsAnOverrun) {
  World world;
  EXPECT_TRUE(world.uart.can_receive());
  world.receive("a");
  EXPECT_FALSE(world.uart.can_receive());
  EXPECT_EQ(world.read(UART_LSR) & (UART_LSR_DATA_READY | UART_LSR_OVERRUN), UART_LSR_DATA_READY);
  world.receive("b");
  EXPECT_NE(world.read(UART_LSR) & UART_LSR_OVERRUN, 0);
  EXPECT_EQ(world.read(UART_RBR), 'b');
  EXPECT_EQ(world.read(UART_LSR) & UART_LSR_DATA_READY, 0);
}

TEST(Uart, AFullFifoLosesTheNewByteAsAnOverrun) {
  World world;
  world.set_up(UART_FCR_TRIGGER_1, 0);
  world.receive("0123456789abcdef");
  EXPECT_FALSE(world.uart.can_receive());
  EXPECT_EQ(world.read(UART_LSR) & UART_LSR_OVERRUN, 0);
  world.receive("X");
  EXPECT_NE(world.read(UART_LSR) & UART_LSR_OVERRUN, 0);
  std::string read;
  while ((world.read(UART_LSR) & UART_LSR_DATA_READY) != 0) {
    read.push_back(static_cast<char>(world.read(UART_RBR)));
  }
  EXPECT_EQ(read, "0123456789abcdef");
  EXPECT_TRUE(world.uart.can_receive());
}

TEST(Uart, ReadingLsrClearsTheOverrun) {
  World world;
  world.receive("ab");
  EXPECT_NE(world.read(UART_LSR) & UART_LSR_OVERRUN, 0);
  EXPECT_EQ(world.read(UART_LSR) & UART_LSR_OVERRUN, 0);
}

TEST(Uart, AnEmptyReceiverReadsZero) {
  World world;
  EXPECT_EQ(world.read(UART_RBR), 0u);
}

TEST(Uart, FcrWithoutItsEnableBitProgramsNothing) {
  World world;
  world.set_up(UART_FCR_TRIGGER_4, UART_IER_RECEIVED);
  world.receive("abcd");
  world.write(UART_FCR, UART_FCR_CLEAR_RECEIVER | UART_FCR_TRIGGER_14);
  EXPECT_EQ(world.read(UART_IIR), UART_IIR_NONE) << "the FIFOs are off, and were cleared by that";
  world.receive("x");
  EXPECT_EQ(world.interrupt(), UART_IIR_RECEIVED) << "the trigger is 1 without FIFOs";
}

TEST(Uart, SwitchingFifosClearsTheReceiver) {
  World world;
  world.receive("a");
  world.write(UART_FCR, UART_FCR_ENABLE);
  EXPECT_EQ(world.read(UART_LSR) & UART_LSR_DATA_READY, 0);
  world.receive("b");
  world.write(UART_FCR, UART_FCR_ENABLE);
  EXPECT_NE(world.read(UART_LSR) & UART_LSR_DATA_READY, 0) << "no change, no clear";
  world.write(UART_FCR, 0);
  EXPECT_EQ(world.read(UART_LSR) & UART_LSR_DATA_READY, 0);
}

TEST(Uart, ClearReceiverEmptiesItsFifo) {
  World world;
  world.set_up(UART_FCR_TRIGGER_1, UART_IER_RECEIVED);
  world.receive("abc");
  world.write(UART_FCR, UART_FCR_ENABLE | UART_FCR_CLEAR_RECEIVER);
  EXPECT_EQ(world.read(UART_LSR) & UART_LSR_DATA_READY, 0);
  EXPECT_FALSE(world.line.level);
  EXPECT_EQ(world.uart.next_event(), Timebase::never);
}

TEST(Uart, IirShowsTheFifosByItsUpperBits) {
  World world;
  EXPECT_EQ(world.read(UART_IIR) & UART_IIR_FIFO, 0);
  world.write(UART_FCR, UART_FCR_ENABLE);
  EXPECT_EQ(world.read(UART_IIR), UART_IIR_FIFO | UART_IIR_NONE);
}

TEST(Uart, ResetEmptiesItAndLowersTheLine) {
  World world;
  world.set_up(UART_FCR_TRIGGER_8, 0x0F);
  world.write(UART_SCR, 1);
  world.receive("abc");
  EXPECT_TRUE(world.line.level);
  world.uart.reset();
  EXPECT_FALSE(world.line.level);
  EXPECT_EQ(world.uart.next_event(), Timebase::never);
  EXPECT_EQ(world.read(UART_LSR), UART_LSR_THR_EMPTY | UART_LSR_TRANSMITTER_EMPTY);
  EXPECT_EQ(world.read(UART_IER) | world.read(UART_LCR) | world.read(UART_SCR), 0);
  EXPECT_EQ(world.read(UART_IIR), UART_IIR_NONE);
}

TEST(Uart, CountsBytesOverrunsAndInterrupts) {
  World world;
  world.write(UART_IER, UART_IER_RECEIVED);
  world.receive("ab");
  world.write(UART_THR, 'c');
  const UartStatistics expected{.transmitted = 1, .received = 2, .overruns = 1, .interrupts = 1};
  EXPECT_EQ(world.uart.statistics(), expected);
}

}  // namespace
}  // namespace kilburn::uart::testing
