/* Every exception that software can raise, from machine, supervisor and user mode: cause, address
 * and value of each trap are checked, and the mode that it came from. */
#include <stdio.h>

#include "guests/traps/attempt.h"
#include "guests/traps/traps.h"

#include "runtime/exit.h"

int main(void) {
  test_instructions();
  printf("instructions: %u traps so far\n", traps_taken());
  test_physical_accesses();
  printf("physical accesses: %u\n", traps_taken());
  test_page_faults();
  printf("page faults: %u\n", traps_taken());
  test_delegation();
  printf("delegation: %u\n", traps_taken());
  return EXIT_PASS;
}
