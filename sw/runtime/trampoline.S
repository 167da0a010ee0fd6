/* Into a process and back. The process's address space has no page of the kernel but this code and
 * the page with its registers, so both directions change the address space here, at a page that is
 * mapped alike in all of them. */
#include "runtime/process_layout.h"
#include "runtime/trap_macros.inc"

#define KERNEL_BYTES 208

.macro KERNEL_REGISTERS integer, float
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
  \integer s\n, (\n * 8)(sp)
  \float fs\n, (96 + \n * 8)(sp)
  .endr
  \integer ra, 192(sp)
.endm

.text
/* void process_enter(struct process_state *state, uint64_t process_satp): runs the process until it
 * traps. Supervisor mode, interrupts off. */
.globl process_enter
process_enter:
  addi sp, sp, -KERNEL_BYTES
  KERNEL_REGISTERS sd, fsd
  csrr t0, satp
  sd t0, STATE_KERNEL_SATP(a0)
  sd sp, STATE_KERNEL_SP(a0)
  sd tp, STATE_KERNEL_TP(a0)
  la t0, process_left
  sd t0, STATE_KERNEL_RETURN(a0)
  li t0, TRAMPOLINE
  jr t0

process_left:
.option push
.option norelax
  la gp, __global_pointer$
.option pop
  la t0, trap_entry_s
  csrw stvec, t0
  KERNEL_REGISTERS ld, fld
  addi sp, sp, KERNEL_BYTES
  ret

.section .trampoline, "ax"
/* At TRAMPOLINE; a1: satp of the process. */
  csrw satp, a1
  li t6, PROCESS_STATE
  csrw sscratch, t6
  lla t0, process_trap
  csrw stvec, t0
  FRAME_RESTORE_STATE s, t6
  ld sp, FRAME_X(2)(t6)
  ld tp, FRAME_X(4)(t6)
  FRAME_INTEGER ld, t6
  sret

.balign 4
process_trap:
  csrrw t6, sscratch, t6
  FRAME_INTEGER sd, t6
  sd sp, FRAME_X(2)(t6)
  sd tp, FRAME_X(4)(t6)
  csrr t0, sscratch
  sd t0, FRAME_X(31)(t6)
  FRAME_SAVE_STATE s, t6
  csrw sscratch, zero
  ld sp, STATE_KERNEL_SP(t6)
  ld tp, STATE_KERNEL_TP(t6)
  ld t0, STATE_KERNEL_RETURN(t6)
  ld t1, STATE_KERNEL_SATP(t6)
  csrw satp, t1
  jr t0
