/* External interrupts with whichever controller the board has, on each hart in machine and in
 * supervisor mode: alarms of the real-time clock by wire; with IMSICs, messages from hart to hart
 * under load, each of which arrives once, and an APLIC's own. */
#include <stdatomic.h>
#include <stdio.h>

#include "drivers/aclint.h"
#include "drivers/aplic.h"
#include "drivers/external.h"
#include "drivers/imsic.h"
#include "drivers/mmio.h"
#include "drivers/rtc.h"
#include "runtime/check.h"
#include "runtime/hart.h"
#include "runtime/lock.h"
#include "runtime/machine.h"
#include "runtime/mode.h"
#include "runtime/random.h"
#include "runtime/this_hart.h"
#include "runtime/trap.h"

enum { ALARMS = 3, ALARM_NANOSECONDS = 500000, HARTS_MOST = 8 };
enum { FIRST_MESSAGE = 64, MESSAGES_EACH = 16, SENDS = 2000, SYNC = 40 };

static enum external_controller controller;
static enum external_level level;
static unsigned guest_bits;

/* --- Alarms, by wire --- */

static atomic_uint alarms;
static atomic_uint taken_by;

static void let_in(bool on) {
  if (level == EXTERNAL_MACHINE && on) csr_set(mstatus, MSTATUS_MIE);
  if (level == EXTERNAL_MACHINE && !on) csr_clear(mstatus, MSTATUS_MIE);
  if (level == EXTERNAL_SUPERVISOR && on) csr_set(sstatus, MSTATUS_SIE);
  if (level == EXTERNAL_SUPERVISOR && !on) csr_clear(sstatus, MSTATUS_SIE);
}

static void on_alarm(struct trap_frame* frame) {
  (void)frame;
  const unsigned source = external_claim(level, hart_id());
  if (source == 0) return; /* spurious: allowed, and nothing is to be done */
  CHECK_EQUAL(source, BOARD_IRQ_RTC);
  rtc_acknowledge();
  external_complete(level, hart_id(), source);
  atomic_store(&taken_by, hart_id());
  atomic_fetch_add(&alarms, 1);
}

static uint64_t take_alarms(void* argument) {
  (void)argument;
  for (unsigned i = 1; i <= ALARMS; i++) {
    const uint64_t at = rtc_nanoseconds() + ALARM_NANOSECONDS;
    rtc_set_alarm(at);
    while (atomic_load(&alarms) < i) {
      __asm__ volatile("wfi" ::: "memory");
      let_in(true);
      let_in(false);
    }
    CHECK(rtc_nanoseconds() >= at);
    CHECK_EQUAL(atomic_load(&taken_by), hart_id());
  }
  let_in(true);
  let_in(false);
  CHECK_EQUAL(atomic_load(&alarms), ALARMS);
  return 0;
}

static void delegate_external(bool on) {
  const uint64_t bit =
      INTERRUPT_BIT(level == EXTERNAL_MACHINE ? INTERRUPT_M_EXTERNAL : INTERRUPT_S_EXTERNAL);
  if (on) {
    if (level == EXTERNAL_SUPERVISOR) csr_set(mideleg, bit);
    csr_set(mie, bit);
  } else {
    csr_clear(mie, bit);
    csr_clear(mideleg, bit & INTERRUPT_BIT(INTERRUPT_S_EXTERNAL));
  }
}

static void alarms_on_this_hart(void* argument) {
  (void)argument;
  atomic_store(&alarms, 0);
  external_init_hart();
  external_route(level, hart_id(), BOARD_IRQ_RTC);
  delegate_external(true);
  run_in_mode(level == EXTERNAL_MACHINE ? MODE_M : MODE_S, take_alarms, NULL);
  delegate_external(false);
  external_silence(level, hart_id(), BOARD_IRQ_RTC);
}

