/* Checks that end the guest with EXIT_CHECK_FAILED and say what did not hold. */
#ifndef KILBURN_SW_RUNTIME_CHECK_H
#define KILBURN_SW_RUNTIME_CHECK_H

#include <stdint.h>
#include <stdio.h>

#include "runtime/exit.h"

#define CHECK(condition)                                                    \
  do {                                                                      \
    if (!(condition)) {                                                     \
      printf("%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      machine_exit(EXIT_CHECK_FAILED);                                      \
    }                                                                       \
  } while (0)

#define CHECK_EQUAL(actual, expected)                                                      \
  do {                                                                                     \
    const uint64_t check_actual = (uint64_t)(actual);                                      \
    const uint64_t check_expected = (uint64_t)(expected);                                  \
    if (check_actual != check_expected) {                                                  \
      printf("%s:%d: %s is 0x%lx, not 0x%lx\n", __FILE__, __LINE__, #actual, check_actual, \
             check_expected);                                                              \
      machine_exit(EXIT_CHECK_FAILED);                                                     \
    }                                                                                      \
  } while (0)

#endif
