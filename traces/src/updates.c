/* Random updates of a large table, as HPC Challenge's RandomAccess (GUPS) does.
 *
 *   updates LOG2_WORDS UPDATES SEED
 *
 * The table has 2^LOG2_WORDS 64-bit words; each update xors a random number into a random word.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: updates LOG2_WORDS UPDATES SEED\n");
    return 2;
  }
  const uint64_t words = 1ULL << atoi(argv[1]);
  const uint64_t updates = strtoull(argv[2], NULL, 10);
  uint64_t state = strtoull(argv[3], NULL, 10);
  uint64_t* table = malloc(words * sizeof *table);
  if (table == NULL) {
    perror("updates");
    return 1;
  }
  for (uint64_t i = 0; i < words; ++i) table[i] = i;
  for (uint64_t i = 0; i < updates; ++i) {
    state ^= state >> 12; /* xorshift64* (Vigna, 2016) */
    state ^= state << 25;
    state ^= state >> 27;
    const uint64_t random = state * 0x2545F4914F6CDD1DULL;
    table[random & (words - 1)] ^= random;
  }
  uint64_t sum = 0;
  for (uint64_t i = 0; i < words; i += 4096) sum ^= table[i];
  printf("%016llx\n", (unsigned long long)sum);
  return 0;
}
