/* Traps into machine and supervisor mode, and calls from there into a lower mode.
 *
 * xscratch is zero while the hart runs in mode x. Otherwise it points at the context that
 * mode_enter_x left on the stack of mode x, whose first word is the kernel's tp. */
#include "runtime/trap_macros.inc"

/* Offsets in the context of mode_enter. */
#define CONTEXT_TP 0
#define CONTEXT_RA 8
#define CONTEXT_STATUS 16
#define CONTEXT_S(n) (24 + (n) * 8)
#define CONTEXT_FS(n) (120 + (n) * 8)
#define CONTEXT_BYTES 224

.macro CONTEXT_REGISTERS integer, float
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
  \integer s\n, CONTEXT_S(\n)(sp)
  \float fs\n, CONTEXT_FS(\n)(sp)
  .endr
.endm

.macro TRAP_CODE level, xret
.balign 4
.globl trap_entry_\level
trap_entry_\level:
  csrrw sp, \level\()scratch, sp
  bnez sp, 1f
  csrr sp, \level\()scratch /* from this very mode: same stack */
  addi sp, sp, -FRAME_BYTES
  sd zero, FRAME_FROM_BELOW(sp)
  sd tp, FRAME_X(4)(sp)
  j 2f
1:
  addi sp, sp, -FRAME_BYTES
  sd sp, FRAME_FROM_BELOW(sp)
  sd tp, FRAME_X(4)(sp)
  ld tp, FRAME_BYTES + CONTEXT_TP(sp)
2:
  FRAME_INTEGER sd, sp
  csrrw t0, \level\()scratch, zero
  sd t0, FRAME_X(2)(sp)
  FRAME_SAVE_STATE \level, sp
.option push
.option norelax
  la gp, __global_pointer$
.option pop
  mv a0, sp
  call trap_dispatch_\level

  FRAME_RESTORE_STATE \level, sp
  ld t0, FRAME_FROM_BELOW(sp)
  beqz t0, 3f
  addi t0, sp, FRAME_BYTES
  csrw \level\()scratch, t0
3:
  FRAME_INTEGER ld, sp
  ld tp, FRAME_X(4)(sp)
  ld sp, FRAME_X(2)(sp)
  \xret

/* uint64_t mode_enter_x(function, argument, stack, status): runs function(argument) with the status
 * register's previous-mode fields deciding where. Returns what mode_leave_x is told. */
.globl mode_enter_\level
mode_enter_\level:
  addi sp, sp, -CONTEXT_BYTES
  sd tp, CONTEXT_TP(sp)
  sd ra, CONTEXT_RA(sp)
  csrr t0, \level\()status
  sd t0, CONTEXT_STATUS(sp)
  CONTEXT_REGISTERS sd, fsd
  csrw \level\()status, a3 /* interrupts of this level are off from here on */
  csrw \level\()epc, a0
  csrw \level\()scratch, sp
  mv a0, a1
  mv sp, a2
  la ra, mode_return
  \xret

/* void mode_leave_x(context, value): called in mode x by the handler of CALL_LEAVE. */
.globl mode_leave_\level
mode_leave_\level:
  mv sp, a0
  mv a0, a1
  ld tp, CONTEXT_TP(sp)
  ld ra, CONTEXT_RA(sp)
  ld t0, CONTEXT_STATUS(sp)
  csrw \level\()status, t0
  CONTEXT_REGISTERS ld, fld
  addi sp, sp, CONTEXT_BYTES
  ret
.endm

.text
TRAP_CODE m, mret
TRAP_CODE s, sret

/* Where a function that mode_enter ran returns to, in its mode. */
mode_return:
  li a7, CALL_LEAVE
  ecall
