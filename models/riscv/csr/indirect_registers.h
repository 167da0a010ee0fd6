// What miselect and mireg, siselect and sireg, vsiselect and vsireg reach: the iprio arrays and the
// registers of interrupt files; and the top external interrupts of those files.
// Source: RISC-V Advanced Interrupt Architecture 1.0, 2.1 to 2.3, 3.7 and 3.9.
#pragma once

#include <cstdint>

#include "riscv/csr/csr_state.h"

namespace kilburn::riscv {

enum class IndirectLevel : std::uint8_t { machine, supervisor, guest };

/// Of one of the nine CSRs. Example: level_of(csr::sireg) == IndirectLevel::supervisor.
[[nodiscard]] IndirectLevel level_of(std::uint16_t number);

[[nodiscard]] std::uint64_t selected(const CsrState& state, IndirectLevel level);
/// 9 bits at each level.
void select(CsrState& state, IndirectLevel level, std::uint64_t value);

/// Does the current mode, which may access the window, find a register in it?
[[nodiscard]] bool has_indirect(const CsrState& state, IndirectLevel level);
/// 0, and nothing happens, where there is none.
[[nodiscard]] std::uint64_t read_indirect(const CsrState& state, IndirectLevel level);
void write_indirect(CsrState& state, IndirectLevel level, std::uint64_t value);

/// Does the current mode, which may access mtopei, stopei or vstopei, find a file behind it?
[[nodiscard]] bool has_top_external(const CsrState& state, IndirectLevel level);
[[nodiscard]] std::uint64_t read_top_external(const CsrState& state, IndirectLevel level);
void claim_top_external(CsrState& state, IndirectLevel level);

}  // namespace kilburn::riscv
