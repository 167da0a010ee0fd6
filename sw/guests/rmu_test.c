/* Realms (Kilburn only): ownership, sharing, fused groups, and what a hart of another realm meets.
 * The harts are of realm 0, which may create realms but overrides no owner. All of it is done three
 * times: in machine mode on physical addresses, in supervisor and in user mode under Sv39. */
#include <stdio.h>

#include "drivers/rmu.h"
#include "runtime/address_space.h"
#include "runtime/check.h"
#include "runtime/frame.h"
#include "runtime/mode.h"
#include "runtime/probe.h"

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

int main(void) {
  run(MODE_M, "M", 0);
  run(MODE_S, "S", 0);
  run(MODE_U, "U", PTE_U);
  return EXIT_PASS;
}
