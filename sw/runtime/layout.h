/* What assembler and C must agree on: a hart's region, the trap frame, system-call numbers. */
#ifndef KILBURN_SW_RUNTIME_LAYOUT_H
#define KILBURN_SW_RUNTIME_LAYOUT_H

#define HARTS_MAX 8

/* A hart's region: thread-local storage in the first page (tp points at it), then the stacks of
 * user, supervisor and machine mode, each growing down from the next one's start. */
#define HART_REGION 0x20000
#define HART_REGION_SHIFT 17
#define HART_STACK_U 0x08000
#define HART_STACK_S 0x10000
#define HART_STACK_M 0x20000

/* struct trap_frame: byte offsets. */
#define FRAME_X(n) ((n)*8)       /* integer registers; slot 0: see FRAME_FROM_BELOW */
#define FRAME_F(n) (256 + (n)*8) /* floating-point registers */
#define FRAME_FROM_BELOW 0       /* not zero: the trap came from a lower privilege */
#define FRAME_FCSR 512
#define FRAME_STATUS 520
#define FRAME_EPC 528
#define FRAME_CAUSE 536
#define FRAME_TVAL 544
#define FRAME_BYTES 560

/* a7 of an environment call to the runtime; a0 is the argument. */
#define CALL_LEAVE 0x4B00     /* end of run_in_mode: a0 is the result */
#define CALL_SET_TIMER 0x4B01 /* firmware: supervisor timer interrupt at time a0 */

/* Virtual addresses that every address space of a process has: the trap code, and below it the page
 * that holds the process's registers. The last pages of the lower half of Sv39. */
#define TRAMPOLINE 0x3FFFFFF000
#define PROCESS_STATE 0x3FFFFFE000

#endif
