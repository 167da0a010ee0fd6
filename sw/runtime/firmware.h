/* The machine-mode part below a supervisor kernel, and the kernel's timer. */
#ifndef KILBURN_SW_RUNTIME_FIRMWARE_H
#define KILBURN_SW_RUNTIME_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "isa/csr.h"

/* On each hart, in machine mode. Exceptions from user mode and supervisor interrupts go to
 * supervisor mode; supervisor calls and machine timer interrupts are served here. With `sstc` the
 * supervisor has stimecmp and needs no service for its timer. */
void firmware_init(bool sstc);

/* Takes all delegations and services back. */
void firmware_off(void);

/* In supervisor mode: the supervisor timer interrupt is pending from time `at` (ticks) on. */
void timer_set(uint64_t at);

static inline uint64_t timer_now(void) {
  return csr_read(time);
}

#endif
