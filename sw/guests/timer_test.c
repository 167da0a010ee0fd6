/* Timers and external interrupts: mtimecmp, Sstc, software interrupts, and the PLIC with the UART
 * in loopback and the real-time clock's alarm, for machine and for supervisor mode. */
#include <stdio.h>

#include "drivers/aclint.h"
#include "drivers/plic.h"
#include "drivers/rtc.h"
#include "drivers/uart.h"
#include "kilburn/uart.h"
#include "runtime/check.h"
#include "runtime/features.h"
#include "runtime/firmware.h"
#include "runtime/mode.h"
#include "runtime/this_hart.h"
#include "runtime/trap.h"

enum { SOON = 20000 /* ticks: 2 ms */ };
enum { ALARM_NANOSECONDS = 2000000 };

/* What the handlers saw. */
static volatile unsigned interrupts;
static volatile uint64_t seen_at;
static volatile int received;
static volatile unsigned source;

static void expect_interrupts(unsigned count) {
  CHECK_EQUAL(interrupts, count);
}

/* Between them, interrupts are taken. */
static void let_in_machine(void) {
  csr_set(mstatus, MSTATUS_MIE);
  csr_clear(mstatus, MSTATUS_MIE);
}
static void let_in_supervisor(void) {
  csr_set(sstatus, MSTATUS_SIE);
  csr_clear(sstatus, MSTATUS_SIE);
}

/* Sleeps with interrupts off, so that none is taken between the look and the sleep: wfi ends when
 * one is pending. */
static void wait_for_interrupts(unsigned count, void (*let_in)(void)) {
  while (interrupts < count) {
    __asm__ volatile("wfi" ::: "memory");
    let_in();
  }
}

/* --- Machine timer --- */

static void on_machine_timer(struct trap_frame* frame) {
  (void)frame;
  seen_at = aclint_time();
  interrupts++;
  aclint_set_timer(hart_id(), UINT64_MAX);
}

static void test_machine_timer(void) {
  interrupts = 0;
  aclint_set_timer(hart_id(), UINT64_MAX);
  trap_on_interrupt(TRAP_MACHINE, INTERRUPT_M_TIMER, on_machine_timer);
  csr_set(mie, INTERRUPT_BIT(INTERRUPT_M_TIMER));
  for (unsigned i = 1; i <= 3; i++) {
    const uint64_t at = aclint_time() + SOON;
    aclint_set_timer(hart_id(), at);
    wait_for_interrupts(i, let_in_machine);
    expect_interrupts(i);
    CHECK(seen_at >= at);
    CHECK(!(csr_read(mip) & INTERRUPT_BIT(INTERRUPT_M_TIMER)));
  }
  /* Pending, and ends wfi, but not taken. */
  aclint_set_timer(hart_id(), aclint_time() + SOON);
  while (!(csr_read(mip) & INTERRUPT_BIT(INTERRUPT_M_TIMER))) __asm__ volatile("wfi");
  expect_interrupts(3);
  aclint_set_timer(hart_id(), UINT64_MAX);
  CHECK(!(csr_read(mip) & INTERRUPT_BIT(INTERRUPT_M_TIMER)));
  csr_clear(mie, INTERRUPT_BIT(INTERRUPT_M_TIMER));
  puts("machine timer");
}

/* --- Software interrupt, to this very hart --- */

static void on_software(struct trap_frame* frame) {
  (void)frame;
  aclint_clear_ipi(hart_id());
  interrupts++;
}

static void test_software_interrupt(void) {
  interrupts = 0;
  trap_on_interrupt(TRAP_MACHINE, INTERRUPT_M_SOFTWARE, on_software);
  csr_set(mie, INTERRUPT_BIT(INTERRUPT_M_SOFTWARE));
  aclint_send_ipi(hart_id());
  expect_interrupts(0);
  csr_set(mstatus, MSTATUS_MIE);
  while (interrupts == 0) hart_relax();
  csr_clear(mstatus, MSTATUS_MIE);
  expect_interrupts(1);
  csr_clear(mie, INTERRUPT_BIT(INTERRUPT_M_SOFTWARE));
  puts("software interrupt");
}

