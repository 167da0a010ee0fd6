#include "guests/hypervisor/guest.h"
#include "runtime/address_space.h"
#include "runtime/check.h"
#include "runtime/frame.h"
#include "runtime/hypervisor.h"

enum { LEVELS = 3 };
#define GUEST_VIRTUAL (UINT64_C(1) << 37)
#define TABLE_ALIAS (GUEST_WINDOW + 0x10000) /* guest physical address of a first-stage table */
/* htinst: an implicit 64-bit read of a first-stage entry. */
#define READ_OF_ENTRY UINT64_C(0x3000)

static void expect_loads(uint64_t address, uint64_t expected) {
  const struct outcome outcome = in_guest(MODE_VS, guest_loads, address);
  expect_no_trap(&outcome);
  CHECK_EQUAL(outcome.value, expected);
}

void test_guest_stage(void) {
  struct guest* const guest = &guests[0];
  guest_enter(guest);
  expect_loads(GUEST_WINDOW, frame_word(guest->frame));

  struct outcome outcome = in_guest(MODE_VS, guest_loads, GUEST_HOLE + 8);
  expect_guest_page_fault(&outcome, CAUSE_LOAD_GUEST_PAGE, GUEST_HOLE + 8, GUEST_HOLE + 8);
  CHECK(outcome.trap.guest & HSTATUS_SPV);
  outcome = in_guest(MODE_VS, guest_stores, GUEST_HOLE);
  expect_guest_page_fault(&outcome, CAUSE_STORE_GUEST_PAGE, GUEST_HOLE, GUEST_HOLE);
  outcome = in_guest(MODE_VS, guest_fetches, GUEST_HOLE);
  expect_guest_page_fault(&outcome, CAUSE_FETCH_GUEST_PAGE, GUEST_HOLE, GUEST_HOLE);

  page_table_protect(&guest->stage, GUEST_WINDOW, PAGE_4K, PTE_R | PTE_U);
  hfence_gvma_all();
  expect_loads(GUEST_WINDOW, frame_word(guest->frame));
  outcome = in_guest(MODE_VS, guest_stores, GUEST_WINDOW);
  expect_guest_page_fault(&outcome, CAUSE_STORE_GUEST_PAGE, GUEST_WINDOW, GUEST_WINDOW);
  outcome = in_guest(MODE_VS, guest_fetches, GUEST_WINDOW + 8);
  expect_guest_page_fault(&outcome, CAUSE_FETCH_GUEST_PAGE, GUEST_WINDOW + 8, GUEST_WINDOW + 8);

  /* Without U it is nobody's. */
  page_table_protect(&guest->stage, GUEST_WINDOW, PAGE_4K, PTE_RWX);
  hfence_gvma_all();
  outcome = in_guest(MODE_VS, guest_loads, GUEST_WINDOW);
  expect_guest_page_fault(&outcome, CAUSE_LOAD_GUEST_PAGE, GUEST_WINDOW, GUEST_WINDOW);
  page_table_protect(&guest->stage, GUEST_WINDOW, PAGE_4K, PTE_RWX | PTE_U);
  hfence_gvma_all();
  expect_loads(GUEST_WINDOW, frame_word(guest->frame));
  puts("guest stage");
}

/* A first stage of the guest: DRAM to itself, GUEST_VIRTUAL to the window, the next page to a hole
 * of the guest stage. */
static struct address_space first_stage(void) {
  struct address_space space = address_space_create(LEVELS, 3);
  address_space_map_identity(&space, PAGE_2M, 0);
  page_table_map(&space.table, GUEST_VIRTUAL, GUEST_WINDOW, PAGE_4K, PTE_RWX);
  page_table_map(&space.table, GUEST_VIRTUAL + FRAME_SIZE, GUEST_HOLE, PAGE_4K, PTE_RWX);
  return space;
}

static void expect_page_fault(uint64_t address, enum trap_level level) {
  const struct outcome outcome = in_guest(MODE_VS, guest_loads, address);
  CHECK_EQUAL(outcome.trap.count, 1);
  CHECK_EQUAL(outcome.trap.level, level);
  CHECK_EQUAL(outcome.trap.cause, CAUSE_LOAD_PAGE);
  CHECK_EQUAL(outcome.trap.tval, address);
}

