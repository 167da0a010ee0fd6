// The UART against the PC16550D's data sheet, and against what Linux's and OpenSBI's drivers do.
#include "uart/uart.h"

#include <gtest/gtest.h>

#include <string>

namespace kilburn::uart::testing {
namespace {

constexpr std::uint64_t cycles_hz = 1'000'000'000;

class Output final : public ByteSink {
 public:
  void put(std::uint8_t byte) override { text.push_back(static_cast<char>(byte)); }
  std::string text;
};

class Line final : public InterruptSink {
 public:
  void set(unsigned line, bool value) override {
    EXPECT_EQ(line, 10u);
    level = value;
  }
  bool level = false;
};

struct World {
  Output output;
  Line line;
  Uart uart{cycles_hz, output, {line, 10}};
  Cycles now = 1000;

  std::uint8_t read(unsigned offset) { return uart.read(offset, now); }
  void write(unsigned offset, unsigned value) {
    uart.write(offset, static_cast<std::uint8_t>(value), now);
  }
  void receive(std::string_view bytes) {
    for (const char byte : bytes) uart.receive(static_cast<std::uint8_t>(byte), now);
  }
  unsigned interrupt() { return read(UART_IIR) & UART_IIR_ID_MASK; }
  void set_divisor(unsigned divisor) {
    const unsigned control = read(UART_LCR);
    write(UART_LCR, control | UART_LCR_DLAB);
    write(UART_DLL, divisor & 0xFF);
    write(UART_DLM, divisor >> 8);
    write(UART_LCR, control);
  }
  /// Eight data bits, FIFOs on, interrupts as told.
  void set_up(unsigned trigger, unsigned enables) {
    write(UART_LCR, UART_LCR_8_BITS);
    write(UART_FCR, UART_FCR_ENABLE | trigger);
    write(UART_IER, enables);
  }
};

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

TEST(Uart, LoopbackFeedsTheReceiverAndNothingGoesOut) {
  World world;
  world.write(UART_LCR, UART_LCR_8_BITS);
  world.write(UART_MCR, UART_MCR_LOOP);
  world.write(UART_THR, 0xAE);
  EXPECT_EQ(world.read(UART_RBR), 0xAE);
  EXPECT_EQ(world.output.text, "");
}

TEST(Uart, LoopbackShutsOutWhatComesFromOutside) {
  World world;
  world.write(UART_MCR, UART_MCR_LOOP);
  EXPECT_FALSE(world.uart.can_receive());
  world.receive("x");
  EXPECT_EQ(world.read(UART_LSR) & UART_LSR_DATA_READY, 0);
}

TEST(Uart, LoopbackConnectsModemControlsToModemLines) {
  const std::pair<unsigned, unsigned> wires[] = {{UART_MCR_RTS, UART_MSR_CTS},
                                                 {UART_MCR_DTR, UART_MSR_DSR},
                                                 {UART_MCR_OUT1, UART_MSR_RI},
                                                 {UART_MCR_OUT2, UART_MSR_DCD}};
  for (const auto& [control, line] : wires) {
    World world;
    world.write(UART_MCR, UART_MCR_LOOP | control);
    EXPECT_EQ(world.read(UART_MSR) & 0xF0u, line);
  }
}

TEST(Uart, MsrTellsChangesOnce) {
  World world;
  world.write(UART_MCR, UART_MCR_LOOP);
  (void)world.read(UART_MSR);
  world.write(UART_MCR, UART_MCR_LOOP | UART_MCR_RTS | UART_MCR_DTR | UART_MCR_OUT1);
  EXPECT_EQ(world.read(UART_MSR),
            UART_MSR_CTS | UART_MSR_DSR | UART_MSR_RI | UART_MSR_DELTA_CTS | UART_MSR_DELTA_DSR)
      << "a ring that begins is no change";
  EXPECT_EQ(world.read(UART_MSR) & 0x0F, 0);
  world.write(UART_MCR, UART_MCR_LOOP | UART_MCR_OUT2);
  EXPECT_EQ(world.read(UART_MSR), UART_MSR_DCD | 0x0F) << "a ring that ends is";
}

// The rules of Linux's drivers/tty/serial/8250 (autoconfig and startup).
TEST(Uart, PassesTheProbesOfLinuxs8250Driver) {
  World world;
  // Is a UART there at all: IER must hold what is written.
  world.write(UART_IER, 0);
  EXPECT_EQ(world.read(UART_IER) & 0x0F, 0);
  world.write(UART_IER, 0x0F);
  EXPECT_EQ(world.read(UART_IER) & 0x0F, 0x0F);
  world.write(UART_IER, 0);
  // Loopback: CTS and DCD from RTS and OUT2.
  world.write(UART_MCR, UART_MCR_LOOP | 0x0A);
  EXPECT_EQ(world.read(UART_MSR) & 0xF0, 0x90);
  world.write(UART_MCR, UART_MCR_DTR | UART_MCR_RTS);
  // Which one: both upper bits of IIR with FIFOs on: a 16550A.
  world.write(UART_LCR, 0);
  world.write(UART_FCR, UART_FCR_ENABLE);
  EXPECT_EQ(world.read(UART_IIR) >> 6, 3);
  // Startup's UART_BUG_THRE: re-enabling the interrupt must raise it again.
  world.write(UART_IER, UART_IER_THR_EMPTY);
  (void)world.read(UART_IIR);
  world.write(UART_IER, 0);
  world.write(UART_IER, UART_IER_THR_EMPTY);
  EXPECT_EQ(world.read(UART_IIR) & UART_IIR_NONE, 0);
  world.write(UART_IER, 0);
  // Startup's UART_BUG_TXEN: an empty transmitter whose interrupt is enabled says so.
  world.write(UART_IER, UART_IER_THR_EMPTY);
  EXPECT_NE(world.read(UART_LSR) & UART_LSR_TRANSMITTER_EMPTY, 0);
  EXPECT_EQ(world.read(UART_IIR) & UART_IIR_NONE, 0);
  // A line status of all ones would mean no UART.
  EXPECT_NE(world.read(UART_LSR), 0xFF);
}

// The register accesses of OpenSBI's lib/utils/serial/uart8250.c.
TEST(Uart, ServesTheAccessesOfOpenSbisDriver) {
  World world;
  const unsigned divisor = (3'686'400 + 8 * 115'200) / (16 * 115'200);
  world.write(UART_IER, 0);
  world.write(UART_LCR, UART_LCR_DLAB);
  world.write(UART_DLL, divisor & 0xFF);
  world.write(UART_DLM, divisor >> 8);
  world.write(UART_LCR, 0x03);
  world.write(UART_FCR, 0x01);
  world.write(UART_MCR, 0x00);
  (void)world.read(UART_LSR);
  (void)world.read(UART_RBR);
  world.write(UART_SCR, 0x00);
  for (const char byte : std::string_view("OpenSBI\n")) {
    while ((world.read(UART_LSR) & UART_LSR_THR_EMPTY) == 0) FAIL();
    world.write(UART_THR, static_cast<std::uint8_t>(byte));
  }
  EXPECT_EQ(world.output.text, "OpenSBI\n");
  world.receive("k");
  ASSERT_NE(world.read(UART_LSR) & UART_LSR_DATA_READY, 0);
  EXPECT_EQ(world.read(UART_RBR), 'k');
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
