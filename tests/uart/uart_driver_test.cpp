// What drivers probe and use: loopback, modem lines, the accesses of Linux's and OpenSBI's.
#include <gtest/gtest.h>

#include <string>

#include "uart/uart_world.h"

namespace kilburn::uart::testing {
namespace {

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

}  // namespace
}  // namespace kilburn::uart::testing