static void on_each_hart(hart_function function) {
  for (unsigned hart = 0; hart < machine_harts(); hart++) {
    if (hart == hart_id()) {
      function(NULL);
    } else {
      hart_start(hart, function, NULL);
      hart_join(hart);
    }
  }
}

static const char* name_of_level(void) {
  return level == EXTERNAL_MACHINE ? "machine" : "supervisor";
}

static void set_handler(trap_handler handler) {
  if (level == EXTERNAL_MACHINE)
    trap_on_interrupt(TRAP_MACHINE, INTERRUPT_M_EXTERNAL, handler);
  else
    trap_on_interrupt(TRAP_SUPERVISOR, INTERRUPT_S_EXTERNAL, handler);
}

static void test_alarms(void) {
  set_handler(on_alarm);
  on_each_hart(alarms_on_this_hart);
  printf("alarms for %s mode on %u harts\n", name_of_level(), machine_harts());
}

/* --- Messages between harts, under load --- */

/* Sender s owns the identities FIRST_MESSAGE + s * MESSAGES_EACH and on at every hart. It sends one
 * again only when the hart has taken it, so that each is to arrive exactly once. */
static atomic_uint sent[HARTS_MOST][HARTS_MOST][MESSAGES_EACH]; /* by hart, sender, number */
static atomic_uint taken[HARTS_MOST][HARTS_MOST][MESSAGES_EACH];
static atomic_uint done_sending;
static struct barrier ready;

static void on_message(struct trap_frame* frame) {
  (void)frame;
  const unsigned identity = imsic_claim((enum imsic_level)level);
  if (identity == 0) return;
  CHECK(identity >= FIRST_MESSAGE);
  const unsigned number = identity - FIRST_MESSAGE;
  atomic_fetch_add(&taken[hart_id()][number / MESSAGES_EACH][number % MESSAGES_EACH], 1);
}

/* Masks and unmasks at random: what comes meanwhile waits. */
static void shake(struct random* random) {
  const enum imsic_level file = (enum imsic_level)level;
  const unsigned identity =
      FIRST_MESSAGE + (unsigned)random_below(random, HARTS_MOST * MESSAGES_EACH);
  switch (random_below(random, 4)) {
    case 0:
      imsic_enable(file, identity, false);
      break;
    case 1:
      imsic_enable(file, identity, true);
      break;
    case 2:
      imsic_set_threshold(file, identity);
      break;
    default:
      imsic_set_threshold(file, 0);
      break;
  }
}

static void open_all(void) {
  const enum imsic_level file = (enum imsic_level)level;
  imsic_set_threshold(file, 0);
  for (unsigned i = 0; i < HARTS_MOST * MESSAGES_EACH; i++)
    imsic_enable(file, FIRST_MESSAGE + i, true);
}

static uint64_t send_and_take(void* argument) {
  (void)argument;
  const unsigned me = hart_id();
  struct random random = {.state = me + 1};
  open_all();
  barrier_wait(&ready, machine_harts());
  for (unsigned i = 0; i < SENDS; i++) {
    const unsigned to = (unsigned)random_below(&random, machine_harts());
    const unsigned number = (unsigned)random_below(&random, MESSAGES_EACH);
    let_in(false);
    shake(&random); /* not in the middle of a handler that selects registers, too */
    let_in(true);
    if (atomic_load(&sent[to][me][number]) != atomic_load(&taken[to][me][number])) continue;
    atomic_fetch_add(&sent[to][me][number], 1);
    imsic_send((enum imsic_level)level, guest_bits, to,
               FIRST_MESSAGE + me * MESSAGES_EACH + number);
  }
  atomic_fetch_add(&done_sending, 1);
  let_in(false);
  open_all();
  let_in(true);
  /* All messages to this hart have left once all are done. */
  while (atomic_load(&done_sending) < machine_harts()) hart_relax();
  for (unsigned sender = 0; sender < machine_harts(); sender++) {
    for (unsigned number = 0; number < MESSAGES_EACH; number++) {
      while (atomic_load(&taken[me][sender][number]) != atomic_load(&sent[me][sender][number]))
        hart_relax();
    }
  }
  let_in(false);
  return 0;
}

