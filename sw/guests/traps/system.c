#include "guests/traps/attempt.h"
#include "guests/traps/traps.h"

INSTRUCTION(zero_half, ".half 0")
INSTRUCTION(ones_word, ".word 0xFFFFFFFF")
INSTRUCTION(breakpoint, "ebreak")
INSTRUCTION(read_mstatus, "csrr t0, mstatus")
INSTRUCTION(read_sstatus, "csrr t0, sstatus")
INSTRUCTION(read_satp, "csrr t0, satp")
INSTRUCTION(write_cycle, "csrw cycle, zero")
INSTRUCTION(read_cycle, "csrr t0, cycle")
INSTRUCTION(read_no_csr, "csrr t0, 0x5A0")
INSTRUCTION(return_from_m, "mret")
INSTRUCTION(return_from_s, "sret")
INSTRUCTION(wait, "wfi")
INSTRUCTION(fence_translation, "sfence.vma")
INSTRUCTION(add_float, "fadd.d ft0, ft0, ft0")

/* a7: no call of the runtime's. */
static uint64_t environment_call(void* argument) {
  (void)argument;
  uint64_t address;
  register uint64_t call __asm__("a7") = 0;
  __asm__ volatile("lla %0, 1f\n1: ecall" : "=&r"(address) : "r"(call) : "memory");
  return address;
}

/* With FS off meanwhile; switching modes needs it on. */
static uint64_t add_float_off(void* argument) {
  csr_clear(sstatus, MSTATUS_FS);
  const uint64_t address = add_float(argument);
  csr_set(sstatus, MSTATUS_FS_INITIAL);
  return address;
}

static void illegal(unsigned modes, const char* what, mode_function instruction) {
  const struct attempt attempt = {what, instruction, 0, CAUSE_ILLEGAL, VALUE_ZERO_OR_INSTRUCTION};
  expect_trap(modes, TRAP_MACHINE, &attempt);
}

static void not_in_this_mode(void) {
  illegal(IN_S | IN_U, "read of mstatus", read_mstatus);
  illegal(IN_U, "read of sstatus", read_sstatus);
  illegal(IN_U, "read of satp", read_satp);
  illegal(IN_S | IN_U, "mret", return_from_m);
  illegal(IN_U, "sret", return_from_s);
  illegal(IN_U, "sfence.vma", fence_translation);
  expect_no_trap(IN_M | IN_S, "read of satp", read_satp, 0);
  expect_no_trap(IN_M | IN_S, "sfence.vma", fence_translation, 0);
}

static void forbidden_by_mstatus(void) {
  csr_set(mstatus, MSTATUS_TVM | MSTATUS_TSR | MSTATUS_TW);
  illegal(IN_S, "read of satp with TVM", read_satp);
  illegal(IN_S, "sfence.vma with TVM", fence_translation);
  illegal(IN_S, "sret with TSR", return_from_s);
  illegal(IN_S, "wfi with TW", wait);
  csr_clear(mstatus, MSTATUS_TVM | MSTATUS_TSR | MSTATUS_TW);

  illegal(IN_M | IN_S, "fadd.d with FS off", add_float_off);
  expect_no_trap(IN_ALL, "fadd.d", add_float, 0);
}

static void counters(void) {
  illegal(IN_ALL, "write of cycle", write_cycle);
  csr_clear(mcounteren, 1);
  illegal(IN_S | IN_U, "read of cycle without mcounteren", read_cycle);
  csr_set(mcounteren, 1);
  csr_clear(scounteren, 1);
  illegal(IN_U, "read of cycle without scounteren", read_cycle);
  csr_set(scounteren, 1);
  expect_no_trap(IN_ALL, "read of cycle", read_cycle, 0);
}

void test_instructions(void) {
  illegal(IN_ALL, "zeros", zero_half);
  illegal(IN_ALL, "ones", ones_word);
  illegal(IN_ALL, "read of a CSR that does not exist", read_no_csr);
  const struct attempt to_break = {"ebreak", breakpoint, 0, CAUSE_BREAKPOINT,
                                   VALUE_ZERO_OR_ADDRESS};
  expect_trap(IN_ALL, TRAP_MACHINE, &to_break);
  const struct attempt to_call = {"ecall", environment_call, 0, CAUSE_ECALL_U, VALUE_ZERO};
  expect_trap(IN_ALL, TRAP_MACHINE, &to_call);
  not_in_this_mode();
  forbidden_by_mstatus();
  counters();
}
