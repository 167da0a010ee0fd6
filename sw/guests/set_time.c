/* Software sets mtime: time follows on every hart, and a hart that sleeps until then wakes up. Two
 * harts, with Sstc. */
#include <stdio.h>

#include "drivers/aclint.h"
#include "isa/csr.h"
#include "runtime/check.h"
#include "runtime/features.h"
#include "runtime/hart.h"
#include "runtime/this_hart.h"
#include "runtime/trap.h"

static const uint64_t millisecond = BOARD_TIMEBASE_HZ / 1000;
static const uint64_t hour = UINT64_C(3600) * BOARD_TIMEBASE_HZ;

static volatile bool ready;
static volatile uint64_t woken_at;

static void sleep_until(void* time) {
  csr_set(menvcfg, MENVCFG_STCE);
  csr_write(stimecmp, *(uint64_t*)time);
  csr_set(mie, INTERRUPT_BIT(INTERRUPT_S_TIMER)); /* not taken: machine mode has them off */
  ready = true;
  while (!(csr_read(mip) & INTERRUPT_BIT(INTERRUPT_S_TIMER))) __asm__ volatile("wfi" ::: "memory");
  woken_at = csr_read(time);
}

static void wait_ticks(uint64_t ticks) {
  for (const uint64_t start = csr_read(time); csr_read(time) - start < ticks;) hart_relax();
}

/* Both ways to read it, in turn, one behind the other. */
static void expect_time_from(uint64_t time) {
  uint64_t last = time;
  for (int i = 0; i < 100; i++) {
    const uint64_t now = i % 2 ? csr_read(time) : aclint_time();
    CHECK(now >= last);
    last = now;
  }
  CHECK(last < time + hour);
}

int main(void) {
  CHECK(features_find().sstc);
  uint64_t wake = 2 * hour;
  hart_start(1, sleep_until, &wake);
  while (!ready) hart_relax();
  wait_ticks(millisecond);
  CHECK_EQUAL(woken_at, 0);

  aclint_set_time(hour);
  expect_time_from(hour);
  wait_ticks(millisecond);
  CHECK_EQUAL(woken_at, 0);

  aclint_set_time(wake);
  expect_time_from(wake);
  hart_join(1);
  CHECK(woken_at >= wake && woken_at < wake + hour);

  aclint_set_time(0);
  expect_time_from(0);
  return EXIT_PASS;
}