/* --- Supervisor timer: by Sstc, or by the firmware --- */

static void on_supervisor_timer(struct trap_frame* frame) {
  (void)frame;
  seen_at = timer_now();
  interrupts++;
  timer_set(UINT64_MAX);
}

static uint64_t use_supervisor_timer(void* argument) {
  (void)argument;
  interrupts = 0;
  csr_set(sie, INTERRUPT_BIT(INTERRUPT_S_TIMER));
  for (unsigned i = 1; i <= 3; i++) {
    const uint64_t at = timer_now() + SOON;
    timer_set(at);
    wait_for_interrupts(i, let_in_supervisor);
    expect_interrupts(i);
    CHECK(seen_at >= at);
  }
  csr_clear(sie, INTERRUPT_BIT(INTERRUPT_S_TIMER));
  return 0;
}

static void test_supervisor_timer(bool sstc) {
  firmware_init(sstc);
  trap_on_interrupt(TRAP_SUPERVISOR, INTERRUPT_S_TIMER, on_supervisor_timer);
  run_in_mode(MODE_S, use_supervisor_timer, NULL);
  firmware_off();
  printf("supervisor timer %s\n", sstc ? "by stimecmp" : "by firmware");
}

static uint64_t read_stimecmp(void* argument) {
  (void)argument;
  return csr_read(stimecmp);
}

static void test_stimecmp_needs_permission(void) {
  csr_clear(menvcfg, MENVCFG_STCE);
  trap_expect();
  run_in_mode(MODE_S, read_stimecmp, NULL);
  const struct trap_record record = trap_expected_end();
  CHECK_EQUAL(record.count, 1);
  CHECK_EQUAL(record.cause, CAUSE_ILLEGAL);
}

/* --- External interrupts --- */

static enum plic_mode external_mode;

/* A UART interrupt with nothing received does not count: QEMU 7.2's PLIC takes a level that rises
 * again between claim and service (here, the receiver's time-out) for another request. */
static void on_external(struct trap_frame* frame) {
  (void)frame;
  const unsigned claimed = plic_claim(hart_id(), external_mode);
  const int character = claimed == BOARD_IRQ_UART ? uart_get() : 0;
  if (claimed == BOARD_IRQ_RTC) rtc_acknowledge();
  plic_complete(hart_id(), external_mode, claimed);
  if (character < 0) return;
  source = claimed;
  received = character;
  interrupts++;
}

/* Nothing is left to claim, but for such a UART interrupt. */
static void expect_nothing_to_claim(void) {
  const unsigned claimed = plic_claim(hart_id(), external_mode);
  if (!claimed) return;
  CHECK_EQUAL(claimed, BOARD_IRQ_UART);
  CHECK_EQUAL(uart_get(), -1);
  plic_complete(hart_id(), external_mode, claimed);
}

static void set_enabled(bool on) {
  if (external_mode == PLIC_MACHINE) {
    if (on)
      csr_set(mstatus, MSTATUS_MIE);
    else
      csr_clear(mstatus, MSTATUS_MIE);
  } else {
    if (on)
      csr_set(sstatus, MSTATUS_SIE);
    else
      csr_clear(sstatus, MSTATUS_SIE);
  }
}

static void wait_until_pending(unsigned irq) {
  while (!plic_pending(irq)) hart_relax();
}

/* No output while the UART talks to itself. */
static void loop_back(char character) {
  uart_loopback(true);
  uart_enable_interrupts(UART_IER_RECEIVED);
  uart_put(character);
  wait_until_pending(BOARD_IRQ_UART);
}

static void end_loop_back(void) {
  uart_enable_interrupts(0);
  uart_loopback(false);
}

