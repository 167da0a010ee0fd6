/* Random updates (GUPS): read, change and write words at random places of a large table. As in HPC
 * Challenge's RandomAccess, the same updates made twice cancel out, which is checked. */
#include <stdio.h>

#include "guests/arena.h"
#include "runtime/check.h"
#include "runtime/features.h"
#include "runtime/mode.h"
#include "runtime/random.h"

static void update(uint64_t* table, uint64_t words) {
  struct random random = {.state = 1};
  for (uint64_t i = 0; i < UPDATES; i++) {
    const uint64_t value = random_next(&random);
    table[value >> 8 & (words - 1)] ^= value;
  }
}

static uint64_t updates(void* argument) {
  const struct arena* const arena = argument;
  uint64_t* const table = (uint64_t*)arena->base;
  const uint64_t words = arena->bytes / sizeof *table;
  for (uint64_t i = 0; i < words; i++) table[i] = i;
  const uint64_t instructions = csr_read(instret);
  const uint64_t cycles = csr_read(cycle);
  update(table, words);
  printf("%u updates: %lu instructions, %lu cycles\n", UPDATES, csr_read(instret) - instructions,
         csr_read(cycle) - cycles);
  uint64_t changed = 0;
  for (uint64_t i = 0; i < words; i++) changed += table[i] != i;
  CHECK(changed > 0);
  update(table, words);
  for (uint64_t i = 0; i < words; i++) CHECK_EQUAL(table[i], i);
  return 0;
}

int main(void) {
  CHECK(UPDATES_PAGE != PAGE_64K || features_find().svnapot);
  struct arena arena = arena_create(UINT64_C(1) << UPDATES_ORDER, UPDATES_PAGE);
  printf("%lu MiB on pages of %lu KiB\n", arena.bytes >> 20, (UINT64_C(1) << UPDATES_PAGE) >> 10);
  address_space_activate(&arena.space);
  run_in_mode(MODE_S, updates, &arena);
  address_space_off();
  return EXIT_PASS;
}
