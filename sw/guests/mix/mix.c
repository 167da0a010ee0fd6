#include "guests/mix/mix.h"

#include <stdio.h>

#include "isa/csr.h"

/* Expected values: computed by a separate program in Python (zlib.crc32, sorted and the like). */
const struct mix_kernel mix_kernels[MIX_KERNELS] = {
    {"sieve", sieve, 5133},
    {"crc32", crc32, 0x40F8EE34},
    {"quicksort", quicksort, 0xE75810710258669C},
    {"matrix", matrix, 493793280},
    {"collatz", collatz, 215015},
};

static bool is_chosen(const struct mix_kernel* kernel) {
#ifdef MIX_ONLY
  return kernel->run == MIX_ONLY;
#else
  return kernel != NULL;
#endif
}

void mix_run(unsigned rounds, struct mix_results* results) {
  *results = (struct mix_results){.correct = true};
  for (unsigned round = 0; round < rounds; round++) {
    for (unsigned i = 0; i < MIX_KERNELS; i++) {
      if (!is_chosen(&mix_kernels[i])) continue;
      struct mix_result* const result = &results->kernels[i];
      const uint64_t instructions = csr_read(instret);
      const uint64_t cycles = csr_read(cycle);
      result->value = mix_kernels[i].run();
      result->cycles += csr_read(cycle) - cycles;
      result->instructions += csr_read(instret) - instructions;
      if (result->value != mix_kernels[i].expected) results->correct = false;
    }
  }
}

void mix_print(const struct mix_results* results) {
  uint64_t instructions = 0;
  uint64_t cycles = 0;
  for (unsigned i = 0; i < MIX_KERNELS; i++) {
    if (!is_chosen(&mix_kernels[i])) continue;
    const struct mix_result* const result = &results->kernels[i];
    printf("%-10s 0x%016lx %12lu instructions %12lu cycles\n", mix_kernels[i].name, result->value,
           result->instructions, result->cycles);
    instructions += result->instructions;
    cycles += result->cycles;
  }
  printf("%-10s %18s %12lu instructions %12lu cycles\n", "all", "", instructions, cycles);
}