static uint64_t use_external_interrupts(void* argument) {
  (void)argument;
  const unsigned hart = hart_id();
  interrupts = 0;
  plic_set_priority(BOARD_IRQ_UART, 3);
  plic_set_priority(BOARD_IRQ_RTC, 5);
  plic_enable(hart, external_mode, BOARD_IRQ_UART, true);
  plic_enable(hart, external_mode, BOARD_IRQ_RTC, true);

  /* At the threshold it stays pending, and above it interrupts. */
  plic_set_threshold(hart, external_mode, 3);
  set_enabled(true);
  loop_back('K');
  const unsigned below = interrupts;
  plic_set_threshold(hart, external_mode, 2);
  while (interrupts == below) hart_relax();
  end_loop_back();
  CHECK_EQUAL(below, 0);
  expect_interrupts(1);
  CHECK_EQUAL(source, BOARD_IRQ_UART);
  CHECK_EQUAL(received, 'K');

  /* The higher priority is claimed first. */
  set_enabled(false);
  rtc_set_alarm(rtc_nanoseconds() + ALARM_NANOSECONDS);
  wait_until_pending(BOARD_IRQ_RTC);
  loop_back('T');
  const unsigned first = plic_claim(hart, external_mode);
  const unsigned second = plic_claim(hart, external_mode);
  received = uart_get();
  end_loop_back();
  rtc_acknowledge();
  plic_complete(hart, external_mode, first);
  plic_complete(hart, external_mode, second);
  CHECK_EQUAL(first, BOARD_IRQ_RTC);
  CHECK_EQUAL(second, BOARD_IRQ_UART);
  CHECK_EQUAL(received, 'T');
  expect_nothing_to_claim();

  /* The alarm alone, through the handler. */
  set_enabled(true);
  const uint64_t at = rtc_nanoseconds() + ALARM_NANOSECONDS;
  rtc_set_alarm(at);
  while (interrupts == 1) hart_relax();
  set_enabled(false);
  expect_interrupts(2);
  CHECK_EQUAL(source, BOARD_IRQ_RTC);
  CHECK(rtc_nanoseconds() >= at);

  plic_enable(hart, external_mode, BOARD_IRQ_UART, false);
  plic_enable(hart, external_mode, BOARD_IRQ_RTC, false);
  return 0;
}

static void test_external_machine(void) {
  external_mode = PLIC_MACHINE;
  trap_on_interrupt(TRAP_MACHINE, INTERRUPT_M_EXTERNAL, on_external);
  csr_set(mie, INTERRUPT_BIT(INTERRUPT_M_EXTERNAL));
  use_external_interrupts(NULL);
  csr_clear(mie, INTERRUPT_BIT(INTERRUPT_M_EXTERNAL));
  puts("external interrupts for machine mode");
}

static void test_external_supervisor(void) {
  external_mode = PLIC_SUPERVISOR;
  trap_on_interrupt(TRAP_SUPERVISOR, INTERRUPT_S_EXTERNAL, on_external);
  csr_set(mideleg, INTERRUPT_BIT(INTERRUPT_S_EXTERNAL));
  csr_set(mie, INTERRUPT_BIT(INTERRUPT_S_EXTERNAL));
  run_in_mode(MODE_S, use_external_interrupts, NULL);
  csr_clear(mie, INTERRUPT_BIT(INTERRUPT_S_EXTERNAL));
  csr_clear(mideleg, INTERRUPT_BIT(INTERRUPT_S_EXTERNAL));
  puts("external interrupts for supervisor mode");
}

int main(void) {
  const struct hart_features features = features_find();
  test_machine_timer();
  test_software_interrupt();
  test_supervisor_timer(false);
  if (features.sstc) {
    test_supervisor_timer(true);
    test_stimecmp_needs_permission();
  }
  test_external_machine();
  test_external_supervisor();
  return EXIT_PASS;
}
