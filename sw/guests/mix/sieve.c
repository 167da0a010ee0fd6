#include <string.h>

#include "guests/mix/mix.h"

static uint8_t composite[SIEVE_LIMIT];

uint64_t sieve(void) {
  memset(composite, 0, sizeof composite);
  uint64_t primes = 0;
  for (unsigned i = 2; i < SIEVE_LIMIT; i++) {
    if (composite[i]) continue;
    primes++;
    for (unsigned j = 2 * i; j < SIEVE_LIMIT; j += i) composite[j] = 1;
  }
  return primes;
}
