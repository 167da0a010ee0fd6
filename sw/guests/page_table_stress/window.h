/* What page_table_stress maps: address spaces, each with a window of pages that come and go, and a
 * record of what is mapped. The record is what the checks believe. */
#ifndef KILBURN_SW_GUESTS_PAGE_TABLE_STRESS_WINDOW_H
#define KILBURN_SW_GUESTS_PAGE_TABLE_STRESS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/address_space.h"
#include "runtime/random.h"

/* A window has BLOCKS blocks of 2 MiB; of each, GROUPS groups of 64 KiB are used. */
enum { SPACES = 4, BLOCKS = 8, GROUPS = 2, PAGES = 16 };

struct page {
  uint64_t frame; /* physical address; 0: not mapped */
  unsigned flags;
};

struct group {
  bool napot; /* one page of 64 KiB */
  struct page pages[PAGES];
};

struct block {
  enum { BLOCK_EMPTY, BLOCK_TABLE, BLOCK_LARGE } shape; /* nothing, a table, a page of 2 MiB */
  struct group groups[GROUPS];
};

struct window {
  struct address_space space;
  struct block blocks[BLOCKS];
};

struct world {
  unsigned levels;
  bool svnapot;
  struct window windows[SPACES];
  struct group global; /* pages that all spaces have, marked global */
  struct random random;
  uint64_t invalidated; /* frame of a detached table, until it has been fenced; 0: none */
};

void world_init(struct world* world, unsigned levels, bool svnapot, uint64_t seed);
uint64_t page_address(const struct world* world, unsigned block, unsigned group, unsigned page);
uint64_t global_address(const struct world* world, unsigned page);

/* What a change needs to be fenced by. */
enum change_kind {
  CHANGE_PAGE,   /* one leaf of 4 KiB or 2 MiB */
  CHANGE_NAPOT,  /* 16 leaves */
  CHANGE_TABLE,  /* entries above the leaves of an address space, or any number of leaves */
  CHANGE_GLOBAL, /* one leaf, marked global */
};
struct change {
  enum change_kind kind;
  uint64_t address; /* in the page; first one of CHANGE_NAPOT */
  unsigned asid;
  unsigned window; /* the pages that changed: */
  unsigned block;
  unsigned group;
  unsigned page;
};

/* A page at random, in a window or (CHANGE_GLOBAL) a global one. */
struct change world_pick(struct world* world);
/* Changes tables and record there, at random; completes the change. At most one table is detached
 * between fences. */
void world_change(struct world* world, struct change* change);
/* Two address spaces exchange their ASIDs: both need a fence. */
void world_swap_asids(struct world* world, struct change changes[2]);

#endif
