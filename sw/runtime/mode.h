/* Privilege modes: run a function in a lower one, and come back. */
#ifndef KILBURN_SW_RUNTIME_MODE_H
#define KILBURN_SW_RUNTIME_MODE_H

#include <stdint.h>

enum mode { MODE_U, MODE_S, MODE_VU, MODE_VS, MODE_M };

typedef uint64_t (*mode_function)(void* argument);

/* From machine mode: runs function(argument) in `mode`, on that mode's stack of this hart, and
 * returns its result. Environment calls of that mode must not be delegated. MODE_M is a plain call.
 * Interrupts for machine mode can be taken meanwhile, as far as mie enables them. */
uint64_t run_in_mode(enum mode mode, mode_function function, void* argument);

/* From supervisor mode (HS), with its interrupts off: the same for user mode and VS-mode, both on
 * the user stack; their calls must be delegated to supervisor mode. */
uint64_t run_below_supervisor(enum mode mode, mode_function function, void* argument);

#endif
