/* The hypervisor extension: a small HS-mode hypervisor with two guests under Sv39x4. */
#include <stdio.h>

#include "guests/hypervisor/guest.h"
#include "runtime/check.h"
#include "runtime/features.h"
#include "runtime/hypervisor.h"

static uint64_t hypervisor(void* argument) {
  const struct hart_features* const features = argument;
  test_guest_stage();
  test_two_stages();
  test_guest_accesses();
  test_guest_fences();
  test_virtual_instructions();
  test_virtual_interrupts(features->sstc);
  return 0;
}

/* A guest page fault that nobody delegated. */
static void test_machine_mode_takes_it(void) {
  csr_write(medeleg, 0);
  guest_enter(&guests[0]);
  trap_expect();
  run_in_mode(MODE_VS, guest_loads, (void*)GUEST_HOLE);
  const struct trap_record record = trap_expected_end();
  CHECK_EQUAL(record.count, 1);
  CHECK_EQUAL(record.level, TRAP_MACHINE);
  CHECK_EQUAL(record.cause, CAUSE_LOAD_GUEST_PAGE);
  CHECK_EQUAL(record.tval, GUEST_HOLE);
  CHECK_EQUAL(record.second, GUEST_HOLE >> 2);
  CHECK(record.status & MSTATUS_MPV);
  CHECK(record.status & MSTATUS_GVA);
  csr_write(hgatp, 0);
  hfence_gvma_all();
  puts("guest page fault to machine mode");
}

int main(void) {
  struct hart_features features = features_find();
  CHECK(features.hypervisor);
  guests_init();
  if (features.sstc) csr_set(menvcfg, MENVCFG_STCE);
  run_in_mode(MODE_S, hypervisor, &features);
  test_machine_mode_takes_it();
  return EXIT_PASS;
}
