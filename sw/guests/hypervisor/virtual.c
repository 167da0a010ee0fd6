#include "guests/hypervisor/guest.h"
#include "runtime/check.h"
#include "runtime/hypervisor.h"
#include "runtime/this_hart.h"

/* --- Instructions that a guest has no right to, and a hypervisor may emulate --- */

#define GUEST_EXECUTES(name, text)                        \
  static uint64_t name(void* argument) {                  \
    (void)argument;                                       \
    __asm__ volatile(HYPERVISOR(text)::: "t0", "memory"); \
    return 0;                                             \
  }

GUEST_EXECUTES(reads_hstatus, "csrr t0, hstatus")
GUEST_EXECUTES(reads_vsstatus, "csrr t0, vsstatus")
GUEST_EXECUTES(reads_satp, "csrr t0, satp")
GUEST_EXECUTES(reads_mstatus, "csrr t0, mstatus")
GUEST_EXECUTES(fences_guests, "hfence.gvma")
GUEST_EXECUTES(fences_translation, "sfence.vma")
GUEST_EXECUTES(loads_as_guest, "hlv.d t0, (x0)")
GUEST_EXECUTES(waits, "wfi")

static void expect_cause(enum mode mode, const char* what, mode_function function,
                         enum cause cause) {
  const struct trap_record trap = in_guest(mode, function, 0).trap;
  if (trap.count == 1 && trap.cause == cause && trap.level == TRAP_SUPERVISOR) return;
  printf("%s: %u traps, cause %lu (%s), expected %s\n", what, trap.count, trap.cause,
         cause_name(trap.cause), cause_name(cause));
  machine_exit(EXIT_CHECK_FAILED);
}

static void expect_fine(enum mode mode, mode_function function) {
  const struct outcome outcome = in_guest(mode, function, 0);
  expect_no_trap(&outcome);
}

void test_virtual_instructions(void) {
  guest_enter(&guests[0]);
  expect_cause(MODE_VS, "hstatus in VS", reads_hstatus, CAUSE_VIRTUAL_INSTRUCTION);
  expect_cause(MODE_VS, "vsstatus in VS", reads_vsstatus, CAUSE_VIRTUAL_INSTRUCTION);
  expect_cause(MODE_VS, "mstatus in VS", reads_mstatus, CAUSE_ILLEGAL);
  expect_cause(MODE_VS, "hfence.gvma in VS", fences_guests, CAUSE_VIRTUAL_INSTRUCTION);
  expect_cause(MODE_VS, "hlv in VS", loads_as_guest, CAUSE_VIRTUAL_INSTRUCTION);
  expect_cause(MODE_VU, "hstatus in VU", reads_hstatus, CAUSE_VIRTUAL_INSTRUCTION);
  expect_fine(MODE_VS, reads_satp);
  expect_fine(MODE_VS, fences_translation);
  csr_set(hstatus, HSTATUS_VTVM | HSTATUS_VTW);
  expect_cause(MODE_VS, "sfence.vma with VTVM", fences_translation, CAUSE_VIRTUAL_INSTRUCTION);
  expect_cause(MODE_VS, "wfi with VTW", waits, CAUSE_VIRTUAL_INSTRUCTION);
  csr_clear(hstatus, HSTATUS_VTVM | HSTATUS_VTW);
  expect_cause(MODE_U, "hlv in U", loads_as_guest, CAUSE_ILLEGAL);
  puts("virtual instructions");
}

/* --- Interrupts that the hypervisor injects --- */

static volatile unsigned taken;
static volatile uint64_t taken_cause;

static void take(struct trap_frame* frame) {
  taken++;
  taken_cause = frame->cause & ~CAUSE_INTERRUPT;
}

/* In VS-mode: one is enough, so its enable is cleared. */
static void take_in_guest(struct trap_frame* frame) {
  take(frame);
  csr_clear(sie, INTERRUPT_BIT(taken_cause));
}

/* In HS-mode: withdrawn. */
static void take_in_hypervisor(struct trap_frame* frame) {
  take(frame);
  csr_clear(hvip, INTERRUPT_BIT(taken_cause));
}

/* VS-mode, for the interrupt with this number: lets it in. */
static uint64_t enables(void* number) {
  csr_set(sie, INTERRUPT_BIT((uint64_t)number));
  csr_set(sstatus, MSTATUS_SIE);
  while (!taken) hart_relax();
  csr_clear(sstatus, MSTATUS_SIE);
  return taken;
}

static uint64_t sets_timer(void* ticks) {
  csr_write(stimecmp, csr_read(time) + (uint64_t)ticks);
  return enables((void*)INTERRUPT_S_TIMER);
}

static uint64_t waits_for_any(void* argument) {
  (void)argument;
  while (!taken) hart_relax();
  return taken;
}

/* For the guest the numbers are those of a supervisor. */
static void inject(enum interrupt virtual, enum interrupt as_seen) {
  taken = 0;
  trap_on_interrupt(TRAP_SUPERVISOR, as_seen, take_in_guest);
  csr_set(hideleg, INTERRUPT_BIT(virtual));
  csr_set(hvip, INTERRUPT_BIT(virtual));
  CHECK_EQUAL(in_guest(MODE_VS, enables, as_seen).value, 1);
  CHECK_EQUAL(taken_cause, as_seen);
  csr_clear(hvip, INTERRUPT_BIT(virtual));
  csr_clear(hideleg, INTERRUPT_BIT(virtual));
}

/* Not delegated: the hypervisor takes its own injection. */
static void keep(enum interrupt virtual) {
  taken = 0;
  trap_on_interrupt(TRAP_SUPERVISOR, virtual, take_in_hypervisor);
  csr_set(hie, INTERRUPT_BIT(virtual));
  csr_set(hvip, INTERRUPT_BIT(virtual));
  CHECK_EQUAL(in_guest(MODE_VS, waits_for_any, 0).value, 1);
  CHECK_EQUAL(taken_cause, virtual);
  csr_clear(hie, INTERRUPT_BIT(virtual));
}

static void guest_timer(void) {
  enum { SOON = 20000 };
  taken = 0;
  trap_on_interrupt(TRAP_SUPERVISOR, INTERRUPT_S_TIMER, take_in_guest);
  csr_set(hideleg, INTERRUPT_BIT(INTERRUPT_VS_TIMER));
  csr_set(henvcfg, MENVCFG_STCE);
  const uint64_t before = csr_read(time);
  CHECK_EQUAL(in_guest(MODE_VS, sets_timer, SOON).value, 1);
  CHECK(csr_read(time) >= before + SOON);
  CHECK_EQUAL(taken_cause, INTERRUPT_S_TIMER);
  csr_write(vstimecmp, UINT64_MAX);
  csr_clear(henvcfg, MENVCFG_STCE);
  csr_clear(hideleg, INTERRUPT_BIT(INTERRUPT_VS_TIMER));
  puts("guest timer by stimecmp");
}

void test_virtual_interrupts(bool sstc) {
  guest_enter(&guests[0]);
  inject(INTERRUPT_VS_SOFTWARE, INTERRUPT_S_SOFTWARE);
  inject(INTERRUPT_VS_TIMER, INTERRUPT_S_TIMER);
  inject(INTERRUPT_VS_EXTERNAL, INTERRUPT_S_EXTERNAL);
  keep(INTERRUPT_VS_SOFTWARE);
  keep(INTERRUPT_VS_TIMER);
  keep(INTERRUPT_VS_EXTERNAL);
  if (sstc) guest_timer();
  puts("virtual interrupts");
}
