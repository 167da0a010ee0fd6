/* One instruction that should trap: in which mode, and what the trap must say. */
#ifndef KILBURN_SW_GUESTS_TRAPS_ATTEMPT_H
#define KILBURN_SW_GUESTS_TRAPS_ATTEMPT_H

#include <stdint.h>

#include "runtime/mode.h"
#include "runtime/trap.h"

/* Defines a mode_function that executes one instruction, with its argument as operand %1, and
 * returns the instruction's address. */
#define INSTRUCTION(name, text)                           \
  static uint64_t name(void* argument) {                  \
    uint64_t address;                                     \
    __asm__ volatile(                                     \
        ".option push\n.option norvc\n.option arch, +h\n" \
        "lla %0, 1f\n1: " text "\n.option pop"            \
        : "=&r"(address)                                  \
        : "r"(argument)                                   \
        : "ra", "t0", "ft0", "memory");                   \
    return address;                                       \
  }

/* What mtval (stval) may be. */
enum value_rule {
  VALUE_ZERO,
  VALUE_OPERAND,             /* the instruction's operand: an address */
  VALUE_ZERO_OR_INSTRUCTION, /* the instruction's bits, or nothing */
  VALUE_ZERO_OR_ADDRESS      /* the instruction's address, or nothing */
};

struct attempt {
  const char* what;
  mode_function instruction;
  uint64_t operand;
  enum cause cause;
  enum value_rule value;
};

enum { IN_U = 1 << MODE_U, IN_S = 1 << MODE_S, IN_M = 1 << MODE_M, IN_ALL = IN_U | IN_S | IN_M };

/* In each mode of the set, from machine mode: exactly this trap, taken in `level`, with the
 * previous mode recorded. Ends the guest if not. */
void expect_trap(unsigned modes, enum trap_level level, const struct attempt* attempt);

/* The instruction runs without a trap. */
void expect_no_trap(unsigned modes, const char* what, mode_function instruction, uint64_t operand);

/* Traps provoked so far. */
unsigned traps_taken(void);

#endif
