/* Harts: who am I, and work for the others. */
#ifndef KILBURN_SW_RUNTIME_HART_H
#define KILBURN_SW_RUNTIME_HART_H

#include <stdbool.h>
#include <stdint.h>

/* Of this hart, in any mode that sees the hart's thread-local storage. */
unsigned hart_id(void);

/* Start of this hart's region: thread-local storage and stacks (layout.h). */
uint64_t hart_region(void);

/* The H extension, as misa said at the start. */
bool hart_has_hypervisor(void);

/* Called once by each hart, in machine mode: CSRs that all guests want. */
void hart_init(unsigned id);

typedef void (*hart_function)(void* argument);

/* From hart 0 in machine mode: lets another hart run function(argument), in machine mode. */
void hart_start(unsigned hart, hart_function function, void* argument);
/* Waits until it has returned. */
void hart_join(unsigned hart);

/* For loops that wait for another hart. */
static inline void hart_relax(void) {
  __asm__ volatile(".insn 0x0100000f" ::: "memory"); /* pause */
}

#endif
