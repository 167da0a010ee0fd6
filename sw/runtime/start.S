/* Reset: every hart comes here with a1 = device tree. Hart 0 clears bss and runs the guest, the
 * others wait for work. */
#include "runtime/layout.h"

.section .text.start, "ax"
.globl _start
_start:
  csrw mie, zero
  csrw mscratch, zero
  la t0, trap_entry_m
  csrw mtvec, t0
  li t0, 1 << 13 /* FS: initial */
  csrs mstatus, t0
  csrw fcsr, zero

  csrr s0, mhartid
  li t0, HARTS_MAX
  bgeu s0, t0, park
.option push
.option norelax
  la gp, __global_pointer$
.option pop

  /* The hart's region: a copy of the thread-local storage, and the stacks. */
  slli t0, s0, HART_REGION_SHIFT
  la tp, kilburn_hart_regions
  add tp, tp, t0
  li t0, HART_STACK_M
  add sp, tp, t0
  la t0, kilburn_tls_image
  la t1, kilburn_tls_image_end
  mv t2, tp
1:
  bgeu t0, t1, 2f
  ld t3, 0(t0)
  sd t3, 0(t2)
  addi t0, t0, 8
  addi t2, t2, 8
  j 1b
2:
  li t0, 4096
  add t0, tp, t0
3:
  sd zero, 0(t2)
  addi t2, t2, 8
  bltu t2, t0, 3b

  mv a0, s0
  bnez s0, hart_wait_for_work

  la t0, kilburn_bss
  la t1, kilburn_bss_end
4:
  bgeu t0, t1, 5f
  sd zero, 0(t0)
  addi t0, t0, 8
  j 4b
5:
  tail runtime_main

park:
  wfi
  j park
