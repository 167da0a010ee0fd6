#include "drivers/uart.h"

#include "drivers/mmio.h"
#include "kilburn/board.h"
#include "kilburn/uart.h"

enum { BAUD = 115200 };

void uart_init(void) {
  const unsigned divisor = UART_CLOCK_HZ / (16 * BAUD);
  mmio_write8(BOARD_UART + UART_IER, 0);
  mmio_write8(BOARD_UART + UART_LCR, UART_LCR_DLAB | UART_LCR_8_BITS);
  mmio_write8(BOARD_UART + UART_DLL, divisor & 0xFF);
  mmio_write8(BOARD_UART + UART_DLM, divisor >> 8);
  mmio_write8(BOARD_UART + UART_LCR, UART_LCR_8_BITS);
  mmio_write8(BOARD_UART + UART_FCR,
              UART_FCR_ENABLE | UART_FCR_CLEAR_RECEIVER | UART_FCR_CLEAR_TRANSMITTER);
  mmio_write8(BOARD_UART + UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
}

void uart_put(char character) {
  while (!(mmio_read8(BOARD_UART + UART_LSR) & UART_LSR_THR_EMPTY)) {
  }
  mmio_write8(BOARD_UART + UART_THR, (uint8_t)character);
}

int uart_get(void) {
  if (!(mmio_read8(BOARD_UART + UART_LSR) & UART_LSR_DATA_READY)) return -1;
  return mmio_read8(BOARD_UART + UART_RBR);
}

void uart_enable_interrupts(uint8_t which) {
  mmio_write8(BOARD_UART + UART_IER, which);
}

void uart_loopback(bool on) {
  /* What is on its way out still goes there. */
  while (!(mmio_read8(BOARD_UART + UART_LSR) & UART_LSR_TRANSMITTER_EMPTY)) {
  }
  const uint8_t control = mmio_read8(BOARD_UART + UART_MCR) & ~UART_MCR_LOOP;
  mmio_write8(BOARD_UART + UART_MCR, control | (on ? UART_MCR_LOOP : 0));
}
