#include "runtime/frame.h"

#include <string.h>

#include "runtime/check.h"
#include "runtime/lock.h"

/* Freed frames are a list through their first words. */
static struct spin_lock lock = SPIN_LOCK_FREE;
static uint64_t freed;
static uint64_t next;
static uint64_t end;

static uint64_t align_up(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) & -alignment;
}

void frame_init(uint64_t memory_end) {
  extern char kilburn_free_memory[];
  next = align_up((uint64_t)kilburn_free_memory, FRAME_SIZE);
  end = memory_end;
}

uint64_t frame_allocate_run(uint64_t bytes, uint64_t alignment) {
  spin_lock(&lock);
  const uint64_t run = align_up(next, alignment);
  CHECK(run <= end && bytes <= end - run);
  next = align_up(run + bytes, FRAME_SIZE);
  spin_unlock(&lock);
  return run;
}

uint64_t frame_allocate(void) {
  spin_lock(&lock);
  const uint64_t frame = freed;
  if (frame) freed = *(const uint64_t*)frame;
  spin_unlock(&lock);
  const uint64_t result = frame ? frame : frame_allocate_run(FRAME_SIZE, FRAME_SIZE);
  memset((void*)result, 0, FRAME_SIZE);
  return result;
}

void frame_free(uint64_t frame) {
  spin_lock(&lock);
  *(uint64_t*)frame = freed;
  freed = frame;
  spin_unlock(&lock);
}

uint64_t frame_bytes_left(void) {
  return end - next;
}
