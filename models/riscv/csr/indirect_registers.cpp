#include "riscv/csr/indirect_registers.h"

#include <optional>

#include "riscv/csr/csr_numbers.h"

namespace kilburn::riscv {
namespace {

constexpr unsigned first_priority = 0x30;
constexpr unsigned last_priority = 0x3F;
constexpr unsigned first_external = 0x70;
constexpr unsigned first_array = 0x80;  ///< of the external ones: eip and eie
constexpr unsigned last_external = 0xFF;
constexpr unsigned priorities_per_register = 8;

bool names_priorities(std::uint64_t select) {
  return select >= first_priority && select <= last_priority;
}

bool names_external(std::uint64_t select) {
  return select >= first_external && select <= last_external;
}

/// The number of the level's file, where there is one.
std::optional<unsigned> file_of(const CsrState& state, IndirectLevel level) {
  if (level == IndirectLevel::guest && state.guest_file() == 0) return std::nullopt;
  const unsigned file = level == IndirectLevel::machine ? interrupt_file::machine
                        : level == IndirectLevel::supervisor
                            ? interrupt_file::supervisor
                            : interrupt_file::guest(state.guest_file());
  if (state.aia.external == nullptr || !state.aia.external->has_file(file)) return std::nullopt;
  return file;
}

/// With mvien[9], machine mode keeps the supervisor's file for itself (5.3).
bool is_kept(const CsrState& state, IndirectLevel level) {
  return level == IndirectLevel::supervisor && state.current.privilege != Privilege::machine &&
         (state.aia.mvien & bit(Interrupt::supervisor_external)) != 0;
}

/// Interrupts with a priority number: those that can be enabled at the level, but not its external
/// ones, whose numbers come from the controller.
std::uint64_t prioritised(const CsrState& state, IndirectLevel level) {
  if (level == IndirectLevel::machine) {
    return (machine_interrupts | supervisor_interrupts) & ~bit(Interrupt::machine_external);
  }
  const std::uint64_t guests = state.config.hypervisor ? state.hypervisor_interrupts() : 0;
  return (supervisor_interrupts | virtual_interrupts | guests) &
         ~bit(Interrupt::supervisor_external);
}

std::uint64_t read_priorities(const std::array<std::uint8_t, 64>& priorities, unsigned first) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < priorities_per_register; ++i) {
    value |= std::uint64_t{priorities[first + i]} << 8 * i;
  }
  return value;
}

void write_priorities(std::array<std::uint8_t, 64>& priorities, unsigned first,
                      std::uint64_t writable, std::uint64_t value) {
  for (unsigned i = 0; i < priorities_per_register; ++i) {
    if ((writable >> (first + i) & 1) == 0) continue;
    priorities[first + i] = static_cast<std::uint8_t>(value >> 8 * i);
  }
}

/// Of the array's register that is selected.
unsigned first_interrupt(std::uint64_t select) {
  return static_cast<unsigned>(select - first_priority) / 2 * priorities_per_register;
}

}  // namespace

IndirectLevel level_of(std::uint16_t number) {
  switch (csr::level(number)) {
    case csr::Level::machine:
      return IndirectLevel::machine;
    case csr::Level::hypervisor:
      return IndirectLevel::guest;
    default:
      return IndirectLevel::supervisor;
  }
}

std::uint64_t selected(const CsrState& state, IndirectLevel level) {
  switch (level) {
    case IndirectLevel::machine:
      return state.aia.miselect;
    case IndirectLevel::supervisor:
      return state.aia.siselect;
    case IndirectLevel::guest:
      return state.aia.vsiselect;
  }
  return 0;
}

void select(CsrState& state, IndirectLevel level, std::uint64_t value) {
  constexpr Field nine_bits{0, 9};
  std::uint64_t& register_of = level == IndirectLevel::machine      ? state.aia.miselect
                               : level == IndirectLevel::supervisor ? state.aia.siselect
                                                                    : state.aia.vsiselect;
  register_of = nine_bits.get(value);
}

bool has_indirect(const CsrState& state, IndirectLevel level) {
  const std::uint64_t select = selected(state, level);
  const bool odd = select % 2 != 0;
  if (names_priorities(select)) return level != IndirectLevel::guest && !odd;
  if (!names_external(select) || is_kept(state, level) || !file_of(state, level)) return false;
  return select < first_array || !odd;
}

std::uint64_t read_indirect(const CsrState& state, IndirectLevel level) {
  const std::uint64_t select = selected(state, level);
  if (names_priorities(select) && level != IndirectLevel::guest) {
    return read_priorities(level == IndirectLevel::machine ? state.aia.machine_priorities
                                                           : state.aia.supervisor_priorities,
                           first_interrupt(select));
  }
  const auto file = file_of(state, level);
  if (!file || !names_external(select)) return 0;
  return state.aia.external->read(*file, static_cast<unsigned>(select));
}

void write_indirect(CsrState& state, IndirectLevel level, std::uint64_t value) {
  const std::uint64_t select = selected(state, level);
  if (names_priorities(select) && level != IndirectLevel::guest) {
    write_priorities(level == IndirectLevel::machine ? state.aia.machine_priorities
                                                     : state.aia.supervisor_priorities,
                     first_interrupt(select), prioritised(state, level), value);
    return;
  }
  const auto file = file_of(state, level);
  if (!file || !names_external(select)) return;
  state.aia.external->write(*file, static_cast<unsigned>(select), value);
}

bool has_top_external(const CsrState& state, IndirectLevel level) {
  return !is_kept(state, level) && file_of(state, level).has_value();
}

std::uint64_t read_top_external(const CsrState& state, IndirectLevel level) {
  const auto file = file_of(state, level);
  return file ? state.aia.external->top(*file) : 0;
}

void claim_top_external(CsrState& state, IndirectLevel level) {
  if (const auto file = file_of(state, level)) state.aia.external->claim(*file);
}

}  // namespace kilburn::riscv
