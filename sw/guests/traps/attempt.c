#include "guests/traps/attempt.h"

#include <string.h>

#include "runtime/check.h"

static unsigned taken;

unsigned traps_taken(void) {
  return taken;
}

static uint32_t instruction_at(uint64_t address) {
  uint32_t bits;
  memcpy(&bits, (const void*)address, sizeof bits);
  return instruction_bytes(address) == 4 ? bits : bits & 0xFFFF;
}

static bool value_fits(const struct attempt* attempt, uint64_t value, uint64_t address) {
  switch (attempt->value) {
    case VALUE_ZERO:
      return value == 0;
    case VALUE_OPERAND:
      return value == attempt->operand;
    case VALUE_ZERO_OR_INSTRUCTION:
      return value == 0 || value == instruction_at(address);
    case VALUE_ZERO_OR_ADDRESS:
      return value == 0 || value == address;
  }
  return false;
}

static bool is_fetch(enum cause cause) {
  return cause == CAUSE_FETCH_ACCESS || cause == CAUSE_FETCH_PAGE;
}

static enum mode previous_mode(const struct trap_record* record) {
  const uint64_t mode = record->level == TRAP_MACHINE
                            ? (record->status & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT
                            : (record->status & MSTATUS_SPP) / MSTATUS_SPP;
  return mode == 3 ? MODE_M : mode == 1 ? MODE_S : MODE_U;
}

static enum cause cause_in(const struct attempt* attempt, enum mode mode) {
  if (attempt->cause != CAUSE_ECALL_U) return attempt->cause;
  return mode == MODE_M ? CAUSE_ECALL_M : mode == MODE_S ? CAUSE_ECALL_S : CAUSE_ECALL_U;
}

static const char* name_of(enum mode mode) {
  return mode == MODE_M ? "M" : mode == MODE_S ? "S" : "U";
}

static void expect_in(enum mode mode, enum trap_level level, const struct attempt* attempt) {
  trap_expect();
  const uint64_t address = run_in_mode(mode, attempt->instruction, (void*)attempt->operand);
  const struct trap_record record = trap_expected_end();
  const uint64_t epc = is_fetch(attempt->cause) ? attempt->operand : address;
  const bool right = record.count == 1 && record.level == level &&
                     record.cause == cause_in(attempt, mode) && record.epc == epc &&
                     value_fits(attempt, record.tval, address) && previous_mode(&record) == mode;
  taken += record.count;
  if (right) return;
  printf(
      "%s in %s-mode: %u traps, level %u, cause %lu (%s), epc 0x%lx, tval 0x%lx, status 0x%lx; "
      "expected cause %u, epc 0x%lx\n",
      attempt->what, name_of(mode), record.count, record.level, record.cause,
      cause_name(record.cause), record.epc, record.tval, record.status, attempt->cause, epc);
  machine_exit(EXIT_CHECK_FAILED);
}

static const enum mode modes_in_order[] = {MODE_M, MODE_S, MODE_U};

void expect_trap(unsigned modes, enum trap_level level, const struct attempt* attempt) {
  for (unsigned i = 0; i < 3; i++) {
    if (modes & 1U << modes_in_order[i]) expect_in(modes_in_order[i], level, attempt);
  }
}

void expect_no_trap(unsigned modes, const char* what, mode_function instruction, uint64_t operand) {
  for (unsigned i = 0; i < 3; i++) {
    const enum mode mode = modes_in_order[i];
    if (!(modes & 1U << mode)) continue;
    trap_expect();
    run_in_mode(mode, instruction, (void*)operand);
    const struct trap_record record = trap_expected_end();
    if (record.count == 0) continue;
    printf("%s in %s-mode: unwanted cause %lu (%s), tval 0x%lx\n", what, name_of(mode),
           record.cause, cause_name(record.cause), record.tval);
    machine_exit(EXIT_CHECK_FAILED);
  }
}
