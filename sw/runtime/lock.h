/* Spin locks and barriers between harts. */
#ifndef KILBURN_SW_RUNTIME_LOCK_H
#define KILBURN_SW_RUNTIME_LOCK_H

#include <stdatomic.h>

#include "runtime/this_hart.h"

struct spin_lock {
  atomic_flag taken;
};
#define SPIN_LOCK_FREE \
  { ATOMIC_FLAG_INIT }

static inline void spin_lock(struct spin_lock* lock) {
  while (atomic_flag_test_and_set_explicit(&lock->taken, memory_order_acquire)) hart_relax();
}

static inline void spin_unlock(struct spin_lock* lock) {
  atomic_flag_clear_explicit(&lock->taken, memory_order_release);
}

/* All zero at the start. */
struct barrier {
  atomic_uint arrived;
  atomic_uint round;
};

/* Returns when `harts` harts have come. */
static inline void barrier_wait(struct barrier* barrier, unsigned harts) {
  const unsigned round = atomic_load(&barrier->round);
  if (atomic_fetch_add(&barrier->arrived, 1) + 1 == harts) {
    atomic_store(&barrier->arrived, 0);
    atomic_store(&barrier->round, round + 1);
    return;
  }
  while (atomic_load(&barrier->round) == round) hart_relax();
}

#endif
