/* The instructions that the trap tests execute. A file that includes this uses some of them. */
#ifndef KILBURN_SW_GUESTS_TRAPS_INSTRUCTIONS_H
#define KILBURN_SW_GUESTS_TRAPS_INSTRUCTIONS_H

#include "guests/traps/attempt.h"

#pragma GCC diagnostic ignored "-Wunused-function"

INSTRUCTION(load, "ld t0, 0(%1)")
INSTRUCTION(load_byte, "lb t0, 0(%1)")
INSTRUCTION(load_float, "fld ft0, 0(%1)")
INSTRUCTION(store, "sd zero, 0(%1)")
INSTRUCTION(amo, "amoadd.d t0, zero, (%1)")
INSTRUCTION(load_reserved, "lr.d t0, (%1)")
INSTRUCTION(call, "jalr %1")

#endif
