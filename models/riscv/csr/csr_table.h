// The table of a hart's CSRs: number, name, conditions of access, and how each is read and written.
// Source: RISC-V Privileged Architecture 1.12, chapter 2.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "riscv/csr/counters.h"
#include "riscv/csr/csr_state.h"

namespace kilburn::riscv {

/// What an access depends on beside the privilege level that the number names.
enum class CsrGate : std::uint8_t {
  none,
  floating_point,  ///< FS
  counter,         ///< the counter-enable registers
  timer_compare,   ///< Sstc
  stage1_table,    ///< TVM, VTVM
  guest_table,     ///< TVM
  indirect,        ///< what the select register names
  top_external,    ///< the interrupt file
};

struct Csr {
  std::uint16_t number = 0;
  std::string name;
  std::uint64_t (*read)(const CsrState& state, std::uint16_t number, const CounterValues& now);
  /// Makes of any value a legal one; null for a register that is read-only by its number.
  void (*write)(CsrState& state, std::uint16_t number, std::uint64_t value,
                const CounterValues& now) = nullptr;
  CsrGate gate = CsrGate::none;
};

/// All CSRs that a hart can have, by number.
[[nodiscard]] std::span<const Csr> csr_list();
/// nullptr: no hart has it.
[[nodiscard]] const Csr* find_csr(std::uint16_t number);
/// Does the hart of `state` have it? Some come with the hypervisor extension or with PMP entries.
[[nodiscard]] bool implemented(const CsrState& state, std::uint16_t number);

/// For a debugger. Example: csr_name(0x300) == "mstatus"; empty where there is none.
[[nodiscard]] std::string_view csr_name(std::uint16_t number);
[[nodiscard]] std::optional<std::uint16_t> csr_number(std::string_view name);

}  // namespace kilburn::riscv
