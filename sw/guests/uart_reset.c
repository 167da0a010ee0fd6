/* A bare guest: no runtime, and nobody sets the UART up. It prints the UART's eight registers as
 * reset left them, then the divisor, and ends the run. Harts but the first stand still. */
#include <stdint.h>

#include "drivers/mmio.h"
#include "kilburn/board.h"
#include "kilburn/finisher.h"
#include "kilburn/uart.h"

__asm__(
    ".section .text.start, \"ax\"\n"
    ".global _start\n"
    "_start:\n"
    "  csrr t0, mhartid\n"
    "  bnez t0, 1f\n"
    "  la sp, stack + 4096\n"
    "  j print_registers\n"
    "1: wfi\n"
    "  j 1b\n");

uint8_t stack[4096] __attribute__((aligned(16)));

static void print(char character) {
  mmio_write8(BOARD_UART + UART_THR, (uint8_t)character);
}

static void print_byte(uint8_t byte) {
  const char* const digits = "0123456789abcdef";
  print(digits[byte >> 4]);
  print(digits[byte & 15]);
  print(' ');
}

__attribute__((used, noreturn)) void print_registers(void) {
  uint8_t registers[UART_REGISTER_BYTES];
  for (unsigned i = 0; i < UART_REGISTER_BYTES; i++) registers[i] = mmio_read8(BOARD_UART + i);
  for (unsigned i = 0; i < UART_REGISTER_BYTES; i++) print_byte(registers[i]);

  mmio_write8(BOARD_UART + UART_LCR, UART_LCR_DLAB);
  const uint8_t low = mmio_read8(BOARD_UART + UART_DLL);
  const uint8_t high = mmio_read8(BOARD_UART + UART_DLM);
  mmio_write8(BOARD_UART + UART_LCR, UART_LCR_8_BITS);
  print_byte(high);
  print_byte(low);
  for (const char* text = "\npass\n"; *text != '\0'; text++) print(*text);
  for (;;) mmio_write32(BOARD_FINISHER, FINISHER_PASS);
}
