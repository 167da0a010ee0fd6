/* Stores where nothing is: the runtime tells and ends the guest with EXIT_UNEXPECTED_TRAP. */
#include <stdint.h>

#include "runtime/exit.h"

int main(void) {
  *(volatile uint64_t*)0x08000000 = 0;
  return 0;
}
