/* Frames that know their own address. */
#ifndef KILBURN_SW_GUESTS_PAGE_TABLE_STRESS_FRAMES_H
#define KILBURN_SW_GUESTS_PAGE_TABLE_STRESS_FRAMES_H

#include <stdint.h>

#include "runtime/page_table.h"
#include "runtime/random.h"

/* Offsets in a frame. Word 0 is frame_magic. */
enum {
  FRAME_SCRATCH = 8, /* for stores */
  FRAME_CODE = 16    /* a function that returns frame_code_value */
};

/* Once, before anything else. */
void frames_init(void);

uint64_t frame_magic(uint64_t frame);
uint64_t frame_code_value(uint64_t frame);

/* Any frame that is aligned for a page of this size. */
uint64_t frame_any(struct random* random, enum page_order order);

#endif
