#include "runtime/trap.h"

#include <stdio.h>

#include "runtime/exit.h"
#include "runtime/this_hart.h"

enum { CAUSES = 64, LEVELS = 2 };

static trap_handler exception_handlers[LEVELS][CAUSES];
static trap_handler interrupt_handlers[LEVELS][CAUSES];
static trap_filter filter;

static _Thread_local bool expecting;
static _Thread_local struct trap_record record;

void trap_on_exception(enum trap_level level, enum cause cause, trap_handler handler) {
  exception_handlers[level][cause] = handler;
}

void trap_on_interrupt(enum trap_level level, enum interrupt number, trap_handler handler) {
  interrupt_handlers[level][number] = handler;
}

void trap_before_handlers(trap_filter asked) {
  filter = asked;
}

void trap_expect(void) {
  record = (struct trap_record){0};
  expecting = true;
  __asm__ volatile("" ::: "memory");
}

struct trap_record trap_expected_end(void) {
  __asm__ volatile("" ::: "memory");
  expecting = false;
  return record;
}

unsigned instruction_bytes(uint64_t address) {
  return (*(const volatile uint16_t*)address & 3) == 3 ? 4 : 2;
}

static bool is_fetch(uint64_t cause) {
  return cause == CAUSE_FETCH_MISALIGNED || cause == CAUSE_FETCH_ACCESS ||
         cause == CAUSE_FETCH_PAGE || cause == CAUSE_FETCH_GUEST_PAGE;
}

static bool is_guest_page(uint64_t cause) {
  return cause == CAUSE_FETCH_GUEST_PAGE || cause == CAUSE_LOAD_GUEST_PAGE ||
         cause == CAUSE_STORE_GUEST_PAGE;
}

static void record_guest_page_fault(enum trap_level level) {
  if (level == TRAP_MACHINE) {
    record.second = csr_read(mtval2);
    record.instruction = csr_read(mtinst);
  } else {
    record.second = csr_read(htval);
    record.instruction = csr_read(htinst);
    record.guest = csr_read(hstatus);
  }
}

static void take_expected(enum trap_level level, struct trap_frame* frame) {
  record.count++;
  record.level = level;
  record.cause = frame->cause;
  record.epc = frame->epc;
  record.tval = frame->tval;
  record.status = frame->status;
  if (is_guest_page(frame->cause)) record_guest_page_fault(level);
  frame->epc = is_fetch(frame->cause) ? frame->x[1] : frame->epc + instruction_bytes(frame->epc);
}

const char* cause_name(uint64_t cause) {
  static const char* const names[] = {
      [CAUSE_FETCH_MISALIGNED] = "instruction address misaligned",
      [CAUSE_FETCH_ACCESS] = "instruction access fault",
      [CAUSE_ILLEGAL] = "illegal instruction",
      [CAUSE_BREAKPOINT] = "breakpoint",
      [CAUSE_LOAD_MISALIGNED] = "load address misaligned",
      [CAUSE_LOAD_ACCESS] = "load access fault",
      [CAUSE_STORE_MISALIGNED] = "store address misaligned",
      [CAUSE_STORE_ACCESS] = "store access fault",
      [CAUSE_ECALL_U] = "environment call from U-mode",
      [CAUSE_ECALL_S] = "environment call from S-mode",
      [CAUSE_ECALL_VS] = "environment call from VS-mode",
      [CAUSE_ECALL_M] = "environment call from M-mode",
      [CAUSE_FETCH_PAGE] = "instruction page fault",
      [CAUSE_LOAD_PAGE] = "load page fault",
      [CAUSE_STORE_PAGE] = "store page fault",
      [CAUSE_FETCH_GUEST_PAGE] = "instruction guest-page fault",
      [CAUSE_LOAD_GUEST_PAGE] = "load guest-page fault",
      [CAUSE_VIRTUAL_INSTRUCTION] = "virtual instruction",
      [CAUSE_STORE_GUEST_PAGE] = "store guest-page fault",
  };
  if (cause & CAUSE_INTERRUPT) return "interrupt";
  if (cause >= sizeof names / sizeof names[0] || !names[cause]) return "reserved";
  return names[cause];
}

_Noreturn static void unexpected(enum trap_level level, const struct trap_frame* frame) {
  printf("unexpected trap: hart %u, %ccause 0x%lx (%s), %cepc 0x%lx, %ctval 0x%lx, status 0x%lx\n",
         hart_id(), "ms"[level], frame -> cause, cause_name(frame->cause), "ms"[level],
         frame -> epc, "ms"[level], frame -> tval, frame -> status);
  machine_exit(EXIT_UNEXPECTED_TRAP);
}

static void dispatch(enum trap_level level, struct trap_frame* frame) {
  const uint64_t number = frame->cause & ~CAUSE_INTERRUPT;
  const trap_handler* handlers =
      frame->cause & CAUSE_INTERRUPT ? interrupt_handlers[level] : exception_handlers[level];
  if (number < CAUSES && handlers[number])
    handlers[number](frame);
  else if (expecting && !(frame->cause & CAUSE_INTERRUPT))
    take_expected(level, frame);
  else
    unexpected(level, frame);
}

void trap_dispatch_m(struct trap_frame* frame) {
  if (!filter || !filter(TRAP_MACHINE, frame)) dispatch(TRAP_MACHINE, frame);
}

void trap_dispatch_s(struct trap_frame* frame) {
  if (!filter || !filter(TRAP_SUPERVISOR, frame)) dispatch(TRAP_SUPERVISOR, frame);
}

void trap_init_supervisor(void) {
  extern char trap_entry_s[];
  csr_write(stvec, trap_entry_s);
  csr_write(sscratch, 0);
}
