#include "guests/traps/instructions.h"
#include "guests/traps/traps.h"
#include "isa/fence.h"
#include "runtime/address_space.h"
#include "runtime/check.h"
#include "runtime/frame.h"

enum { LEVELS = 3 };
#define WINDOW (UINT64_C(1) << 37)

static struct address_space space;
static uint64_t frame;

/* The page of the window with these flags, fenced. */
static void map(unsigned flags) {
  page_table_map(&space.table, WINDOW, frame, PAGE_4K, flags);
  fence_all();
}

static uint64_t* entry(void) {
  return page_table_entry(&space.table, WINDOW, PAGE_4K);
}

static void faults(unsigned modes, const char* what, mode_function instruction, uint64_t address,
                   enum cause cause) {
  const struct attempt attempt = {what, instruction, address, cause, VALUE_OPERAND};
  expect_trap(modes, TRAP_MACHINE, &attempt);
}

static void all_fault(unsigned modes, const char* what, uint64_t address) {
  faults(modes, what, load, address, CAUSE_LOAD_PAGE);
  faults(modes, what, store, address, CAUSE_STORE_PAGE);
  faults(modes, what, amo, address, CAUSE_STORE_PAGE);
  faults(modes, what, load_reserved, address, CAUSE_LOAD_PAGE);
  faults(modes, what, call, address, CAUSE_FETCH_PAGE);
}

/* The code of this guest and its data: U for user mode, which supervisor mode cannot fetch. */
static void activate_for(unsigned flags) {
  space = address_space_create(LEVELS, 0);
  address_space_map_identity(&space, PAGE_2M, flags);
  address_space_activate(&space);
  fence_all();
}

static void rights(unsigned mode, unsigned user) {
  map(PTE_R | user);
  expect_no_trap(mode, "load, R", load, WINDOW);
  faults(mode, "store, R", store, WINDOW, CAUSE_STORE_PAGE);
  faults(mode, "fetch, R", call, WINDOW, CAUSE_FETCH_PAGE);
  map(PTE_RW | user);
  expect_no_trap(mode, "store, RW", store, WINDOW + 8);
  expect_no_trap(mode, "amo, RW", amo, WINDOW + 8);
  faults(mode, "fetch, RW", call, WINDOW, CAUSE_FETCH_PAGE);
  map(PTE_X | user);
  expect_no_trap(mode, "fetch, X", call, WINDOW);
  faults(mode, "load, X", load, WINDOW, CAUSE_LOAD_PAGE);
  faults(mode, "store, X", store, WINDOW, CAUSE_STORE_PAGE);
  csr_set(mstatus, MSTATUS_MXR);
  expect_no_trap(mode, "load, X, with MXR", load, WINDOW);
  csr_clear(mstatus, MSTATUS_MXR);
}

static void malformed(unsigned mode, unsigned user) {
  map(PTE_W | user);
  all_fault(mode, "W without R", WINDOW);
  map(PTE_RWX | user);
  *entry() |= UINT64_C(1) << 60;
  fence_all();
  all_fault(mode, "reserved bit", WINDOW);
  page_table_unmap(&space.table, WINDOW, PAGE_4K);
  fence_all();
  all_fault(mode, "not mapped", WINDOW);
  all_fault(mode, "no table", WINDOW + (UINT64_C(1) << 30));
  all_fault(mode, "not canonical", UINT64_C(1) << 39);
  page_table_map(&space.table, 2 * WINDOW - (UINT64_C(1) << PAGE_2M), frame, PAGE_2M,
                 PTE_RWX | user);
  fence_all();
  CHECK(frame % (UINT64_C(1) << PAGE_2M) != 0);
  all_fault(mode, "misaligned large page", 2 * WINDOW - (UINT64_C(1) << PAGE_2M));
}

/* A = 0: the hart sets it, or faults. D = 0: the same for stores. */
static void accessed_and_dirty(unsigned mode, unsigned user) {
  map(PTE_RW | user);
  *entry() &= ~(uint64_t)(PTE_A | PTE_D);
  fence_all();
  trap_expect();
  run_in_mode(mode == IN_S ? MODE_S : MODE_U, load, (void*)WINDOW);
  const struct trap_record loaded = trap_expected_end();
  if (loaded.count) {
    CHECK_EQUAL(loaded.cause, CAUSE_LOAD_PAGE);
    CHECK_EQUAL(*entry() & PTE_A, 0);
    *entry() |= PTE_A;
    fence_all();
  } else {
    CHECK_EQUAL(*entry() & (PTE_A | PTE_D), PTE_A);
  }
  trap_expect();
  run_in_mode(mode == IN_S ? MODE_S : MODE_U, store, (void*)(WINDOW + 8));
  const struct trap_record stored = trap_expected_end();
  CHECK_EQUAL(stored.count, loaded.count);
  CHECK_EQUAL(*entry() & PTE_D, stored.count ? 0 : PTE_D);
}

