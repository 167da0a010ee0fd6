/* Page tables of Sv39, Sv48 and Sv57. Nothing here fences: the caller knows what is cached.
 * Source: RISC-V Privileged Architecture 1.12, 4.3 to 4.6; Svnapot 1.0. */
#ifndef KILBURN_SW_RUNTIME_PAGE_TABLE_H
#define KILBURN_SW_RUNTIME_PAGE_TABLE_H

#include <stdint.h>

enum pte_flag {
  PTE_V = 1 << 0,
  PTE_R = 1 << 1,
  PTE_W = 1 << 2,
  PTE_X = 1 << 3,
  PTE_U = 1 << 4,
  PTE_G = 1 << 5,
  PTE_A = 1 << 6,
  PTE_D = 1 << 7,
  PTE_FLAGS = 0xFF,
  PTE_RW = PTE_R | PTE_W,
  PTE_RX = PTE_R | PTE_X,
  PTE_RWX = PTE_R | PTE_W | PTE_X
};
#define PTE_NAPOT (UINT64_C(1) << 63)
#define PTE_PPN_SHIFT 10
#define PTE_PPN_BITS 44

/* A page's size as log2 of its bytes. PAGE_64K is Svnapot's: 16 entries that say the same. */
enum page_order { PAGE_4K = 12, PAGE_64K = 16, PAGE_2M = 21, PAGE_1G = 30 };

struct page_table {
  uint64_t root;        /* physical address */
  unsigned levels;      /* 3: Sv39, 4: Sv48, 5: Sv57 */
  unsigned root_frames; /* 1; 4 in a guest-stage table, whose root has two more bits */
};

struct page_table page_table_create(unsigned levels);
/* Sv39x4, Sv48x4, Sv57x4. */
struct page_table page_table_create_guest_stage(unsigned levels);

/* MODE of satp (vsatp, hgatp). */
unsigned page_table_mode(const struct page_table* table);

/* Maps or remaps one page; `flags`: what of RWXUG it has; V, A and D are set. Addresses are aligned
 * to the page. Where a larger page is mapped or smaller ones are, the caller unmaps them first. */
void page_table_map(struct page_table* table, uint64_t virtual_address, uint64_t physical_address,
                    enum page_order order, unsigned flags);
void page_table_unmap(struct page_table* table, uint64_t virtual_address, enum page_order order);
/* Other flags for a page that is mapped. */
void page_table_protect(struct page_table* table, uint64_t virtual_address, enum page_order order,
                        unsigned flags);

/* Maps [virtual_address, + bytes) by the largest pages that fit, up to `largest`. */
void page_table_map_range(struct page_table* table, uint64_t virtual_address,
                          uint64_t physical_address, uint64_t bytes, enum page_order largest,
                          unsigned flags);

/* The entry that would hold a page of this size, its tables made where missing. */
uint64_t* page_table_entry(struct page_table* table, uint64_t virtual_address,
                           enum page_order order);

/* Takes the last-level table of the 2 MiB around the address out of the tree:
 * nothing in there stays mapped. Needs a fence of the whole address space before the frame may be
 * used again, so the frame is returned, and freed by the caller. 0: there was none. */
uint64_t page_table_detach(struct page_table* table, uint64_t virtual_address);

#endif
