/* Processes: three count in their own memory, at the same virtual addresses, and are preempted; one
 * yields; one reads what it must not. */
#include <stdio.h>

#include "runtime/check.h"
#include "runtime/features.h"
#include "runtime/firmware.h"
#include "runtime/image.h"
#include "runtime/process.h"

#define PRIVATE_PAGE UINT64_C(0x10000000)
enum { COUNTERS = 3, YIELDS = 5, COUNTS = 1000, SLICES = 4, PROCESSES = 5, SLICE_TICKS = 2000 };

static volatile uint64_t in_data = 7; /* each process has its own */

/* Until it has been preempted: a process that never yields has its second slice after that. True if
 * nobody else has written its page or its data. */
static uint64_t count(void* argument) {
  volatile uint64_t* const own = (uint64_t*)PRIVATE_PAGE;
  const uint64_t step = (uint64_t)argument;
  uint64_t sum = 0;
  do {
    for (unsigned i = 0; i < COUNTS; i++) {
      *own += step;
      in_data += step;
      sum += step;
    }
  } while (process_slices() < SLICES);
  return *own == sum && in_data == sum + 7;
}

static uint64_t yield(void* argument) {
  (void)argument;
  for (unsigned i = 0; i < YIELDS; i++) process_yield();
  printf("a process prints: data still %lu\n", in_data);
  return in_data;
}

static uint64_t trespass(void* argument) {
  (void)argument;
  return *(volatile uint64_t*)kilburn_free_memory;
}

static struct process processes[PROCESSES];

static uint64_t kernel(void* argument) {
  (void)argument;
  process_run_all(processes, PROCESSES, SLICE_TICKS);
  return 0;
}

int main(void) {
  const struct hart_features features = features_find();
  CHECK(features.asid_bits >= 3);
  for (unsigned levels = 3; levels <= features.largest_levels; levels++) {
    firmware_init(features.sstc && levels != 3); /* Sv39 shows the timer without Sstc */
    const struct address_space space = process_kernel_space(levels);
    for (unsigned i = 0; i < COUNTERS; i++) {
      processes[i] = process_create(levels, i + 1, count, (void*)(uint64_t)(i + 1));
      process_map_page(&processes[i], PRIVATE_PAGE);
    }
    processes[3] = process_create(levels, 4, yield, NULL);
    processes[4] = process_create(levels, 5, trespass, NULL);
    address_space_activate(&space);
    /* ASIDs are used again from the round before. */
    __asm__ volatile("sfence.vma" ::: "memory");
    run_in_mode(MODE_S, kernel, NULL);
    address_space_off();

    uint64_t preemptions = 0;
    for (unsigned i = 0; i < COUNTERS; i++) {
      CHECK_EQUAL(processes[i].status, PROCESS_DONE);
      CHECK_EQUAL(processes[i].result, true);
      CHECK(processes[i].preemptions >= SLICES - 1);
      preemptions += processes[i].preemptions;
    }
    CHECK_EQUAL(processes[3].status, PROCESS_DONE);
    CHECK_EQUAL(processes[3].result, 7);
    CHECK(processes[3].slices > YIELDS);
    CHECK_EQUAL(processes[4].status, PROCESS_FAULTED);
    CHECK_EQUAL(processes[4].state->frame.cause, CAUSE_LOAD_PAGE);
    CHECK_EQUAL(processes[4].state->frame.tval, kilburn_free_memory);
    printf("Sv%u: isolated, %lu preemptions\n", 12 + 9 * levels, preemptions);
    firmware_off();
  }
  CHECK_EQUAL(in_data, 7);
  return EXIT_PASS;
}
