#include "riscv/csr/csr_state.h"

#include <cassert>

namespace kilburn::riscv {

Address TrapRegisters::handler(std::uint64_t trap_cause) const {
  const Address base = vector & ~tvec::mode.mask();
  const bool indexed =
      cause_interrupt.is_set(trap_cause) && tvec::mode.get(vector) == tvec::vectored;
  return indexed ? base + 4 * (trap_cause & ~cause_interrupt.mask()) : base;
}

CsrState::CsrState(const HartConfig& configuration, unsigned number)
    : config(configuration),
      hart(number),
      context_numbers(HartContexts::of(number, config.harts)),
      // What is a guest's is never machine mode's.
      mideleg(config.hypervisor ? hypervisor_interrupts() : 0),
      protection(config.pmp_entries) {
  if (!config.hypervisor) config.guest_files = 0;
  assert(number < config.harts && "contexts are kept apart by the hart's number");
}

void CsrState::update_guest_lines() {
  const bool any = (aia.hgeip & aia.hgeie) != 0;
  const bool own = guest_file() != 0 && (aia.hgeip >> guest_file() & 1) != 0;
  lines = merge(lines,
                (any ? bit(Interrupt::supervisor_guest_external) : 0) |
                    (own ? bit(Interrupt::virtual_supervisor_external) : 0),
                bits(Interrupt::supervisor_guest_external, Interrupt::virtual_supervisor_external));
}

std::optional<PagingMode> CsrState::paging_mode(std::uint64_t mode) const {
  // Source: Privileged Architecture 1.12, tables 4.4 and 8.1.
  constexpr std::uint64_t bare = 0;
  constexpr std::uint64_t sv39 = 8;
  if (mode == bare) return PagingMode::bare;
  const std::uint64_t levels_wanted = mode - sv39 + levels(PagingMode::sv39);
  if (mode < sv39 || levels_wanted > levels(config.largest_mode)) return std::nullopt;
  return static_cast<PagingMode>(levels_wanted);
}

}  // namespace kilburn::riscv
