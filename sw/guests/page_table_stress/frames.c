#include "guests/page_table_stress/frames.h"

#include "runtime/frame.h"

#define POOL_BYTES (UINT64_C(16) << 20)
#define MAGIC UINT64_C(0x6B696C6275726E00)

static uint64_t pool;

uint64_t frame_magic(uint64_t frame) {
  return frame ^ MAGIC;
}

uint64_t frame_code_value(uint64_t frame) {
  return (uint64_t)(int64_t)(int32_t)frame;
}

/* lui a0, <page number>; ret */
static uint64_t code(uint64_t frame) {
  const uint64_t lui_a0 = (frame & 0xFFFFF000) | 10 << 7 | 0x37;
  const uint64_t ret = 0x8082;
  return lui_a0 | ret << 32;
}

void frames_init(void) {
  pool = frame_allocate_run(POOL_BYTES, UINT64_C(1) << PAGE_2M);
  for (uint64_t frame = pool; frame < pool + POOL_BYTES; frame += FRAME_SIZE) {
    ((uint64_t*)frame)[0] = frame_magic(frame);
    ((uint64_t*)frame)[FRAME_CODE / 8] = code(frame);
  }
  __asm__ volatile("fence.i" ::: "memory");
}

uint64_t frame_any(struct random* random, enum page_order order) {
  return pool + (random_below(random, POOL_BYTES >> order) << order);
}
