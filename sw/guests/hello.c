/* The smallest guest: where am I? */
#include <stdio.h>

#include "kilburn/board.h"
#include "runtime/exit.h"
#include "runtime/features.h"
#include "runtime/machine.h"
#include "runtime/this_hart.h"

int main(void) {
  printf("Hello from hart %u of %u, with %lu MiB of memory.\n", hart_id(), machine_harts(),
         (machine_memory_end() - BOARD_DRAM) >> 20);
  const struct hart_features features = features_find();
  features_print(&features);
  return EXIT_PASS;
}
