/* Two guests and what they run. Everything here is used from HS-mode. */
#ifndef KILBURN_SW_GUESTS_HYPERVISOR_GUEST_H
#define KILBURN_SW_GUESTS_HYPERVISOR_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/mode.h"
#include "runtime/page_table.h"
#include "runtime/trap.h"

enum { GUESTS = 2 };

/* Guest physical addresses beyond 39 bits: Sv39x4's root has 2048 entries. (QEMU 7.2 knows only the
 * lower half of them: it wants bit 40 zero.) */
#define GUEST_WINDOW (UINT64_C(1) << 39)
/* A page of the window that no guest ever has. */
#define GUEST_HOLE (GUEST_WINDOW + 0x7000)

struct guest {
  unsigned vmid;
  struct page_table stage; /* guest physical to physical: DRAM to itself, and the window */
  uint64_t frame;          /* at GUEST_WINDOW; word 0 is frame_word(frame) */
};
extern struct guest guests[GUESTS];

uint64_t frame_word(uint64_t frame);

/* In machine mode: guests made, their traps delegated to HS-mode. */
void guests_init(void);

/* hgatp for the guest; VS-mode without paging, with the runtime's trap code. */
void guest_enter(const struct guest* guest);

/* What VS-mode (or VU) did and what it raised. */
struct outcome {
  struct trap_record trap;
  uint64_t value;
};
struct outcome in_guest(enum mode mode, mode_function function, uint64_t argument);

/* Functions for it: the argument is an address. */
uint64_t guest_loads(void* address);
uint64_t guest_stores(void* address);
uint64_t guest_fetches(void* address);

void expect_no_trap(const struct outcome* outcome);
/* Ends the test unless it is this guest page fault, in HS-mode. */
void expect_guest_page_fault(const struct outcome* outcome, enum cause cause,
                             uint64_t guest_virtual, uint64_t guest_physical);

/* The tests; each in HS-mode. */
void test_guest_stage(void);
void test_two_stages(void);
void test_guest_accesses(void);
void test_guest_fences(void);
void test_virtual_instructions(void);
/* `sstc`: the guest may have a timer of its own. */
void test_virtual_interrupts(bool sstc);

#endif
