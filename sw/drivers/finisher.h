/* Test finisher: the end of a run, with its exit code. */
#ifndef KILBURN_SW_DRIVERS_FINISHER_H
#define KILBURN_SW_DRIVERS_FINISHER_H

#include "drivers/mmio.h"
#include "kilburn/board.h"
#include "kilburn/finisher.h"

/* `code`: 0 to 65535, the simulator's exit status. */
_Noreturn static inline void finisher_exit(unsigned code) {
  mmio_fence();
  mmio_write32(BOARD_FINISHER + FINISHER_COMMAND,
               code ? FINISHER_FAIL | code << FINISHER_CODE_SHIFT : FINISHER_PASS);
  for (;;) __asm__ volatile("wfi");
}

#endif
