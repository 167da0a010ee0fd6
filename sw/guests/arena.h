/* A large range of virtual memory on pages of one size, whose frames are in no particular order: as
 * after a long uptime, not as after boot. */
#ifndef KILBURN_SW_GUESTS_ARENA_H
#define KILBURN_SW_GUESTS_ARENA_H

#include <stdint.h>

#include "runtime/address_space.h"

struct arena {
  struct address_space space; /* identity, too: by 2 MiB pages */
  uint64_t base;              /* virtual */
  uint64_t bytes;
};

/* Under Sv39, ASID 1. `bytes`: a power of two. With pages larger than the arena, it is a part of
 * one. */
struct arena arena_create(uint64_t bytes, enum page_order order);

#endif
