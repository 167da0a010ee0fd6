/* Address-translation fences of this hart, in each form. Supervisor mode or machine mode.
 * Source: RISC-V Privileged Architecture 1.12, 4.2.1, and Svinval 1.0. */
#ifndef KILBURN_SW_ISA_FENCE_H
#define KILBURN_SW_ISA_FENCE_H

#include <stdint.h>

/* sfence.vma x0, x0: everything. */
static inline void fence_all(void) {
  __asm__ volatile("sfence.vma" ::: "memory");
}

/* One page's leaf entry, in every address space and among global mappings. */
static inline void fence_page(uint64_t address) {
  __asm__ volatile("sfence.vma %0, x0" ::"r"(address) : "memory");
}

/* All that one address space has of its own, table pages included; global mappings stay. */
static inline void fence_space(uint64_t asid) {
  __asm__ volatile("sfence.vma x0, %0" ::"r"(asid) : "memory");
}

/* One page's leaf entry in one address space. */
static inline void fence_page_in_space(uint64_t address, uint64_t asid) {
  __asm__ volatile("sfence.vma %0, %1" ::"r"(address), "r"(asid) : "memory");
}

#define SVINVAL(instruction) ".option push\n.option arch, +svinval\n" instruction "\n.option pop"

/* Svinval: invalidations between fence_begin_batch and fence_end_batch. */
static inline void fence_begin_batch(void) {
  __asm__ volatile(SVINVAL("sfence.w.inval")::: "memory");
}
static inline void fence_end_batch(void) {
  __asm__ volatile(SVINVAL("sfence.inval.ir")::: "memory");
}
static inline void fence_batch_all(void) {
  __asm__ volatile(SVINVAL("sinval.vma x0, x0")::: "memory");
}
static inline void fence_batch_page(uint64_t address) {
  __asm__ volatile(SVINVAL("sinval.vma %0, x0")::"r"(address) : "memory");
}
static inline void fence_batch_space(uint64_t asid) {
  __asm__ volatile(SVINVAL("sinval.vma x0, %0")::"r"(asid) : "memory");
}
static inline void fence_batch_page_in_space(uint64_t address, uint64_t asid) {
  __asm__ volatile(SVINVAL("sinval.vma %0, %1")::"r"(address), "r"(asid) : "memory");
}

#endif
