// What Smaia and Ssaia add to the registers behind a hart's CSRs.
// Source: RISC-V Advanced Interrupt Architecture 1.0, chapters 2, 5 and 6.
#pragma once

#include <array>
#include <cstdint>

#include "common/external_interrupts.h"
#include "riscv/csr/csr_fields.h"

namespace kilburn::riscv {

/// Plain state, all 0 in a hart without AIA. Interrupts of virtual_interrupts exist for the levels
/// below machine mode only.
struct AiaState {
  ExternalInterrupts* external = nullptr;  ///< null: no controller says more than its lines do

  std::uint64_t miselect = 0;
  std::uint64_t siselect = 0;
  std::uint64_t vsiselect = 0;
  /// The iprio arrays, by interrupt; 0: the default order.
  std::array<std::uint8_t, 64> machine_priorities{};
  std::array<std::uint8_t, 64> supervisor_priorities{};

  std::uint64_t mvien = 0;  ///< SSI, SEI and virtual_interrupts
  /// Of mvip what is no alias of mip: SSIP and SEIP only while mvien has them.
  std::uint64_t mvip = 0;
  std::uint64_t sie = 0;  ///< of sie what is no alias of mie

  std::uint64_t hvien = 0;  ///< virtual_interrupts
  std::uint64_t hvip = 0;   ///< the same; the others are in CsrState::hvip
  std::uint64_t vsie = 0;   ///< of vsie what is no alias of mie
  std::uint64_t hvictl = 0;
  std::uint64_t hviprio1 = 0;
  std::uint64_t hviprio2 = 0;

  std::uint64_t hgeip = 0;  ///< levels of the guest files' lines, from bit 1
  std::uint64_t hgeie = 0;

  /// May there be an interrupt that mip does not show?
  [[nodiscard]] bool injects() const {
    return ((mvip & mvien) | (hvip & hvien)) != 0 || hvictl::vti.is_set(hvictl);
  }
};

}  // namespace kilburn::riscv
