// Why a hart leaves its path: exceptions and interrupts, by their numbers in mcause.
// Source: RISC-V Privileged Architecture 1.12, table 3.6 and 8.6.1.
#pragma once

#include <cstdint>

#include "common/types.h"

namespace kilburn::riscv {

/// Exception codes.
enum class Cause : std::uint8_t {
  instruction_misaligned = 0,
  instruction_access = 1,
  illegal_instruction = 2,
  breakpoint = 3,
  load_misaligned = 4,
  load_access = 5,
  store_misaligned = 6,  ///< AMOs and SC, too
  store_access = 7,
  ecall_from_u = 8,  ///< from VU, too
  ecall_from_s = 9,  ///< from HS
  ecall_from_vs = 10,
  ecall_from_m = 11,
  instruction_page = 12,
  load_page = 13,
  store_page = 15,
  instruction_guest_page = 20,
  load_guest_page = 21,
  virtual_instruction = 22,
  store_guest_page = 23,
};

/// Interrupt codes: bit numbers of mip.
enum class Interrupt : std::uint8_t {
  supervisor_software = 1,
  virtual_supervisor_software = 2,
  machine_software = 3,
  supervisor_timer = 5,
  virtual_supervisor_timer = 6,
  machine_timer = 7,
  supervisor_external = 9,
  virtual_supervisor_external = 10,
  machine_external = 11,
  supervisor_guest_external = 12,
};

/// A synchronous exception as an instruction raises it; where it goes is the control state's.
struct Exception {
  Cause cause = Cause::illegal_instruction;
  std::uint64_t value = 0;        ///< for mtval: address, instruction bits, or 0
  bool guest_value = false;       ///< `value` is a guest virtual address (GVA)
  Address guest_physical = 0;     ///< of a guest page fault, for mtval2 and htval (unshifted)
  std::uint64_t transformed = 0;  ///< for mtinst and htinst
};

/// Privilege level and virtualisation mode V.
struct Mode {
  Privilege privilege = Privilege::machine;
  bool virtualised = false;  ///< VS or VU
  friend bool operator==(const Mode&, const Mode&) = default;
};

}  // namespace kilburn::riscv
