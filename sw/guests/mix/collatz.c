#include "guests/mix/mix.h"

uint64_t collatz(void) {
  uint64_t steps = 0;
  for (uint64_t start = 1; start < COLLATZ_LIMIT; start++) {
    for (uint64_t n = start; n != 1; steps++) n = n % 2 ? 3 * n + 1 : n / 2;
  }
  return steps;
}
