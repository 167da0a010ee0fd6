#include "runtime/firmware.h"

#include <stddef.h>

#include "drivers/aclint.h"
#include "runtime/this_hart.h"
#include "runtime/trap.h"

#define BIT(number) (UINT64_C(1) << (number))

static bool has_sstc;

static void set_supervisor_timer(uint64_t at) {
  csr_clear(mip, INTERRUPT_BIT(INTERRUPT_S_TIMER));
  aclint_set_timer(hart_id(), at);
  csr_set(mie, INTERRUPT_BIT(INTERRUPT_M_TIMER));
}

static void serve_call(struct trap_frame* frame) {
  if (frame->x[17] == CALL_SET_TIMER) set_supervisor_timer(frame->x[10]);
  frame->epc += 4;
}

static void pass_timer_on(struct trap_frame* frame) {
  (void)frame;
  csr_clear(mie, INTERRUPT_BIT(INTERRUPT_M_TIMER));
  csr_set(mip, INTERRUPT_BIT(INTERRUPT_S_TIMER));
}

void firmware_init(bool sstc) {
  has_sstc = sstc;
  if (sstc) csr_set(menvcfg, MENVCFG_STCE);
  trap_on_exception(TRAP_MACHINE, CAUSE_ECALL_S, serve_call);
  trap_on_interrupt(TRAP_MACHINE, INTERRUPT_M_TIMER, pass_timer_on);
  csr_write(mideleg, INTERRUPT_BIT(INTERRUPT_S_SOFTWARE) | INTERRUPT_BIT(INTERRUPT_S_TIMER) |
                         INTERRUPT_BIT(INTERRUPT_S_EXTERNAL));
  csr_write(medeleg, BIT(CAUSE_FETCH_MISALIGNED) | BIT(CAUSE_FETCH_ACCESS) | BIT(CAUSE_ILLEGAL) |
                         BIT(CAUSE_BREAKPOINT) | BIT(CAUSE_LOAD_MISALIGNED) |
                         BIT(CAUSE_LOAD_ACCESS) | BIT(CAUSE_STORE_MISALIGNED) |
                         BIT(CAUSE_STORE_ACCESS) | BIT(CAUSE_ECALL_U) | BIT(CAUSE_FETCH_PAGE) |
                         BIT(CAUSE_LOAD_PAGE) | BIT(CAUSE_STORE_PAGE));
}

void firmware_off(void) {
  csr_write(medeleg, 0);
  csr_write(mideleg, 0);
  csr_clear(mie, INTERRUPT_BIT(INTERRUPT_M_TIMER));
  csr_clear(mip, INTERRUPT_BIT(INTERRUPT_S_TIMER));
  trap_on_exception(TRAP_MACHINE, CAUSE_ECALL_S, NULL);
  trap_on_interrupt(TRAP_MACHINE, INTERRUPT_M_TIMER, NULL);
}

void timer_set(uint64_t at) {
  if (has_sstc) {
    csr_write(stimecmp, at);
    return;
  }
  register uint64_t argument __asm__("a0") = at;
  register uint64_t call __asm__("a7") = CALL_SET_TIMER;
  __asm__ volatile("ecall" : "+r"(argument) : "r"(call) : "memory");
}
