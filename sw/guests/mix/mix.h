/* Compute mix: five small kernels that stress different parts of a hart. A round runs each once. */
#ifndef KILBURN_SW_GUESTS_MIX_H
#define KILBURN_SW_GUESTS_MIX_H

#include <stdbool.h>
#include <stdint.h>

/* Number of primes below SIEVE_LIMIT: bytes, strided stores. */
enum { SIEVE_LIMIT = 50000 };
uint64_t sieve(void);

/* CRC-32 (IEEE 802.3) of CRC_BYTES bytes i * 167 + 13 (mod 256): table look-ups, shifts. */
enum { CRC_BYTES = 50000 };
uint64_t crc32(void);

/* Sorts SORT_COUNT numbers of a linear congruential generator; a polynomial hash of the result, or
 * 0 if it is not in order: branches, recursion. */
enum { SORT_COUNT = 10000 };
uint64_t quicksort(void);

/* Sum of the elements of the product of two MATRIX_ORDER square matrices in double: floating point.
 */
enum { MATRIX_ORDER = 48 };
uint64_t matrix(void);

/* Steps of all Collatz sequences that start below COLLATZ_LIMIT: integer arithmetic, branches. */
enum { COLLATZ_LIMIT = 3000 };
uint64_t collatz(void);

struct mix_kernel {
  const char* name;
  uint64_t (*run)(void);
  uint64_t expected;
};
enum { MIX_KERNELS = 5 };
extern const struct mix_kernel mix_kernels[MIX_KERNELS];

/* What one kernel did in all rounds. */
struct mix_result {
  uint64_t value; /* of the last round */
  uint64_t instructions;
  uint64_t cycles;
};

/* Runs all kernels, or the one that MIX_ONLY names, `rounds` times; can run in any mode. */
struct mix_results {
  struct mix_result kernels[MIX_KERNELS];
  bool correct; /* every round of every kernel gave the expected value */
};
void mix_run(unsigned rounds, struct mix_results* results);

void mix_print(const struct mix_results* results);

#endif
