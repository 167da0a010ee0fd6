#include "runtime/mode.h"

#include "isa/csr.h"
#include "runtime/this_hart.h"
#include "runtime/trap.h"

struct context; /* on a stack, the assembler's */

uint64_t mode_enter_m(mode_function function, void* argument, uint64_t stack, uint64_t status);
uint64_t mode_enter_s(mode_function function, void* argument, uint64_t stack, uint64_t status);
_Noreturn void mode_leave_m(struct context* context, uint64_t value);
_Noreturn void mode_leave_s(struct context* context, uint64_t value);

static bool is_virtual(enum mode mode) {
  return mode == MODE_VS || mode == MODE_VU;
}
static bool is_supervisor(enum mode mode) {
  return mode == MODE_S || mode == MODE_VS;
}

static uint64_t stack_of(enum mode mode) {
  return hart_region() + (is_supervisor(mode) ? HART_STACK_S : HART_STACK_U);
}

static bool leaves(enum trap_level level, struct trap_frame* frame);

uint64_t run_in_mode(enum mode mode, mode_function function, void* argument) {
  trap_before_handlers(leaves);
  if (mode == MODE_M) return function(argument);
  uint64_t status = csr_read(mstatus) & ~(MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_MPV);
  if (is_supervisor(mode)) status |= UINT64_C(1) << MSTATUS_MPP_SHIFT;
  if (is_virtual(mode)) status |= MSTATUS_MPV;
  if (status & MSTATUS_MIE) status |= MSTATUS_MPIE;
  /* Interrupts of machine mode are off until mret. */
  return mode_enter_m(function, argument, stack_of(mode), status & ~MSTATUS_MIE);
}

uint64_t run_below_supervisor(enum mode mode, mode_function function, void* argument) {
  trap_before_handlers(leaves);
  uint64_t status = csr_read(sstatus) & ~(MSTATUS_SPP | MSTATUS_SIE);
  if (is_supervisor(mode)) status |= MSTATUS_SPP;
  if (is_virtual(mode)) csr_set(hstatus, HSTATUS_SPV);
  if (hart_has_hypervisor() && !is_virtual(mode)) csr_clear(hstatus, HSTATUS_SPV);
  return mode_enter_s(function, argument, hart_region() + HART_STACK_U, status);
}

/* Is the trap the end of one of these? Then this does not return. */
static bool leaves(enum trap_level level, struct trap_frame* frame) {
  const bool call = frame->cause == CAUSE_ECALL_U || frame->cause == CAUSE_ECALL_S ||
                    frame->cause == CAUSE_ECALL_VS;
  if (!call || frame->x[17] != CALL_LEAVE) return false;
  struct context* context = (struct context*)(frame + 1);
  if (level == TRAP_MACHINE) mode_leave_m(context, frame->x[10]);
  mode_leave_s(context, frame->x[10]);
}
