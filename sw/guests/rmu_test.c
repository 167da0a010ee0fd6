/* Realms (Kilburn only): ownership, sharing, fused groups, and what a hart of another realm meets.
 * Realm 0 may create realms but overrides no owner. What it meets is tried three times: in machine
 * mode on physical addresses, in supervisor and in user mode under Sv39. Then supervisor mode,
 * untranslated, is of another realm; and another hart hammers granules that change hands. */
#include <stdatomic.h>
#include <stdio.h>

#include "drivers/rmu.h"
#include "runtime/address_space.h"
#include "runtime/check.h"
#include "runtime/frame.h"
#include "runtime/hart.h"
#include "runtime/image.h"
#include "runtime/lock.h"
#include "runtime/machine.h"
#include "runtime/mode.h"
#include "runtime/probe.h"
#include "runtime/random.h"

enum { OURS = 0, THEIRS = 7, ORDER = 4, GRANULES = 1 << ORDER, LEVELS = 3 };
#define GROUP_BYTES (GRANULES * FRAME_SIZE)

static uint64_t granule(uint64_t group, unsigned index) {
  return group + index * FRAME_SIZE;
}

static void give_all(uint64_t group, unsigned realm) {
  for (unsigned i = 0; i < GRANULES; i++)
    CHECK_EQUAL(rmu_set_owner(granule(group, i), 0, realm, RMU_STATE_VALID, RMU_MAPPED_ANY),
                RMU_STATUS_OK);
}

static void expect_open(uint64_t group) {
  for (unsigned i = 0; i < GRANULES; i++) {
    const uint64_t word = granule(group, i);
    CHECK_EQUAL(probe_store(word, ~word).trap.count, 0);
    const struct probe probe = probe_load(word);
    CHECK_EQUAL(probe.trap.count, 0);
    CHECK_EQUAL(probe.value, ~word);
  }
}

static void expect_fault(const struct probe* probe, enum cause cause, uint64_t address) {
  CHECK_EQUAL(probe->trap.count, 1);
  CHECK_EQUAL(probe->trap.cause, cause);
  CHECK_EQUAL(probe->trap.tval, address);
}

static void expect_shut(uint64_t group) {
  for (unsigned i = 0; i < GRANULES; i++) {
    const uint64_t word = granule(group, i) + 8;
    struct probe probe = probe_load(word);
    expect_fault(&probe, CAUSE_LOAD_ACCESS, word);
    probe = probe_store(word, 0);
    expect_fault(&probe, CAUSE_STORE_ACCESS, word);
  }
}

static void expect_owner(uint64_t group, unsigned realm, unsigned order) {
  for (unsigned i = 0; i < GRANULES; i++) {
    const struct rmu_entry entry = rmu_query(granule(group, i));
    CHECK_EQUAL(entry.status, RMU_STATUS_OK);
    CHECK_EQUAL(entry.state, RMU_STATE_VALID);
    CHECK_EQUAL(entry.owner, realm);
    CHECK_EQUAL(entry.order, order);
    CHECK_EQUAL(entry.member, order && i);
    CHECK_EQUAL(entry.head, order ? group : granule(group, i));
  }
}

static void fuse_and_shatter(uint64_t group) {
  CHECK_EQUAL(rmu_fuse(granule(group, 1), ORDER), RMU_STATUS_MISALIGNED);
  CHECK_EQUAL(rmu_fuse(group, 60), RMU_STATUS_BAD_ORDER);
  CHECK_EQUAL(rmu_shatter(group), RMU_STATUS_NOT_FUSED);
  expect_owner(group, OURS, 0);

  CHECK_EQUAL(rmu_fuse(group, ORDER), RMU_STATUS_OK);
  const uint64_t cycles = rmu_cycles();
  expect_owner(group, OURS, ORDER);
  expect_open(group);
  CHECK_EQUAL(rmu_set_owner(granule(group, 3), 0, THEIRS, RMU_STATE_VALID, RMU_MAPPED_ANY),
              RMU_STATUS_IS_MEMBER);
  CHECK_EQUAL(rmu_fuse(group, ORDER), RMU_STATUS_OK);

  CHECK_EQUAL(rmu_shatter(granule(group, 5)), RMU_STATUS_OK);
  printf("  fuse of %u granules %lu cycles, shatter %lu\n", GRANULES, cycles, rmu_cycles());
  expect_owner(group, OURS, 0);
  expect_open(group);
}

