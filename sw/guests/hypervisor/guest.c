#include "guests/hypervisor/guest.h"

#include "kilburn/board.h"
#include "runtime/check.h"
#include "runtime/frame.h"
#include "runtime/hypervisor.h"
#include "runtime/machine.h"

enum { LEVELS = 3 };

struct guest guests[GUESTS];

uint64_t frame_word(uint64_t frame) {
  return ~frame;
}

#define BIT(cause) (UINT64_C(1) << (cause))

/* Guest-stage pages are all "user" pages. */
static void make_guest(struct guest* guest, unsigned vmid) {
  guest->vmid = vmid;
  guest->stage = page_table_create_guest_stage(LEVELS);
  page_table_map_range(&guest->stage, BOARD_DRAM, BOARD_DRAM, machine_memory_end() - BOARD_DRAM,
                       PAGE_2M, PTE_RWX | PTE_U);
  guest->frame = frame_allocate();
  *(uint64_t*)guest->frame = frame_word(guest->frame);
  ((uint64_t*)guest->frame)[1] = 0x8082; /* ret */
  page_table_map(&guest->stage, GUEST_WINDOW, guest->frame, PAGE_4K, PTE_RWX | PTE_U);
}

void guests_init(void) {
  for (unsigned i = 0; i < GUESTS; i++) make_guest(&guests[i], i + 1);
  __asm__ volatile("fence.i" ::: "memory");
  csr_write(medeleg, BIT(CAUSE_ILLEGAL) | BIT(CAUSE_ECALL_U) | BIT(CAUSE_ECALL_VS) |
                         BIT(CAUSE_FETCH_PAGE) | BIT(CAUSE_LOAD_PAGE) | BIT(CAUSE_STORE_PAGE) |
                         BIT(CAUSE_FETCH_GUEST_PAGE) | BIT(CAUSE_LOAD_GUEST_PAGE) |
                         BIT(CAUSE_STORE_GUEST_PAGE) | BIT(CAUSE_VIRTUAL_INSTRUCTION));
  csr_write(mideleg, 0); /* its bits of VS-mode are always one; QEMU 7.2 sees it at a write */
  csr_write(hedeleg, 0);
  csr_write(hideleg, 0);
  csr_write(hcounteren, 7);
}

void guest_enter(const struct guest* guest) {
  extern char trap_entry_s[];
  hypervisor_select(&guest->stage, guest->vmid);
  csr_write(vsatp, 0);
  csr_write(vstvec, trap_entry_s);
  csr_write(vsscratch, 0);
  csr_write(vsstatus, MSTATUS_FS_INITIAL);
}

struct outcome in_guest(enum mode mode, mode_function function, uint64_t argument) {
  trap_expect();
  const uint64_t value = run_below_supervisor(mode, function, (void*)argument);
  return (struct outcome){.trap = trap_expected_end(), .value = value};
}

uint64_t guest_loads(void* address) {
  return *(volatile uint64_t*)address;
}

uint64_t guest_stores(void* address) {
  *(volatile uint64_t*)address = 1;
  return 0;
}

uint64_t guest_fetches(void* address) {
  ((void (*)(void))address)();
  return 0;
}

void expect_no_trap(const struct outcome* outcome) {
  const struct trap_record* const trap = &outcome->trap;
  if (trap->count == 0) return;
  printf("unwanted trap: cause %lu (%s), epc 0x%lx, tval 0x%lx, htval 0x%lx\n", trap->cause,
         cause_name(trap->cause), trap->epc, trap->tval, trap->second);
  machine_exit(EXIT_CHECK_FAILED);
}

void expect_guest_page_fault(const struct outcome* outcome, enum cause cause,
                             uint64_t guest_virtual, uint64_t guest_physical) {
  CHECK_EQUAL(outcome->trap.count, 1);
  CHECK_EQUAL(outcome->trap.level, TRAP_SUPERVISOR);
  CHECK_EQUAL(outcome->trap.cause, cause);
  CHECK_EQUAL(outcome->trap.tval, guest_virtual);
  CHECK_EQUAL(outcome->trap.second, guest_physical >> 2);
  CHECK(outcome->trap.guest & HSTATUS_GVA);
}
