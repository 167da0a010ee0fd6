/* The hypervisor extension's instructions: fences, and accesses with a guest's eyes.
 * Source: RISC-V Privileged Architecture 1.12, 8.3. */
#ifndef KILBURN_SW_RUNTIME_HYPERVISOR_H
#define KILBURN_SW_RUNTIME_HYPERVISOR_H

#include <stdint.h>

#include "isa/csr.h"
#include "runtime/page_table.h"

#define HYPERVISOR(instruction) ".option push\n.option arch, +h\n" instruction "\n.option pop"

/* Guest-stage translations: of all guests; of one; of one guest physical page of one guest. */
static inline void hfence_gvma_all(void) {
  __asm__ volatile(HYPERVISOR("hfence.gvma")::: "memory");
}
static inline void hfence_gvma_guest(uint64_t vmid) {
  __asm__ volatile(HYPERVISOR("hfence.gvma x0, %0")::"r"(vmid) : "memory");
}
static inline void hfence_gvma_page(uint64_t guest_physical, uint64_t vmid) {
  __asm__ volatile(HYPERVISOR("hfence.gvma %0, %1")::"r"(guest_physical >> 2), "r"(vmid)
                   : "memory");
}

/* First-stage translations of the guest in hgatp: all; of one page. */
static inline void hfence_vvma_all(void) {
  __asm__ volatile(HYPERVISOR("hfence.vvma")::: "memory");
}
static inline void hfence_vvma_page(uint64_t guest_virtual) {
  __asm__ volatile(HYPERVISOR("hfence.vvma %0, x0")::"r"(guest_virtual) : "memory");
}

/* As the guest in hgatp and vsatp sees it; with hstatus.SPVP as VS-mode, else as VU-mode. */
static inline uint64_t guest_load(uint64_t guest_virtual) {
  uint64_t value;
  __asm__ volatile(HYPERVISOR("hlv.d %0, (%1)") : "=r"(value) : "r"(guest_virtual) : "memory");
  return value;
}
/* Needs the right to execute, not to read. */
static inline uint64_t guest_load_code(uint64_t guest_virtual) {
  uint64_t value;
  __asm__ volatile(HYPERVISOR("hlvx.wu %0, (%1)") : "=r"(value) : "r"(guest_virtual) : "memory");
  return value;
}
static inline void guest_store(uint64_t guest_virtual, uint64_t value) {
  __asm__ volatile(HYPERVISOR("hsv.d %1, (%0)")::"r"(guest_virtual), "r"(value) : "memory");
}

static inline void hypervisor_select(const struct page_table* stage, unsigned vmid) {
  csr_write(hgatp, (uint64_t)page_table_mode(stage) << SATP_MODE_SHIFT |
                       (uint64_t)vmid << SATP_ASID_SHIFT | stage->root >> 12);
}

#endif