/* The hart holds a translation of the whole group when its owner changes. */
static void hand_over_while_fused(uint64_t group) {
  CHECK_EQUAL(rmu_fuse(group, ORDER), RMU_STATUS_OK);
  expect_open(group);
  CHECK_EQUAL(rmu_set_owner(group, ORDER, THEIRS, RMU_STATE_VALID, RMU_MAPPED_ANY), RMU_STATUS_OK);
  expect_shut(group);
  expect_owner(group, THEIRS, ORDER);
  CHECK_EQUAL(rmu_set_owner(group, ORDER, OURS, RMU_STATE_VALID, RMU_MAPPED_ANY),
              RMU_STATUS_DENIED);
  CHECK_EQUAL(rmu_share(group, ORDER, RMU_SHARING_SHARED), RMU_STATUS_DENIED);
  CHECK_EQUAL(rmu_shatter(group), RMU_STATUS_OK);
  expect_shut(group);
  expect_owner(group, THEIRS, 0);
}

/* Another realm may fuse: it changes no right. */
static void fuse_by_a_stranger(uint64_t group) {
  CHECK_EQUAL(rmu_fuse(group, ORDER), RMU_STATUS_OK);
  expect_owner(group, THEIRS, ORDER);
  expect_shut(group);
  CHECK_EQUAL(rmu_shatter(group), RMU_STATUS_OK);
}

/* The realm dies; its memory stays shut until it has been scrubbed, and has no secrets then. */
static void reclaim(uint64_t group) {
  CHECK_EQUAL(rmu_scrub(group, 0), RMU_STATUS_DENIED);
  CHECK_EQUAL(rmu_destroy_realm(THEIRS), RMU_STATUS_OK);
  expect_shut(group);
  for (unsigned i = 0; i < GRANULES; i++)
    CHECK_EQUAL(rmu_scrub(granule(group, i), 0), RMU_STATUS_OK);
  expect_shut(group);
  CHECK_EQUAL(rmu_query(group).state, RMU_STATE_CLEAN);
  give_all(group, OURS);
  for (uint64_t word = group; word < group + GROUP_BYTES; word += 8)
    CHECK_EQUAL(*(volatile uint64_t*)word, 0);
}

static void mixed_groups_stay_apart(uint64_t group) {
  CHECK_EQUAL(rmu_create_realm(THEIRS), RMU_STATUS_OK);
  const uint64_t odd_one = granule(group, GRANULES - 1);
  CHECK_EQUAL(rmu_set_owner(odd_one, 0, THEIRS, RMU_STATE_VALID, RMU_MAPPED_ANY), RMU_STATUS_OK);
  CHECK_EQUAL(rmu_fuse(group, ORDER), RMU_STATUS_OWNER_MISMATCH);
  CHECK_EQUAL(rmu_query(group).order, 0);
  CHECK_EQUAL(rmu_destroy_realm(THEIRS), RMU_STATUS_OK);
  CHECK_EQUAL(rmu_scrub(odd_one, 0), RMU_STATUS_OK);
  CHECK_EQUAL(rmu_set_owner(odd_one, 0, OURS, RMU_STATE_VALID, RMU_MAPPED_ANY), RMU_STATUS_OK);

  CHECK_EQUAL(rmu_share(group, 0, RMU_SHARING_READ_ONLY), RMU_STATUS_OK);
  CHECK_EQUAL(rmu_query(group).sharing, RMU_SHARING_READ_ONLY);
  CHECK_EQUAL(rmu_fuse(group, ORDER), RMU_STATUS_STATE_MISMATCH);
  expect_open(group); /* the owner still stores */
  CHECK_EQUAL(rmu_unshare(group, 0), RMU_STATUS_OK);
  CHECK_EQUAL(rmu_fuse(group, ORDER), RMU_STATUS_OK);
  CHECK_EQUAL(rmu_shatter(group), RMU_STATUS_OK);
}

/* An exclusive frame is reached from the page that its entry names, and from no other. */
static void reverse_mapping(uint64_t group) {
  const uint64_t here = group >> FRAME_SHIFT;
  CHECK_EQUAL(rmu_set_owner(group, 0, OURS, RMU_STATE_VALID, here), RMU_STATUS_OK);
  CHECK_EQUAL(rmu_query(group).mapped, here);
  CHECK_EQUAL(probe_load(group).trap.count, 0);
  CHECK_EQUAL(rmu_set_owner(group, 0, OURS, RMU_STATE_VALID, here + 1), RMU_STATUS_OK);
  const struct probe probe = probe_load(group);
  expect_fault(&probe, CAUSE_LOAD_ACCESS, group);
  CHECK_EQUAL(rmu_set_owner(group, 0, OURS, RMU_STATE_VALID, RMU_MAPPED_ANY), RMU_STATUS_OK);
}

