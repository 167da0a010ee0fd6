/* The machine that the device tree describes, and the end of a run. */
#ifndef KILBURN_SW_RUNTIME_MACHINE_H
#define KILBURN_SW_RUNTIME_MACHINE_H

#include <stdint.h>

/* Exit codes; a guest may use others. */
enum { EXIT_PASS = 0, EXIT_CHECK_FAILED = 1, EXIT_UNEXPECTED_TRAP = 2 };

/* Harts of the board, at most HARTS_MAX. */
unsigned machine_harts(void);
/* First address behind DRAM. */
uint64_t machine_memory_end(void);

_Noreturn void machine_exit(unsigned code);

#endif