static void messages_on_this_hart(void* argument) {
  (void)argument;
  external_init_hart();
  delegate_external(true);
  run_in_mode(level == EXTERNAL_MACHINE ? MODE_M : MODE_S, send_and_take, NULL);
  delegate_external(false);
  imsic_start((enum imsic_level)level);
}

static void test_messages(void) {
  set_handler(on_message);
  atomic_store(&done_sending, 0);
  for (unsigned hart = 1; hart < machine_harts(); hart++)
    hart_start(hart, messages_on_this_hart, NULL);
  messages_on_this_hart(NULL);
  for (unsigned hart = 1; hart < machine_harts(); hart++) hart_join(hart);
  unsigned long count = 0;
  for (unsigned hart = 0; hart < machine_harts(); hart++) {
    for (unsigned sender = 0; sender < machine_harts(); sender++) {
      for (unsigned number = 0; number < MESSAGES_EACH; number++) {
        CHECK_EQUAL(atomic_load(&taken[hart][sender][number]),
                    atomic_load(&sent[hart][sender][number]));
        count += atomic_load(&taken[hart][sender][number]);
      }
    }
  }
  CHECK(count >= MESSAGES_EACH);
  printf("messages for %s mode: %s\n", name_of_level(), "each arrived once");
}

/* --- genmsi, and the top registers --- */

static void test_synchronisation(void) {
  const enum imsic_level file = (enum imsic_level)level;
  external_init_hart();
  aplic_send((enum aplic_level)level, hart_id(), SYNC);
  while (!imsic_pending(file, SYNC)) hart_relax();
  CHECK_EQUAL(imsic_claim(file), 0); /* not enabled */
  imsic_enable(file, SYNC, true);
  imsic_set_threshold(file, SYNC);
  CHECK_EQUAL(imsic_claim(file), 0);
  imsic_set_threshold(file, SYNC + 1);
  CHECK_EQUAL(imsic_claim(file), SYNC);
  CHECK(!imsic_pending(file, SYNC));
  printf("the APLIC's own message for %s mode\n", name_of_level());
}

/* --- Messages to the APLIC itself --- */

/* Each makes the next one: the machine goes on, and the loop ends with its source. */
static void test_loop(void) {
  enum { LOOP = 50, TICKS = 1000 /* 0.1 ms */ };
  mmio_write32(BOARD_APLIC_M + APLIC_MMSIADDRCFG, (BOARD_APLIC_M + APLIC_SETIPNUM_LE) >> 12);
  aplic_configure(APLIC_MACHINE, LOOP, APLIC_DETACHED);
  aplic_target(APLIC_MACHINE, LOOP, 0, LOOP);
  aplic_enable(APLIC_MACHINE, LOOP, true);
  aplic_pend(APLIC_MACHINE, LOOP);
  const uint64_t until = aclint_time() + TICKS;
  while (aclint_time() < until) hart_relax();
  aplic_configure(APLIC_MACHINE, LOOP, APLIC_INACTIVE);
  aplic_set_addresses(machine_harts(), guest_bits);
  puts("messages to the APLIC itself");
}

int main(void) {
  static const char* const names[] = {"PLIC", "APLIC", "APLIC and IMSIC"};
  controller = external_init(machine_harts(), hart_has_hypervisor());
  guest_bits = controller == EXTERNAL_IMSIC && hart_has_hypervisor() ? imsic_guest_bits() : 0;
  printf("%s\n", names[controller]);
  for (unsigned each = EXTERNAL_MACHINE; each <= EXTERNAL_SUPERVISOR; each++) {
    level = (enum external_level)each;
    test_alarms();
    if (controller != EXTERNAL_IMSIC) continue;
    test_messages();
    test_synchronisation();
    if (level == EXTERNAL_MACHINE) test_loop();
  }
  return EXIT_PASS;
}
