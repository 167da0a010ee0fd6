#include "guests/page_table_stress/window.h"

#include <string.h>

#include "guests/page_table_stress/frames.h"
#include "runtime/frame.h"

enum { GROUP_STRIDE_SHIFT = 20 }; /* groups are half a block apart */

/* In the upper part of the lower half, so that every level of the table has something to say. */
static uint64_t window_base(const struct world* world) {
  return UINT64_C(1) << (FRAME_SHIFT + 9 * world->levels - 2);
}

uint64_t page_address(const struct world* world, unsigned block, unsigned group, unsigned page) {
  return window_base(world) + ((uint64_t)block << PAGE_2M) +
         ((uint64_t)group << GROUP_STRIDE_SHIFT) + ((uint64_t)page << FRAME_SHIFT);
}

uint64_t global_address(const struct world* world, unsigned page) {
  return page_address(world, BLOCKS, 0, page);
}

void world_init(struct world* world, unsigned levels, bool svnapot, uint64_t seed) {
  memset(world, 0, sizeof *world);
  world->levels = levels;
  world->svnapot = svnapot;
  world->random.state = seed;
  for (unsigned i = 0; i < SPACES; i++) {
    world->windows[i].space = address_space_create(levels, i + 1);
    address_space_map_identity(&world->windows[i].space, PAGE_2M, PTE_G);
    /* The global pages' table is there from the start. */
    (void)page_table_entry(&world->windows[i].space.table, global_address(world, 0), PAGE_4K);
  }
}

static unsigned any_flags(struct random* random) {
  static const unsigned choice[] = {PTE_R,   PTE_RW,         PTE_RX,         PTE_X,
                                    PTE_RWX, PTE_RW | PTE_U, PTE_RX | PTE_U, PTE_RW};
  return choice[random_below(random, sizeof choice / sizeof choice[0])];
}

/* Another state of one page: mapped if it was not; else unmapped, moved or with other rights. */
static struct page next_state(struct random* random, struct page page, enum page_order order) {
  if (page.frame && random_one_in(random, 8)) return (struct page){0};
  if (!page.frame || random_one_in(random, 2)) page.frame = frame_any(random, order);
  page.flags = any_flags(random);
  return page;
}

static void write_leaf(struct page_table* table, uint64_t address, struct page before,
                       struct page after, enum page_order order) {
  if (!after.frame)
    page_table_unmap(table, address, order);
  else if (after.frame == before.frame)
    page_table_protect(table, address, order, after.flags);
  else
    page_table_map(table, address, after.frame, order, after.flags);
}

static void record_group(struct group* group, struct page first) {
  for (unsigned i = 0; i < PAGES; i++) {
    group->pages[i] = first;
    if (first.frame) group->pages[i].frame += (uint64_t)i << FRAME_SHIFT;
  }
}

static void record_large(struct block* block, struct page page) {
  for (unsigned g = 0; g < GROUPS; g++) {
    struct page first = page;
    if (page.frame) first.frame += (uint64_t)g << GROUP_STRIDE_SHIFT;
    record_group(&block->groups[g], first);
  }
  block->shape = page.frame ? BLOCK_LARGE : BLOCK_EMPTY;
}

static bool is_empty(const struct group* group) {
  for (unsigned i = 0; i < PAGES; i++) {
    if (group->pages[i].frame) return false;
  }
  return true;
}

static void change_large(struct world* world, struct change* change) {
  struct window* const window = &world->windows[change->window];
  struct block* const block = &window->blocks[change->block];
  const struct page before = block->groups[0].pages[0];
  const struct page after = next_state(&world->random, before, PAGE_2M);
  write_leaf(&window->space.table, page_address(world, change->block, 0, 0), before, after,
             PAGE_2M);
  record_large(block, after);
  change->kind = CHANGE_PAGE;
}

