/* An address space: page table and ASID. */
#ifndef KILBURN_SW_RUNTIME_ADDRESS_SPACE_H
#define KILBURN_SW_RUNTIME_ADDRESS_SPACE_H

#include <stdint.h>

#include "isa/csr.h"
#include "runtime/page_table.h"

struct address_space {
  struct page_table table;
  unsigned asid;
};

struct address_space address_space_create(unsigned levels, unsigned asid);

/* Maps image, harts' regions, the other memory and the board's devices each to its own address, by
 * pages up to `largest`: code RX, constants R, the rest RW. `flags`: PTE_G, PTE_U or none, beside.
 */
void address_space_map_identity(struct address_space* space, enum page_order largest,
                                unsigned flags);

static inline uint64_t address_space_satp(const struct address_space* space) {
  return (uint64_t)page_table_mode(&space->table) << SATP_MODE_SHIFT |
         (uint64_t)space->asid << SATP_ASID_SHIFT | space->table.root >> 12;
}

/* From the next instruction on, below machine mode. No fence: an ASID belongs to one space. */
static inline void address_space_activate(const struct address_space* space) {
  csr_write(satp, address_space_satp(space));
}

/* Physical addresses again. */
static inline void address_space_off(void) {
  csr_write(satp, 0);
}

#endif
