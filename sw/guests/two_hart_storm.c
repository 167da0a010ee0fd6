/* Two harts and more: hart 0 moves and unmaps pages and asks the others to fence, by interrupt.
 * They hammer the pages with loads. Once all have answered, hart 0 spoils the frame that the page
 * had, as its next user would: whoever then reads a spoiled word has used a stale translation. */
#include <stdatomic.h>
#include <stdio.h>

#include "isa/fence.h"
#include "runtime/address_space.h"
#include "runtime/check.h"
#include "runtime/frame.h"
#include "runtime/hart.h"
#include "runtime/lock.h"
#include "runtime/machine.h"
#include "runtime/mode.h"
#include "runtime/probe.h"
#include "runtime/random.h"
#include "runtime/remote_fence.h"

enum { LEVELS = 3, ASID = 1, PAGES = 16, FRAMES = 32, LOADS_A_CHANGE = 2 * PAGES };
#define WINDOW (UINT64_C(1) << 37)
#define SPOILED UINT64_C(0xDEADDEADDEADDEAD)

static struct address_space space;
static uint64_t frames; /* of FRAMES frames, the first PAGES mapped at the start */

/* What is mapped, for the other harts to check against. */
static struct {
  atomic_ulong version; /* odd: changing */
  atomic_ulong frame;   /* 0: not mapped */
} pages[PAGES];

static struct barrier ready; /* all have left the runtime's waiting loop, and can be interrupted */
static atomic_bool storm_over;
static atomic_ulong loads_checked; /* of the other harts */
static atomic_ulong loads_raced;   /* a change came between: only spoiled words are wrong */

static uint64_t page_address(unsigned page) {
  return WINDOW + (uint64_t)page * FRAME_SIZE;
}
static uint64_t magic(uint64_t frame) {
  return ~frame;
}

/* --- The other harts, in supervisor mode --- */

static void wrong(unsigned page, const struct probe* probe) {
  printf("hart %u, page %u: trap %u cause %lu, read 0x%lx, mapped 0x%lx\n", hart_id(), page,
         probe->trap.count, probe->trap.cause, probe->value, atomic_load(&pages[page].frame));
  machine_exit(EXIT_CHECK_FAILED);
}

static void check_load(unsigned page) {
  const uint64_t version = atomic_load(&pages[page].version);
  const uint64_t frame = atomic_load(&pages[page].frame);
  const struct probe probe = probe_load(page_address(page));
  if (!probe.trap.count && probe.value == SPOILED) wrong(page, &probe);
  if (version % 2 || atomic_load(&pages[page].version) != version) {
    atomic_fetch_add(&loads_raced, 1);
    return;
  }
  const bool right = frame ? !probe.trap.count && probe.value == magic(frame)
                           : probe.trap.count && probe.trap.cause == CAUSE_LOAD_PAGE;
  if (!right) wrong(page, &probe);
  atomic_fetch_add(&loads_checked, 1);
}

static uint64_t hammer(void* argument) {
  struct random random = {.state = (uint64_t)argument + 1};
  while (!atomic_load(&storm_over)) check_load((unsigned)random_below(&random, PAGES));
  return 0;
}

static void start_hammer(void* argument) {
  barrier_wait(&ready, machine_harts());
  address_space_activate(&space);
  fence_all();
  run_in_mode(MODE_S, hammer, argument);
  address_space_off();
}

/* --- Hart 0, in machine mode --- */

static uint64_t unused_frame(struct random* random) {
  for (;;) {
    const uint64_t frame = frames + random_below(random, FRAMES) * FRAME_SIZE;
    bool used = false;
    for (unsigned i = 0; i < PAGES; i++) used |= atomic_load(&pages[i].frame) == frame;
    if (!used) return frame;
  }
}

static void map(unsigned page, uint64_t frame) {
  if (frame) {
    *(volatile uint64_t*)frame = magic(frame);
    atomic_thread_fence(memory_order_release);
    page_table_map(&space.table, page_address(page), frame, PAGE_4K, PTE_RW);
  } else {
    page_table_unmap(&space.table, page_address(page), PAGE_4K);
  }
}

static void fence_others(unsigned page, struct random* random) {
  const struct fence_request request = {.form = (enum fence_form)random_below(random, 4),
                                        .address = page_address(page),
                                        .asid = ASID};
  for (unsigned hart = 1; hart < machine_harts(); hart++) {
#ifdef STORM_SKIP_FENCES
    if (random_one_in(random, STORM_SKIP_FENCES)) continue; /* a bug, for the checks to find */
#endif
    remote_fence(hart, &request);
  }
}

static uint64_t loads(void) {
  return atomic_load(&loads_checked) + atomic_load(&loads_raced);
}

/* A stale translation is found by who uses it. */
static void let_them_look(void) {
  const uint64_t enough = loads() + LOADS_A_CHANGE;
  while (loads() < enough) hart_relax();
}

static void change(struct random* random) {
  const unsigned page = (unsigned)random_below(random, PAGES);
  const uint64_t before = atomic_load(&pages[page].frame);
  const uint64_t after = before && random_one_in(random, 3) ? 0 : unused_frame(random);
  atomic_fetch_add(&pages[page].version, 1);
  map(page, after);
  fence_others(page, random);
  if (before) *(volatile uint64_t*)before = SPOILED;
  atomic_store(&pages[page].frame, after);
  atomic_fetch_add(&pages[page].version, 1);
}

int main(void) {
  CHECK(machine_harts() >= 2);
  space = address_space_create(LEVELS, ASID);
  address_space_map_identity(&space, PAGE_2M, PTE_G);
  frames = frame_allocate_run(FRAMES * FRAME_SIZE, FRAME_SIZE);
  for (unsigned i = 0; i < PAGES; i++) {
    atomic_store(&pages[i].frame, frames + i * FRAME_SIZE);
    map(i, frames + i * FRAME_SIZE);
  }
  remote_fence_init();
  for (uint64_t hart = 1; hart < machine_harts(); hart++)
    hart_start((unsigned)hart, start_hammer, (void*)hart);

  barrier_wait(&ready, machine_harts());

  struct random random = {.state = 1};
  for (unsigned i = 0; i < STORM_CHANGES; i++) {
    change(&random);
    let_them_look();
  }
  atomic_store(&storm_over, true);
  for (unsigned hart = 1; hart < machine_harts(); hart++) hart_join(hart);
  printf("%u changes, %lu loads checked, %lu more raced with a change\n", STORM_CHANGES,
         atomic_load(&loads_checked), atomic_load(&loads_raced));
  return EXIT_PASS;
}
