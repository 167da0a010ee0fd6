/* The machine that the device tree describes. */
#ifndef KILBURN_SW_RUNTIME_MACHINE_H
#define KILBURN_SW_RUNTIME_MACHINE_H

#include <stdint.h>

/* Harts of the board, at most HARTS_MAX. */
unsigned machine_harts(void);
/* First address behind DRAM. */
uint64_t machine_memory_end(void);

#endif
