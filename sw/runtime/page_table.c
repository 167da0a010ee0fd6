#include "runtime/page_table.h"

#include "runtime/check.h"
#include "runtime/frame.h"

enum { BITS_A_LEVEL = 9, NAPOT_ENTRIES = 16, NAPOT_PPN = 8 };

struct page_table page_table_create(unsigned levels) {
  return (struct page_table){.root = frame_allocate(), .levels = levels, .root_frames = 1};
}

struct page_table page_table_create_guest_stage(unsigned levels) {
  enum { ROOT_FRAMES = 4 };
  const uint64_t root = frame_allocate_run(ROOT_FRAMES * FRAME_SIZE, ROOT_FRAMES * FRAME_SIZE);
  for (uint64_t* at = (uint64_t*)root; at < (uint64_t*)(root + ROOT_FRAMES * FRAME_SIZE); at++)
    *at = 0;
  return (struct page_table){.root = root, .levels = levels, .root_frames = ROOT_FRAMES};
}

unsigned page_table_mode(const struct page_table* table) {
  return table->levels + 5;
}

static uint64_t pte(uint64_t physical_address, uint64_t flags) {
  return physical_address >> FRAME_SHIFT << PTE_PPN_SHIFT | flags;
}

static uint64_t address_in(uint64_t entry) {
  return (entry >> PTE_PPN_SHIFT & ((UINT64_C(1) << PTE_PPN_BITS) - 1)) << FRAME_SHIFT;
}

/* 0: the last level. */
static unsigned level_of(enum page_order order) {
  return (order - FRAME_SHIFT) / BITS_A_LEVEL;
}

static unsigned index_at(const struct page_table* table, uint64_t virtual_address, unsigned level) {
  const unsigned entries = 512 * (level == table->levels - 1 ? table->root_frames : 1);
  return (unsigned)(virtual_address >> (FRAME_SHIFT + BITS_A_LEVEL * level)) & (entries - 1);
}

/* A new table becomes visible only when its zeros are. */
static void link_table(uint64_t* entry, uint64_t table) {
  __atomic_store_n(entry, pte(table, PTE_V), __ATOMIC_RELEASE);
}

static uint64_t* entry_at(struct page_table* table, uint64_t virtual_address, unsigned level) {
  uint64_t* entries = (uint64_t*)table->root;
  for (unsigned at = table->levels - 1; at > level; at--) {
    uint64_t* const entry = &entries[index_at(table, virtual_address, at)];
    if (!(*entry & PTE_V)) link_table(entry, frame_allocate());
    CHECK(!(*entry & PTE_RWX)); /* a larger page is in the way */
    entries = (uint64_t*)address_in(*entry);
  }
  return &entries[index_at(table, virtual_address, level)];
}

uint64_t* page_table_entry(struct page_table* table, uint64_t virtual_address,
                           enum page_order order) {
  return entry_at(table, virtual_address, level_of(order));
}

static void write_entries(uint64_t* first, enum page_order order, uint64_t entry) {
  const unsigned count = order == PAGE_64K ? NAPOT_ENTRIES : 1;
  for (unsigned i = 0; i < count; i++) __atomic_store_n(&first[i], entry, __ATOMIC_RELAXED);
}

void page_table_map(struct page_table* table, uint64_t virtual_address, uint64_t physical_address,
                    enum page_order order, unsigned flags) {
  uint64_t entry = pte(physical_address, flags | PTE_V | PTE_A | PTE_D);
  if (order == PAGE_64K) entry |= PTE_NAPOT | (uint64_t)NAPOT_PPN << PTE_PPN_SHIFT;
  write_entries(page_table_entry(table, virtual_address, order), order, entry);
}

void page_table_unmap(struct page_table* table, uint64_t virtual_address, enum page_order order) {
  write_entries(page_table_entry(table, virtual_address, order), order, 0);
}

void page_table_protect(struct page_table* table, uint64_t virtual_address, enum page_order order,
                        unsigned flags) {
  uint64_t* const first = page_table_entry(table, virtual_address, order);
  CHECK(*first & PTE_V);
  write_entries(first, order, (*first & ~(uint64_t)PTE_FLAGS) | flags | PTE_V | PTE_A | PTE_D);
}

static enum page_order largest_that_fits(uint64_t addresses, uint64_t bytes,
                                         enum page_order largest) {
  static const enum page_order orders[] = {PAGE_1G, PAGE_2M, PAGE_64K, PAGE_4K};
  for (unsigned i = 0; i < sizeof orders / sizeof orders[0]; i++) {
    const uint64_t size = UINT64_C(1) << orders[i];
    /* 64 KiB pages are an extension: only where they were asked for. */
    if (orders[i] == PAGE_64K && largest != PAGE_64K) continue;
    if (orders[i] <= largest && addresses % size == 0 && bytes >= size) return orders[i];
  }
  return PAGE_4K;
}

void page_table_map_range(struct page_table* table, uint64_t virtual_address,
                          uint64_t physical_address, uint64_t bytes, enum page_order largest,
                          unsigned flags) {
  CHECK((virtual_address | physical_address | bytes) % FRAME_SIZE == 0);
  for (uint64_t done = 0; done < bytes;) {
    const enum page_order order = largest_that_fits(
        (virtual_address + done) | (physical_address + done), bytes - done, largest);
    page_table_map(table, virtual_address + done, physical_address + done, order, flags);
    done += UINT64_C(1) << order;
  }
}

uint64_t page_table_detach(struct page_table* table, uint64_t virtual_address) {
  uint64_t* const entry = entry_at(table, virtual_address, 1);
  if (!(*entry & PTE_V) || *entry & PTE_RWX) return 0;
  const uint64_t frame = address_in(*entry);
  __atomic_store_n(entry, 0, __ATOMIC_RELAXED);
  return frame;
}
