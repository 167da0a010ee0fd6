// mtopi, stopi and vstopi: the most urgent interrupt of each level by default order and priority
// numbers. Source: RISC-V Advanced Interrupt Architecture 1.0, 5.1, 5.2.2, 5.4.2 and 6.3.3.
#pragma once

#include <cstdint>

#include "riscv/csr/csr_state.h"

namespace kilburn::riscv {

/// Identity in bits 27:16, priority number in bits 7:0; 0: no interrupt is pending and enabled for
/// the level. Example: 0x000B0005, a machine external interrupt of priority 5.
[[nodiscard]] std::uint64_t read_mtopi(const CsrState& state, std::uint64_t time);
[[nodiscard]] std::uint64_t read_stopi(const CsrState& state, std::uint64_t time);
/// Identities are those that the guest sees. Of a hart with the hypervisor extension.
[[nodiscard]] std::uint64_t read_vstopi(const CsrState& state, std::uint64_t time);

}  // namespace kilburn::riscv