static void pages_of_the_other_mode(void) {
  activate_for(0);
  map(PTE_RWX | PTE_U);
  all_fault(IN_S, "user page", WINDOW);
  csr_set(mstatus, MSTATUS_SUM);
  expect_no_trap(IN_S, "load of a user page with SUM", load, WINDOW);
  faults(IN_S, "fetch of a user page with SUM", call, WINDOW, CAUSE_FETCH_PAGE);
  csr_clear(mstatus, MSTATUS_SUM);
  activate_for(PTE_U);
  map(PTE_RWX);
  all_fault(IN_U, "supervisor page", WINDOW);
}

/* Machine mode with the eyes of supervisor mode. */
static uint64_t load_with_mprv(void* address) {
  csr_clear(mstatus, MSTATUS_MPP);
  csr_set(mstatus, MSTATUS_MPRV | UINT64_C(1) << MSTATUS_MPP_SHIFT);
  uint64_t value;
  __asm__ volatile("ld %0, 0(%1)" : "=r"(value) : "r"(address) : "memory");
  csr_clear(mstatus, MSTATUS_MPRV);
  return value;
}

static void modified_privilege(void) {
  activate_for(0);
  map(PTE_RW);
  *(volatile uint64_t*)(frame + 16) = 0x1234;
  CHECK_EQUAL(load_with_mprv((void*)(WINDOW + 16)), 0x1234);
  page_table_unmap(&space.table, WINDOW, PAGE_4K);
  fence_all();
  trap_expect();
  load_with_mprv((void*)WINDOW);
  const struct trap_record record = trap_expected_end();
  CHECK_EQUAL(record.count, 1);
  CHECK_EQUAL(record.cause, CAUSE_LOAD_PAGE);
  CHECK_EQUAL(record.tval, WINDOW);
}

void test_page_faults(void) {
  frame = frame_allocate();
  if (frame % (UINT64_C(1) << PAGE_2M) == 0) frame = frame_allocate();
  *(uint32_t*)frame = 0x00008067; /* ret */
  __asm__ volatile("fence.i" ::: "memory");
  const struct {
    unsigned mode;
    unsigned user;
  } sides[] = {{IN_S, 0}, {IN_U, PTE_U}};
  for (unsigned i = 0; i < 2; i++) {
    activate_for(sides[i].user);
    rights(sides[i].mode, sides[i].user);
    malformed(sides[i].mode, sides[i].user);
    accessed_and_dirty(sides[i].mode, sides[i].user);
  }
  pages_of_the_other_mode();
  modified_privilege();
  address_space_off();
  fence_all();
}

void test_delegation(void) {
  const uint64_t delegated = UINT64_C(1) << CAUSE_LOAD_PAGE | UINT64_C(1) << CAUSE_STORE_PAGE |
                             UINT64_C(1) << CAUSE_FETCH_PAGE;
  activate_for(0);
  csr_write(medeleg, delegated);
  const struct attempt attempts[] = {
      {"delegated load", load, WINDOW, CAUSE_LOAD_PAGE, VALUE_OPERAND},
      {"delegated store", store, WINDOW, CAUSE_STORE_PAGE, VALUE_OPERAND},
      {"delegated fetch", call, WINDOW, CAUSE_FETCH_PAGE, VALUE_OPERAND},
  };
  for (unsigned i = 0; i < 3; i++) expect_trap(IN_S, TRAP_SUPERVISOR, &attempts[i]);
  csr_write(medeleg, 0);
  for (unsigned i = 0; i < 3; i++) expect_trap(IN_S, TRAP_MACHINE, &attempts[i]);
  address_space_off();
  fence_all();

  const struct attempt to_load = {"delegated load from nowhere", load, 0x08000000,
                                  CAUSE_LOAD_ACCESS, VALUE_OPERAND};
  csr_write(medeleg, UINT64_C(1) << CAUSE_LOAD_ACCESS);
  expect_trap(IN_S | IN_U, TRAP_SUPERVISOR, &to_load);
  expect_trap(IN_M, TRAP_MACHINE, &to_load); /* never to a lower mode */
  csr_write(medeleg, 0);
}
