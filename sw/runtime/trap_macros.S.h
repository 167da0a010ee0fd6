/* Saving and restoring of the registers of a trap frame whose address is in `base`. */
#ifndef KILBURN_SW_RUNTIME_TRAP_MACROS_S_H
#define KILBURN_SW_RUNTIME_TRAP_MACROS_S_H

#include "runtime/layout.h"

/* x1, x3 and x5 to x31; sp and tp are the caller's matter. */
.macro FRAME_INTEGER instruction, base
  \instruction x1, FRAME_X(1)(\base)
  \instruction x3, FRAME_X(3)(\base).irp n, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
  \instruction x\n, FRAME_X(\n)(\base).endr
  \instruction x31,
    FRAME_X(31)(\base)
        .endm

        .macro FRAME_FLOAT instruction,
    base.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
    23, 24, 25, 26, 27, 28, 29, 30, 31
  \instruction f\n,
    FRAME_F(\n)(\base)
        .endr
        .endm

        /* Status, epc, cause and tval of `level` (m or s), and the floating-point registers: FS may
         * have been off. Changes t0. */
        .macro FRAME_SAVE_STATE level,
    base csrr t0, \level\() status sd t0, FRAME_STATUS(\base) csrr t0, \level\() epc sd t0,
    FRAME_EPC(\base) csrr t0, \level\() cause sd t0,
    FRAME_CAUSE(\base) csrr t0, \level\() tval sd t0, FRAME_TVAL(\base) li t0,
    3 << 13 csrs \level\() status, t0 csrr t0, fcsr sd t0,
    FRAME_FCSR(\base) FRAME_FLOAT fsd, \base
                                           .endm

                                           /* The reverse; cause and tval are history. Changes t0.
                                            */
                                           .macro FRAME_RESTORE_STATE level,
    base li t0, 3 << 13 csrs \level\() status, t0 FRAME_FLOAT fld, \base ld t0,
    FRAME_FCSR(\base) csrw fcsr, t0 ld t0, FRAME_EPC(\base) csrw \level\() epc, t0 ld t0,
    FRAME_STATUS(\base) csrw \level\() status, t0.endm

#endif
