/* The compute mix in user mode: a process under Sv39, all its pages of 4 KiB, interrupted by the
 * kernel's timer. */
#include <stdio.h>

#include "guests/mix/mix.h"
#include "runtime/check.h"
#include "runtime/features.h"
#include "runtime/firmware.h"
#include "runtime/process.h"

enum { LEVELS = 3, ASID = 1, SLICE_TICKS = 10000 /* 1 ms */ };

static uint64_t run_mix(void* argument) {
  (void)argument;
  struct mix_results results;
  mix_run(MIX_ROUNDS, &results);
  mix_print(&results);
  return results.correct;
}

static uint64_t kernel(void* argument) {
  process_run_all(argument, 1, SLICE_TICKS);
  return 0;
}

int main(void) {
  firmware_init(features_find().sstc);
  const struct address_space space = process_kernel_space(LEVELS);
  struct process process = process_create(LEVELS, ASID, run_mix, NULL);
  address_space_activate(&space);
  run_in_mode(MODE_S, kernel, &process);
  address_space_off();
  printf("preempted %lu times\n", process.preemptions);
  CHECK_EQUAL(process.status, PROCESS_DONE);
  CHECK_EQUAL(process.result, true);
  return EXIT_PASS;
}
