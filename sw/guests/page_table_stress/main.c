/* Page-table stress: pages come, go, move and change their rights at random in several address
 * spaces; each change is fenced as narrowly as the architecture allows. Every access after that
 * must see the new state: the frame's own words, or the right page fault. */
#include <stdio.h>

#include "guests/page_table_stress/fences.h"
#include "guests/page_table_stress/frames.h"
#include "guests/page_table_stress/window.h"
#include "isa/fence.h"
#include "runtime/check.h"
#include "runtime/features.h"
#include "runtime/frame.h"
#include "runtime/mode.h"
#include "runtime/probe.h"

enum { CHANGES_MOST = 3, OTHER_CHECKS = 4 };

static struct world world;

static struct {
  uint64_t loads;
  uint64_t stores;
  uint64_t fetches;
  uint64_t faults; /* of these, expected */
  struct fence_counts fences;
} counts;

static void report(const char* what, uint64_t address, const struct page* page,
                   const struct probe* probe) {
  printf("%s at 0x%lx: frame 0x%lx flags 0x%x; trap %u cause %lu tval 0x%lx, value 0x%lx\n", what,
         address, page->frame, page->flags, probe->trap.count, probe->trap.cause, probe->trap.tval,
         probe->value);
  machine_exit(EXIT_CHECK_FAILED);
}

static bool allowed(const struct page* page, unsigned right) {
  return page->frame && page->flags & right && !(page->flags & PTE_U);
}

/* True: the access should have gone through, and did. */
static bool check_trap(const char* what, uint64_t address, const struct page* page,
                       const struct probe* probe, unsigned right, uint64_t cause) {
  const bool expected = !allowed(page, right);
  const bool as_expected =
      probe->trap.count == expected &&
      (!expected || (probe->trap.cause == cause && probe->trap.tval == address));
  if (!as_expected) report(what, address, page, probe);
  counts.faults += expected;
  return !expected;
}

static void check_load(uint64_t address, const struct page* page) {
  const struct probe probe = probe_load(address);
  counts.loads++;
  if (check_trap("load", address, page, &probe, PTE_R, CAUSE_LOAD_PAGE) &&
      probe.value != frame_magic(page->frame))
    report("stale load", address, page, &probe);
}

static void check_store(uint64_t address, const struct page* page) {
  const uint64_t value = random_next(&world.random);
  const struct probe probe = probe_store(address + FRAME_SCRATCH, value);
  counts.stores++;
  if (check_trap("store", address + FRAME_SCRATCH, page, &probe, PTE_W, CAUSE_STORE_PAGE) &&
      *(volatile uint64_t*)(page->frame + FRAME_SCRATCH) != value)
    report("stale store", address, page, &probe);
}

static void check_fetch(uint64_t address, const struct page* page) {
  const struct probe probe = probe_fetch(address + FRAME_CODE);
  counts.fetches++;
  if (check_trap("fetch", address + FRAME_CODE, page, &probe, PTE_X, CAUSE_FETCH_PAGE) &&
      probe.value != frame_code_value(page->frame))
    report("stale fetch", address, page, &probe);
}

static void check(unsigned window, uint64_t address, const struct page* page) {
  address_space_activate(&world.windows[window].space);
  switch (random_below(&world.random, 4)) {
    case 0:
      check_store(address, page);
      return;
    case 1:
      check_fetch(address, page);
      return;
    default:
      check_load(address, page);
      return;
  }
}

/* The page that the change is about, as the record has it now. */
static void check_at(const struct change* at) {
  const struct page* const page =
      at->kind == CHANGE_GLOBAL
          ? &world.global.pages[at->page]
          : &world.windows[at->window].blocks[at->block].groups[at->group].pages[at->page];
  const uint64_t address = at->kind == CHANGE_GLOBAL
                               ? global_address(&world, at->page)
                               : page_address(&world, at->block, at->group, at->page);
  check(at->window, address, page);
}

static unsigned change_some(struct change* changes) {
  if (random_one_in(&world.random, 64)) {
    world_swap_asids(&world, changes);
    return 2;
  }
  const unsigned count = 1 + (unsigned)random_below(&world.random, CHANGES_MOST);
  for (unsigned i = 0; i < count; i++) changes[i] = world_pick(&world);
  /* The hart holds translations of what is about to change. */
  for (unsigned i = 0; i < count; i++) check_at(&changes[i]);
  for (unsigned i = 0; i < count; i++) world_change(&world, &changes[i]);
  return count;
}

static void step(bool svinval) {
  struct change changes[CHANGES_MOST];
  const unsigned count = change_some(changes);
  fence_changes(changes, count, svinval, &world.random, &counts.fences);
  if (world.invalidated) frame_free(world.invalidated);
  world.invalidated = 0;
  for (unsigned i = 0; i < count; i++) check_at(&changes[i]);
  for (unsigned i = 0; i < OTHER_CHECKS; i++) {
    const struct change anywhere = world_pick(&world);
    check_at(&anywhere);
  }
}

static uint64_t stress(void* argument) {
  const struct hart_features* const features = argument;
  for (unsigned i = 0; i < STRESS_STEPS; i++) step(features->svinval);
  return 0;
}

int main(void) {
  struct hart_features features = features_find();
  features_print(&features);
  CHECK(features.largest_levels && features.asid_bits >= 3);
  frames_init();
  for (unsigned levels = 3; levels <= features.largest_levels; levels++) {
    world_init(&world, levels, features.svnapot, STRESS_SEED);
    address_space_activate(&world.windows[0].space);
    fence_all(); /* the ASIDs have been used with the tables of the mode before */
    run_in_mode(MODE_S, stress, &features);
    address_space_off();
    printf("Sv%u: no stale translation so far\n", 12 + 9 * levels);
  }
  printf("%lu loads, %lu stores, %lu fetches; of these, %lu faulted as they should\n", counts.loads,
         counts.stores, counts.fetches, counts.faults);
  printf("fences: %lu all, %lu by page, %lu by space, %lu by page and space; %lu batches\n",
         counts.fences.all, counts.fences.page, counts.fences.space, counts.fences.page_in_space,
         counts.fences.batches);
  return EXIT_PASS;
}