static uint64_t realms(void* argument) {
  const uint64_t group = (uint64_t)argument;
  CHECK_EQUAL(rmu_create_realm(THEIRS), RMU_STATUS_OK);
  give_all(group, OURS);
  expect_open(group);
  fuse_and_shatter(group);
  hand_over_while_fused(group);
  fuse_by_a_stranger(group);
  reclaim(group);
  mixed_groups_stay_apart(group);
  reverse_mapping(group);
  return 0;
}

static void run(enum mode mode, const char* name, unsigned flags) {
  printf("%s-mode\n", name);
  struct address_space space = address_space_create(LEVELS, mode + 1);
  address_space_map_identity(&space, PAGE_2M, flags);
  address_space_activate(&space); /* without effect on machine mode */
  run_in_mode(mode, realms, (void*)frame_allocate_run(GROUP_BYTES, GROUP_BYTES));
  address_space_off();
}

/* --- Supervisor mode of another realm, untranslated --- */

static uint64_t in_their_realm(mode_function function, uint64_t group) {
  rmu_set_realm_below(THEIRS);
  const uint64_t result = run_in_mode(MODE_S, function, (void*)group);
  rmu_set_realm_below(OURS);
  return result;
}

/* Code, data and stacks: ours, for every realm to use. */
static void share_image(void) {
  for (uint64_t frame = (uint64_t)kilburn_image; frame < (uint64_t)kilburn_free_memory;
       frame += FRAME_SIZE) {
    CHECK_EQUAL(rmu_set_owner(frame, 0, OURS, RMU_STATE_VALID, RMU_MAPPED_ANY), RMU_STATUS_OK);
    CHECK_EQUAL(rmu_share(frame, 0, RMU_SHARING_SHARED), RMU_STATUS_OK);
  }
}

/* The first half of the group is theirs, the second ours. */
static uint64_t as_the_other_realm(void* argument) {
  enum { RETURN = 0x8082 };
  const uint64_t own = (uint64_t)argument;
  const uint64_t foreign = granule(own, GRANULES / 2);
  CHECK_EQUAL(probe_store(own, RETURN).trap.count, 0);
  CHECK_EQUAL(probe_load(own).value, RETURN);
  __asm__ volatile("fence.i" ::: "memory");
  CHECK_EQUAL(probe_fetch(own).trap.count, 0);
  struct probe probe = probe_load(foreign);
  expect_fault(&probe, CAUSE_LOAD_ACCESS, foreign);
  probe = probe_store(foreign, 1);
  expect_fault(&probe, CAUSE_STORE_ACCESS, foreign);
  probe = probe_fetch(foreign);
  expect_fault(&probe, CAUSE_FETCH_ACCESS, foreign);
  const uint64_t across = foreign - 4;
  probe = probe_load(across); /* its second half is foreign */
  expect_fault(&probe, CAUSE_LOAD_ACCESS, foreign);

  /* It is no root, and not the owner either. */
  CHECK_EQUAL(rmu_create_realm(THEIRS + 1), RMU_STATUS_DENIED);
  CHECK_EQUAL(rmu_scrub(foreign, 0), RMU_STATUS_DENIED);
  for (unsigned i = 0; i < GRANULES / 2; i++) {
    const uint64_t given = granule(own, i);
    CHECK_EQUAL(probe_store(given, 1).trap.count, 0);
    CHECK_EQUAL(rmu_set_owner(given, 0, OURS, RMU_STATE_VALID, RMU_MAPPED_ANY), RMU_STATUS_OK);
    probe = probe_store(given, 2);
    expect_fault(&probe, CAUSE_STORE_ACCESS, given);
  }
  return 0;
}

static void other_realm(uint64_t group) {
  CHECK_EQUAL(rmu_create_realm(THEIRS), RMU_STATUS_OK);
  give_all(group, OURS);
  for (unsigned i = 0; i < GRANULES / 2; i++)
    CHECK_EQUAL(rmu_set_owner(granule(group, i), 0, THEIRS, RMU_STATE_VALID, RMU_MAPPED_ANY),
                RMU_STATUS_OK);
  in_their_realm(as_the_other_realm, group);
  expect_open(group);
}

/* --- Another hart, in supervisor mode and untranslated, hammers what changes hands --- */

enum { ROUNDS = 40, LOOKS = 3 * GRANULES };
#define SPOILED UINT64_C(0xDEADDEADDEADDEAD)

static struct {
  uint64_t group;
  unsigned first, order; /* of the granules that change hands */
  struct {
    atomic_ulong version;
    atomic_bool ours;
  } granules[GRANULES];        /* odd: changing */
  atomic_ulong checked, raced; /* accesses; raced: a change came between */
  atomic_bool over;
  struct barrier ready;
} storm;

