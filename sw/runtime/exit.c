#include "runtime/exit.h"

#include <stdio.h>

#include "drivers/finisher.h"

_Noreturn void machine_exit(unsigned code) {
  if (code)
    printf("fail %u\n", code);
  else
    puts("pass");
  finisher_exit(code);
}
