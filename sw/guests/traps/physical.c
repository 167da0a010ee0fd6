#include "guests/traps/instructions.h"
#include "guests/traps/traps.h"
#include "runtime/frame.h"
#include "runtime/pmp.h"

#define NOWHERE UINT64_C(0x08000000) /* between two devices */

/* No AMO: QEMU 7.2 calls its fault a load's where there is no memory; see memory_protection. */
static void nothing_there(void) {
  const struct attempt attempts[] = {
      {"load from nowhere", load, NOWHERE, CAUSE_LOAD_ACCESS, VALUE_OPERAND},
      {"byte load from nowhere", load_byte, NOWHERE + 3, CAUSE_LOAD_ACCESS, VALUE_OPERAND},
      {"fld from nowhere", load_float, NOWHERE, CAUSE_LOAD_ACCESS, VALUE_OPERAND},
      {"store to nowhere", store, NOWHERE, CAUSE_STORE_ACCESS, VALUE_OPERAND},
      {"fetch from nowhere", call, NOWHERE, CAUSE_FETCH_ACCESS, VALUE_OPERAND},
      {"lr nowhere", load_reserved, NOWHERE, CAUSE_LOAD_ACCESS, VALUE_OPERAND},
  };
  for (unsigned i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
    expect_trap(IN_ALL, TRAP_MACHINE, &attempts[i]);
}

static void misaligned(uint64_t frame) {
  const struct attempt attempts[] = {
      {"misaligned amo", amo, frame + 1, CAUSE_STORE_MISALIGNED, VALUE_OPERAND},
      {"misaligned lr", load_reserved, frame + 4, CAUSE_LOAD_MISALIGNED, VALUE_OPERAND},
  };
  for (unsigned i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
    expect_trap(IN_ALL, TRAP_MACHINE, &attempts[i]);
}

static void memory_protection(uint64_t frame) {
  *(uint32_t*)frame = 0x00008067; /* ret */
  __asm__ volatile("fence.i" ::: "memory");
  const struct attempt to_load = {"load by PMP", load, frame, CAUSE_LOAD_ACCESS, VALUE_OPERAND};
  const struct attempt to_store = {"store by PMP", store, frame + 8, CAUSE_STORE_ACCESS,
                                   VALUE_OPERAND};
  const struct attempt to_call = {"fetch by PMP", call, frame, CAUSE_FETCH_ACCESS, VALUE_OPERAND};
  const struct attempt to_amo = {"amo by PMP", amo, frame + 8, CAUSE_STORE_ACCESS, VALUE_OPERAND};
  pmp_restrict(frame, FRAME_SHIFT, 0);
  expect_trap(IN_S | IN_U, TRAP_MACHINE, &to_load);
  expect_trap(IN_S | IN_U, TRAP_MACHINE, &to_store);
  expect_trap(IN_S | IN_U, TRAP_MACHINE, &to_call);
  expect_no_trap(IN_M, "load by M of what PMP closes to others", load, frame);
  pmp_restrict(frame, FRAME_SHIFT, PMP_R);
  expect_no_trap(IN_ALL, "load by PMP", load, frame);
  expect_trap(IN_S | IN_U, TRAP_MACHINE, &to_amo);
  expect_trap(IN_S | IN_U, TRAP_MACHINE, &to_store);
  expect_trap(IN_S | IN_U, TRAP_MACHINE, &to_call);
  pmp_restrict(frame, FRAME_SHIFT, PMP_R | PMP_X);
  expect_no_trap(IN_ALL, "fetch by PMP", call, frame);
  expect_trap(IN_S | IN_U, TRAP_MACHINE, &to_store);
  pmp_unrestrict();
  expect_no_trap(IN_ALL, "store with PMP open", store, frame + 8);
}

void test_physical_accesses(void) {
  const uint64_t frame = frame_allocate();
  nothing_there();
  misaligned(frame);
  memory_protection(frame);
}
