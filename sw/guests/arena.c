#include "guests/arena.h"

#include "runtime/frame.h"

enum { LEVELS = 3, ASID = 1 };
#define BASE (UINT64_C(1) << 36)
#define SCATTER UINT64_C(0x9E3779B1) /* odd: i -> i * SCATTER permutes any power of two */

struct arena arena_create(uint64_t bytes, enum page_order order) {
  struct arena arena = {.space = address_space_create(LEVELS, ASID), .base = BASE, .bytes = bytes};
  address_space_map_identity(&arena.space, PAGE_2M, PTE_G);
  const uint64_t page = UINT64_C(1) << order;
  const uint64_t memory = frame_allocate_run(bytes, bytes < page ? bytes : page);
  if (bytes < page) {
    page_table_map(&arena.space.table, BASE, memory & -page, order, PTE_RW);
    arena.base += memory & (page - 1);
    return arena;
  }
  const uint64_t pages = bytes >> order;
  for (uint64_t i = 0; i < pages; i++) {
    const uint64_t frame = memory + ((i * SCATTER & (pages - 1)) << order);
    page_table_map(&arena.space.table, BASE + (i << order), frame, order, PTE_RW);
  }
  return arena;
}