static void hammer_one(struct random* random) {
  const unsigned index = (unsigned)random_below(random, GRANULES);
  const uint64_t word = granule(storm.group, index);
  const unsigned long version = atomic_load(&storm.granules[index].version);
  const bool ours = atomic_load(&storm.granules[index].ours);
  const bool load = random_one_in(random, 2);
  const struct probe probe = load ? probe_load(word) : probe_store(word, index);
  /* Spoiled words are written only once the granule is theirs. */
  const bool stale = load && !probe.trap.count && probe.value == SPOILED;
  const bool settled = version % 2 == 0 && atomic_load(&storm.granules[index].version) == version;
  const enum cause cause = load ? CAUSE_LOAD_ACCESS : CAUSE_STORE_ACCESS;
  const bool right = ours ? !probe.trap.count : probe.trap.count && probe.trap.cause == cause;
  if (stale || (settled && !right)) {
    printf("hart %u, granule %u, %s: trap %u cause %lu, read 0x%lx, %s\n", hart_id(), index,
           load ? "load" : "store", probe.trap.count, probe.trap.cause, probe.value,
           ours ? "ours" : "theirs");
    machine_exit(EXIT_CHECK_FAILED);
  }
  atomic_fetch_add(settled ? &storm.checked : &storm.raced, 1);
}

static uint64_t hammer(void* seed) {
  struct random random = {.state = (uint64_t)seed};
  while (!atomic_load(&storm.over)) hammer_one(&random);
  return 0;
}

static void start_hammer(void* seed) {
  barrier_wait(&storm.ready, machine_harts());
  run_in_mode(MODE_S, hammer, seed);
}

static void let_them_look(void) {
  const unsigned long enough = atomic_load(&storm.checked) + atomic_load(&storm.raced) + LOOKS;
  while (atomic_load(&storm.checked) + atomic_load(&storm.raced) < enough) hart_relax();
}

static void begin_change(void) {
  for (unsigned i = storm.first; i < storm.first + (1u << storm.order); i++)
    atomic_fetch_add(&storm.granules[i].version, 1);
}

static void change_hands(unsigned realm) {
  begin_change();
  CHECK_EQUAL(rmu_set_owner(granule(storm.group, storm.first), storm.order, realm, RMU_STATE_VALID,
                            RMU_MAPPED_ANY),
              RMU_STATUS_OK);
  for (unsigned i = storm.first; i < storm.first + (1u << storm.order); i++)
    atomic_store(&storm.granules[i].ours, realm == OURS);
  begin_change(); /* even again */
}

/* In their realm: what they write must neither be read nor overwritten by the other hart. */
static uint64_t occupy(void* argument) {
  (void)argument;
  for (unsigned round = 0; round < 2; round++) {
    for (unsigned i = storm.first; i < storm.first + (1u << storm.order); i++) {
      volatile uint64_t* const word = (volatile uint64_t*)granule(storm.group, i);
      if (round) CHECK_EQUAL(*word, SPOILED);
      *word = round ? 0 : SPOILED;
    }
    if (!round) let_them_look();
  }
  change_hands(OURS);
  return 0;
}

static void change_hands_under_load(uint64_t group) {
  struct random random = {.state = 1};
  storm.group = group;
  for (unsigned i = 0; i < GRANULES; i++) atomic_store(&storm.granules[i].ours, true);
  for (unsigned hart = 1; hart < machine_harts(); hart++)
    hart_start(hart, start_hammer, (void*)(uint64_t)hart);
  barrier_wait(&storm.ready, machine_harts());
  for (unsigned round = 0; round < ROUNDS; round++) {
    const bool fused = round % 2;
    storm.order = fused ? 1 + (unsigned)random_below(&random, ORDER) : 0;
    storm.first = (unsigned)random_below(&random, GRANULES) >> storm.order << storm.order;
    const uint64_t head = granule(group, storm.first);
    if (fused) CHECK_EQUAL(rmu_fuse(head, storm.order), RMU_STATUS_OK);
    let_them_look();
    change_hands(THEIRS);
    in_their_realm(occupy, 0);
    if (fused) CHECK_EQUAL(rmu_shatter(head), RMU_STATUS_OK);
  }
  atomic_store(&storm.over, true);
  for (unsigned hart = 1; hart < machine_harts(); hart++) hart_join(hart);
  printf("%u changes of hands, %lu accesses checked, %lu came between\n", 2 * ROUNDS,
         atomic_load(&storm.checked), atomic_load(&storm.raced));
}

int main(void) {
  run(MODE_M, "M", 0);
  run(MODE_S, "S", 0);
  run(MODE_U, "U", PTE_U);

  const uint64_t group = frame_allocate_run(GROUP_BYTES, GROUP_BYTES);
  share_image();
  other_realm(group);
  puts("another realm in S-mode");
  if (machine_harts() > 1) change_hands_under_load(group);
  return EXIT_PASS;
}
