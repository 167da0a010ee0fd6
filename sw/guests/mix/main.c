/* The compute mix in machine mode. */
#include "guests/mix/mix.h"

#include "runtime/exit.h"

int main(void) {
  struct mix_results results;
  mix_run(MIX_ROUNDS, &results);
  mix_print(&results);
  return results.correct ? EXIT_PASS : EXIT_CHECK_FAILED;
}
