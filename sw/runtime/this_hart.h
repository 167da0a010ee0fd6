/* The hart that runs this: who am I? */
#ifndef KILBURN_SW_RUNTIME_THIS_HART_H
#define KILBURN_SW_RUNTIME_THIS_HART_H

#include <stdbool.h>
#include <stdint.h>

/* Of this hart, in any mode that sees the hart's thread-local storage. */
unsigned hart_id(void);

/* Start of this hart's region: thread-local storage and stacks (layout.h). */
uint64_t hart_region(void);

/* The H extension, as misa said at the start. */
bool hart_has_hypervisor(void);

/* Called once by each hart, in machine mode, before the others here. */
void this_hart_init(unsigned id);

/* For loops that wait for another hart. */
static inline void hart_relax(void) {
  __asm__ volatile(".insn 0x0100000f" ::: "memory"); /* pause */
}

#endif
