/* ACLINT: inter-processor interrupts and the machine timer. For machine mode. */
#ifndef KILBURN_SW_DRIVERS_ACLINT_H
#define KILBURN_SW_DRIVERS_ACLINT_H

#include <stdint.h>

#include "drivers/mmio.h"
#include "kilburn/aclint.h"
#include "kilburn/board.h"

/* Raises the hart's machine software interrupt. What was stored before is visible to it. */
static inline void aclint_send_ipi(unsigned hart) {
  mmio_fence();
  mmio_write32(BOARD_ACLINT + ACLINT_MSIP + ACLINT_MSIP_STRIDE * hart, 1);
}

/* Acknowledges it, by the hart itself. */
static inline void aclint_clear_ipi(unsigned hart) {
  mmio_write32(BOARD_ACLINT + ACLINT_MSIP + ACLINT_MSIP_STRIDE * hart, 0);
  mmio_fence();
}

/* Ticks of BOARD_TIMEBASE_HZ. */
static inline uint64_t aclint_time(void) {
  return mmio_read64(BOARD_ACLINT + ACLINT_MTIME);
}

/* For all harts: what they read as time, too. */
static inline void aclint_set_time(uint64_t time) {
  mmio_write64(BOARD_ACLINT + ACLINT_MTIME, time);
}

/* The machine timer interrupt is pending while time >= `at`. */
static inline void aclint_set_timer(unsigned hart, uint64_t at) {
  mmio_write64(BOARD_ACLINT + ACLINT_MTIMECMP + ACLINT_MTIMECMP_STRIDE * hart, at);
}

#endif
