/* Physical memory protection. Source: RISC-V Privileged Architecture 1.12, 3.7. */
#ifndef KILBURN_SW_RUNTIME_PMP_H
#define KILBURN_SW_RUNTIME_PMP_H

#include <stdint.h>

#include "isa/csr.h"

enum pmp_permission { PMP_R = 1, PMP_W = 2, PMP_X = 4, PMP_NAPOT = 3 << 3, PMP_LOCK = 1 << 7 };

/* pmpaddr of a naturally aligned region of 2^order bytes, order >= 3. */
static inline uint64_t pmp_napot(uint64_t base, unsigned order) {
  return base >> 2 | ((UINT64_C(1) << (order - 3)) - 1);
}

/* Entry 7 lets S and U do everything; entries 0 to 6, which come first, are free for guests. */
static inline void pmp_open(void) {
  csr_write(pmpaddr7, ~UINT64_C(0) >> 10);
  csr_write(pmpcfg0, (uint64_t)(PMP_R | PMP_W | PMP_X | PMP_NAPOT) << 56);
}

/* Entry 0: a region of 2^order bytes with these PMP_ permissions for S and U, and with PMP_LOCK for
 * M, until reset. Permissions 0 without PMP_LOCK: nothing for S and U. */
static inline void pmp_restrict(uint64_t base, unsigned order, unsigned permissions) {
  csr_write(pmpaddr0, pmp_napot(base, order));
  csr_clear(pmpcfg0, 0xFF);
  csr_set(pmpcfg0, PMP_NAPOT | permissions);
  __asm__ volatile("sfence.vma" ::: "memory");
}

static inline void pmp_unrestrict(void) {
  csr_clear(pmpcfg0, 0xFF);
  __asm__ volatile("sfence.vma" ::: "memory");
}

#endif
