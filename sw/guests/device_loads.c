/* Loads of device registers, DEVICE_LOADS of each: what one costs in cycles, loop and all. */
#include <stdbool.h>
#include <stdio.h>

#include "drivers/aclint.h"
#include "drivers/mmio.h"
#include "isa/csr.h"
#include "kilburn/uart.h"
#include "runtime/check.h"

static void show(const char* name, uint64_t cycles) {
  printf("%-16s %9d loads %12lu cycles\n", name, DEVICE_LOADS, cycles);
}

int main(void) {
  uint64_t start = csr_read(cycle);
  uint8_t always = UART_LSR_THR_EMPTY;
  for (int i = 0; i < DEVICE_LOADS; i++) always &= mmio_read8(BOARD_UART + UART_LSR);
  show("UART line status", csr_read(cycle) - start);
  CHECK(always); /* nothing had been sent */

  start = csr_read(cycle);
  const uint64_t begin = aclint_time();
  uint64_t last = begin;
  bool in_order = true;
  for (int i = 1; i < DEVICE_LOADS; i++) {
    const uint64_t now = aclint_time();
    in_order &= now >= last;
    last = now;
  }
  show("ACLINT mtime", csr_read(cycle) - start);
  CHECK(in_order && last > begin);
  return EXIT_PASS;
}
