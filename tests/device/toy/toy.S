# What a device's writes must do to a hart: wake it from WFI, end its reservation, change the code
# that it has executed already, and end the run by tohost. Exit codes name the step that failed.
.equ TOY, 0x10300000
.equ PLIC, 0x0c000000
.equ SOURCE, 20

.section .text.init
.globl _start
_start:
    la    sp, stack_end
    la    t0, trap
    csrw  mtvec, t0
    # The PLIC: priority 1, enabled for machine mode of hart 0, no threshold.
    li    t0, PLIC
    li    t1, 1
    sw    t1, 4*SOURCE(t0)
    li    t2, PLIC + 0x2000
    li    t1, 1 << SOURCE
    sw    t1, 0(t2)
    li    t2, PLIC + 0x200000
    sw    zero, 0(t2)
    li    t1, 1 << 11
    csrw  mie, t1

    # 1: a copy arrives, and its interrupt wakes the hart.
    la    a0, words
    la    a1, copy
    li    a2, 64
    call  run_toy
    li    a7, 1
    bnez  a0, fail
    la    t0, words
    la    t1, copy
    ld    t2, 56(t0)
    ld    t3, 56(t1)
    bne   t2, t3, fail

    # 2: a reservation does not survive the device's write into its line.
    la    s1, copy
    lr.d  t0, (s1)
    la    a0, words
    mv    a1, s1
    li    a2, 64
    call  run_toy
    sc.d  t1, t0, (s1)
    li    a7, 2
    beqz  t1, fail

    # 3: code that was executed is executed as the device has rewritten it.
    call  patched
    li    a7, 3
    li    t0, 1
    bne   a0, t0, fail
    la    a0, patch
    la    a1, patched
    li    a2, 4
    call  run_toy
    fence.i
    call  patched
    li    a7, 4
    li    t0, 2
    bne   a0, t0, fail

    # 4: what nobody may write faults, and the device says so.
    la    a0, words
    li    a1, 0x40000000
    li    a2, 8
    call  run_toy
    li    a7, 5
    li    t0, 3
    bne   a0, t0, fail

    # 5: a device may end the run. The hart waits for what never comes.
    la    a0, pass
    la    a1, tohost
    li    a2, 8
    call  start_toy
1:  j     1b

fail:
    slli  a7, a7, 1
    ori   a7, a7, 1
    la    t0, tohost
    sd    a7, 0(t0)
1:  j     1b
trap:
    li    a7, 99
    j     fail

# a0 source, a1 destination, a2 bytes.
start_toy:
    li    t0, TOY
    sd    a0, 0(t0)
    sd    a1, 8(t0)
    sd    a2, 16(t0)
    sd    zero, 24(t0)
    ret
# The same, until it has interrupted. a0: 0 done, else the status.
run_toy:
    mv    s0, ra
    call  start_toy
1:  wfi
    csrr  t1, mip
    andi  t1, t1, 0x7ff
    csrr  t1, mip
    li    t2, 1 << 11
    and   t1, t1, t2
    beqz  t1, 1b
    li    t2, PLIC + 0x200004
    lw    t3, 0(t2)
    li    t0, TOY
    ld    a0, 32(t0)
    sd    zero, 32(t0)
    sw    t3, 0(t2)
    li    t1, 2
    mv    ra, s0
    bne   a0, t1, 2f
    li    a0, 0
2:  ret

.balign 64
patched:
    .word 0x00100513    # li a0, 1
    ret
patch:
    .word 0x00200513    # li a0, 2

.balign 64
words: .dword 1, 2, 3, 4, 5, 6, 7, 0x1234567890abcdef
copy:  .zero 64
pass:  .dword 1
.balign 64
.globl tohost
tohost: .dword 0
.globl fromhost
fromhost: .dword 0
.balign 16
stack: .zero 256
stack_end:
