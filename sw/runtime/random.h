/* Pseudo-random numbers: xorshift64*, the same sequence for the same seed.
 * Source: Vigna, An experimental exploration of Marsaglia's xorshift generators, scrambled, 2016.
 */
#ifndef KILBURN_SW_RUNTIME_RANDOM_H
#define KILBURN_SW_RUNTIME_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
  uint64_t state; /* not 0 */
};

static inline uint64_t random_next(struct random* random) {
  random->state ^= random->state >> 12;
  random->state ^= random->state << 25;
  random->state ^= random->state >> 27;
  return random->state * UINT64_C(0x2545F4914F6CDD1D);
}

/* 0 to limit - 1; limit at most 2^32. */
static inline uint64_t random_below(struct random* random, uint64_t limit) {
  return (random_next(random) >> 32) * limit >> 32;
}

/* True once in `many` calls. */
static inline bool random_one_in(struct random* random, unsigned many) {
  return random_below(random, many) == 0;
}

#endif