static void change_napot(struct world* world, struct change* change) {
  struct window* const window = &world->windows[change->window];
  struct group* const group = &window->blocks[change->block].groups[change->group];
  const struct page before = group->pages[0];
  const struct page after = next_state(&world->random, before, PAGE_64K);
  change->address = page_address(world, change->block, change->group, 0);
  write_leaf(&window->space.table, change->address, before, after, PAGE_64K);
  record_group(group, after);
  group->napot = after.frame != 0;
  change->kind = CHANGE_NAPOT;
}

static void change_page(struct world* world, struct change* change) {
  struct window* const window = &world->windows[change->window];
  struct page* const page =
      &window->blocks[change->block].groups[change->group].pages[change->page];
  const struct page after = next_state(&world->random, *page, PAGE_4K);
  write_leaf(&window->space.table, change->address, *page, after, PAGE_4K);
  *page = after;
  change->kind = CHANGE_PAGE;
}

static void detach_table(struct world* world, struct change* change) {
  struct window* const window = &world->windows[change->window];
  struct block* const block = &window->blocks[change->block];
  world->invalidated = page_table_detach(&window->space.table, change->address);
  memset(block, 0, sizeof *block);
  change->kind = CHANGE_TABLE;
}

static void change_in_table(struct world* world, struct change* change) {
  struct group* const group =
      &world->windows[change->window].blocks[change->block].groups[change->group];
  const bool becomes_napot = world->svnapot && random_one_in(&world->random, 4) && is_empty(group);
  if (group->napot || becomes_napot)
    change_napot(world, change);
  else
    change_page(world, change);
}

static void change_block(struct world* world, struct change* change) {
  struct block* const block = &world->windows[change->window].blocks[change->block];
  switch (block->shape) {
    case BLOCK_LARGE:
      change_large(world, change);
      return;
    case BLOCK_TABLE:
      if (!world->invalidated && random_one_in(&world->random, 128))
        detach_table(world, change);
      else
        change_in_table(world, change);
      return;
    case BLOCK_EMPTY:
      if (random_one_in(&world->random, 3)) {
        change_large(world, change);
        return;
      }
      block->shape = BLOCK_TABLE;
      change_in_table(world, change);
      change->kind = CHANGE_TABLE; /* a table is new, too */
      return;
  }
}

static void change_global(struct world* world, struct change* change) {
  struct page* const page = &world->global.pages[change->page];
  const struct page after = next_state(&world->random, *page, PAGE_4K);
  const struct page marked = {after.frame, after.flags | PTE_G};
  for (unsigned i = 0; i < SPACES; i++)
    write_leaf(&world->windows[i].space.table, change->address, *page, marked, PAGE_4K);
  *page = after;
}

struct change world_pick(struct world* world) {
  struct random* const random = &world->random;
  struct change change = {
      .kind = random_one_in(random, 8) ? CHANGE_GLOBAL : CHANGE_PAGE,
      .window = (unsigned)random_below(random, SPACES),
      .block = (unsigned)random_below(random, BLOCKS),
      .group = (unsigned)random_below(random, GROUPS),
      .page = (unsigned)random_below(random, PAGES),
  };
  change.asid = world->windows[change.window].space.asid;
  change.address = change.kind == CHANGE_GLOBAL
                       ? global_address(world, change.page)
                       : page_address(world, change.block, change.group, change.page);
  return change;
}

void world_change(struct world* world, struct change* change) {
  if (change->kind == CHANGE_GLOBAL)
    change_global(world, change);
  else
    change_block(world, change);
}

void world_swap_asids(struct world* world, struct change changes[2]) {
  const unsigned first = (unsigned)random_below(&world->random, SPACES);
  const unsigned second = (first + 1) % SPACES;
  struct address_space* const a = &world->windows[first].space;
  struct address_space* const b = &world->windows[second].space;
  const unsigned asid = a->asid;
  a->asid = b->asid;
  b->asid = asid;
  changes[0] = (struct change){.kind = CHANGE_TABLE, .asid = a->asid, .window = first};
  changes[1] = (struct change){.kind = CHANGE_TABLE, .asid = b->asid, .window = second};
}