void test_two_stages(void) {
  struct guest* const guest = &guests[0];
  struct address_space space = first_stage();
  guest_enter(guest);
  csr_write(vsatp, address_space_satp(&space));
  hfence_vvma_all();
  expect_loads(GUEST_VIRTUAL, frame_word(guest->frame));

  /* The second stage faults: both addresses are told. */
  struct outcome outcome = in_guest(MODE_VS, guest_loads, GUEST_VIRTUAL + FRAME_SIZE + 16);
  expect_guest_page_fault(&outcome, CAUSE_LOAD_GUEST_PAGE, GUEST_VIRTUAL + FRAME_SIZE + 16,
                          GUEST_HOLE + 16);

  /* The first stage faults: to HS-mode, or to VS-mode if it was delegated. */
  expect_page_fault(2 * GUEST_VIRTUAL - FRAME_SIZE, TRAP_SUPERVISOR);
  csr_write(hedeleg, UINT64_C(1) << CAUSE_LOAD_PAGE);
  csr_write(vscause, 0);
  expect_page_fault(2 * GUEST_VIRTUAL - FRAME_SIZE, TRAP_SUPERVISOR);
  CHECK_EQUAL(csr_read(vscause), CAUSE_LOAD_PAGE);
  csr_write(hedeleg, 0);

  /* The read of a first-stage entry faults in the second stage. */
  page_table_map(&guest->stage, TABLE_ALIAS, space.table.root, PAGE_4K, PTE_RWX | PTE_U);
  const uint64_t mode = (uint64_t)page_table_mode(&space.table) << SATP_MODE_SHIFT;
  csr_write(vsatp, mode | TABLE_ALIAS >> 12);
  hfence_gvma_all();
  hfence_vvma_all();
  expect_loads(GUEST_VIRTUAL, frame_word(guest->frame));
  page_table_unmap(&guest->stage, TABLE_ALIAS, PAGE_4K);
  hfence_gvma_all();
  hfence_vvma_all();
  csr_set(hstatus, HSTATUS_SPVP);
  trap_expect();
  guest_load(GUEST_VIRTUAL); /* from here: the guest itself could not even fetch */
  outcome.trap = trap_expected_end();
  expect_guest_page_fault(&outcome, CAUSE_LOAD_GUEST_PAGE, GUEST_VIRTUAL,
                          TABLE_ALIAS + (GUEST_VIRTUAL >> 30) * 8);
  CHECK_EQUAL(outcome.trap.instruction, READ_OF_ENTRY);
  csr_write(vsatp, 0);
  puts("two stages");
}

void test_guest_accesses(void) {
  const struct guest* const guest = &guests[0];
  guest_enter(guest);
  csr_set(hstatus, HSTATUS_SPVP);
  CHECK_EQUAL(guest_load(GUEST_WINDOW), frame_word(guest->frame));
  CHECK_EQUAL(guest_load_code(GUEST_WINDOW + 8), 0x8082);
  guest_store(GUEST_WINDOW + 16, 0x123456789);
  CHECK_EQUAL(((volatile uint64_t*)guest->frame)[2], 0x123456789);

  trap_expect();
  guest_store(GUEST_HOLE, 0);
  const struct outcome outcome = {.trap = trap_expected_end()};
  expect_guest_page_fault(&outcome, CAUSE_STORE_GUEST_PAGE, GUEST_HOLE, GUEST_HOLE);
  CHECK(!(outcome.trap.guest & HSTATUS_SPV)); /* it came from HS-mode */
  puts("accesses with the guest's eyes");
}

void test_guest_fences(void) {
  struct guest* const guest = &guests[0];
  /* One guest physical page is two frames: told apart by VMID, no fence. */
  for (unsigned i = 0; i < 2 * GUESTS; i++) {
    guest_enter(&guests[i % GUESTS]);
    expect_loads(GUEST_WINDOW, frame_word(guests[i % GUESTS].frame));
  }
  guest_enter(guest);
  const uint64_t other = guests[1].frame;
  page_table_map(&guest->stage, GUEST_WINDOW, other, PAGE_4K, PTE_RWX | PTE_U);
  hfence_gvma_page(GUEST_WINDOW, guest->vmid);
  expect_loads(GUEST_WINDOW, frame_word(other));
  page_table_map(&guest->stage, GUEST_WINDOW, guest->frame, PAGE_4K, PTE_RWX | PTE_U);
  hfence_gvma_guest(guest->vmid);
  expect_loads(GUEST_WINDOW, frame_word(guest->frame));

  struct address_space space = first_stage();
  csr_write(vsatp, address_space_satp(&space));
  hfence_vvma_all();
  expect_loads(GUEST_VIRTUAL, frame_word(guest->frame));
  page_table_map(&space.table, GUEST_VIRTUAL, other, PAGE_4K, PTE_RWX);
  hfence_vvma_page(GUEST_VIRTUAL);
  expect_loads(GUEST_VIRTUAL, frame_word(other));
  csr_write(vsatp, 0);
  puts("fences");
}
