// Who may access a CSR or carry out a system instruction, and what a CSR instruction does.
// Source: RISC-V Privileged Architecture 1.12, 2.1, 3.1.6, 8.2 and 8.6.1; Sstc 1.0, chapter 2;
// Advanced Interrupt Architecture 1.0, 2.3, 2.4 and 6.3.2.
#include "riscv/csr/control_state.h"
#include "riscv/csr/csr_numbers.h"
#include "riscv/csr/csr_table.h"
#include "riscv/csr/indirect_registers.h"

namespace kilburn::riscv {
namespace {

constexpr Refusal granted = Refusal::none;
constexpr Refusal illegal = Refusal::illegal_instruction;
constexpr Refusal virtual_one = Refusal::virtual_instruction;

bool is_user(const CsrState& state) {
  return state.current.privilege == Privilege::user;
}

/// The counter-enable registers' verdict below machine mode.
Refusal refuse_counter(const CsrState& state, std::uint16_t number) {
  const Field enable{static_cast<unsigned>(number - csr::cycle)};
  if (!enable.is_set(state.mcounteren)) return illegal;
  if (state.current.virtualised) {
    const bool on =
        enable.is_set(state.hcounteren) && (!is_user(state) || enable.is_set(state.scounteren));
    return on ? granted : virtual_one;
  }
  return is_user(state) && !enable.is_set(state.scounteren) ? illegal : granted;
}

/// In HS-mode and in U-mode.
Refusal refuse_to_host(const CsrState& state, const Csr& csr) {
  if (is_user(state)) return csr::level(csr.number) == csr::Level::user ? granted : illegal;
  const bool table = csr.gate == CsrGate::stage1_table || csr.gate == CsrGate::guest_table;
  return table && status::tvm.is_set(state.mstatus) ? illegal : granted;
}

/// In VS-mode and in VU-mode, where HS-mode would be granted the access.
Refusal refuse_to_guest(const CsrState& state, const Csr& csr, bool writes) {
  const auto highest = is_user(state) ? csr::Level::user : csr::Level::supervisor;
  if (csr::level(csr.number) > highest) return virtual_one;
  if (csr.gate == CsrGate::stage1_table && hstatus::vtvm.is_set(state.hstatus)) return virtual_one;
  if (csr.gate == CsrGate::timer_compare &&
      !(counter::tm.is_set(state.hcounteren) && state.guest_timer())) {
    return virtual_one;
  }
  // The hypervisor speaks for vsip: the guest neither sees it nor lowers a bit of it.
  if (hvictl::vti.is_set(state.aia.hvictl) && (csr.number == csr::sip || csr.number == csr::sie ||
                                               (csr.gate == CsrGate::timer_compare && writes))) {
    return virtual_one;
  }
  return granted;
}

/// By the number, and by what guards the register itself.
Refusal refuse_register(const CsrState& state, const Csr& csr, bool writes) {
  if (!implemented(state, csr.number) || (writes && csr::read_only(csr.number))) return illegal;
  if (csr.gate == CsrGate::floating_point && !state.float_enabled()) return illegal;
  if (state.current.privilege == Privilege::machine) return granted;

  if (csr::level(csr.number) == csr::Level::machine) return illegal;
  if (csr.gate == CsrGate::timer_compare &&
      !(counter::tm.is_set(state.mcounteren) && state.supervisor_timer())) {
    return illegal;
  }
  const Refusal by_level =
      state.current.virtualised ? refuse_to_guest(state, csr, writes) : refuse_to_host(state, csr);
  if (by_level != granted || csr.gate != CsrGate::counter) return by_level;
  return refuse_counter(state, csr.number);
}

/// What the register is a window to may not be there.
Refusal refuse(const CsrState& state, const Csr& csr, bool writes) {
  const Refusal refusal = refuse_register(state, csr, writes);
  if (refusal != granted) return refusal;
  const bool window = csr.gate == CsrGate::indirect;
  if (!window && csr.gate != CsrGate::top_external) return granted;
  const bool guest = state.current.virtualised;
  const IndirectLevel level = level_of(guest ? csr::in_guest(csr.number) : csr.number);
  const bool there = window ? has_indirect(state, level) : has_top_external(state, level);
  return there ? granted : guest ? virtual_one : illegal;
}

std::uint64_t combine(CsrOperation operation, std::uint64_t old, std::uint64_t operand) {
  switch (operation) {
    case CsrOperation::write:
      return operand;
    case CsrOperation::set:
      return old | operand;
    case CsrOperation::clear:
      return old & ~operand;
  }
  return old;
}

/// What csrrs and csrrc start from: not the levels of lines, which mip shows as well (3.1.9).
std::uint64_t modified(const CsrState& state, std::uint16_t number, std::uint64_t shown) {
  return number == csr::mip ? state.software | state.hvip : shown;
}

/// An instruction for supervisors: HS-mode and VS-mode each have a field that withholds it.
Refusal refuse_supervisor(const CsrState& state, bool from_host, bool from_guest) {
  if (state.current.virtualised) return is_user(state) || from_guest ? virtual_one : granted;
  return is_user(state) || from_host ? illegal : granted;
}

/// An instruction that a guest does not have.
Refusal refuse_hypervisor(const CsrState& state, bool from_supervisor, bool from_user) {
  if (state.current.virtualised) return virtual_one;
  return (is_user(state) ? from_user : from_supervisor) ? illegal : granted;
}

/// Below machine mode. The bounded time that TW, VTW and user mode allow WFI is none.
Refusal refuse_wfi(const CsrState& state) {
  if (status::tw.is_set(state.mstatus)) return illegal;
  return refuse_supervisor(state, false, hstatus::vtw.is_set(state.hstatus));
}

bool of_hypervisor(SystemInstruction instruction) {
  return instruction == SystemInstruction::hfence_vvma ||
         instruction == SystemInstruction::hfence_gvma ||
         instruction == SystemInstruction::hypervisor_access;
}

}  // namespace

CsrResult ControlState::access(const CsrAccess& access, const CounterValues& now) {
  const Csr* csr = find_csr(access.number);
  if (csr == nullptr) return {illegal};
  const Refusal refusal = refuse(*this, *csr, access.writes);
  if (refusal != granted) return {refusal};

  if (current.virtualised) csr = find_csr(csr::in_guest(access.number));
  last_time = now.time;
  const std::uint64_t value = csr->read(*this, csr->number, now);
  if (access.writes) {
    // The write comes after the instruction's own invalidation: minstret then reads as written.
    CounterValues after = now;
    ++after.instructions;
    const std::uint64_t old = modified(*this, csr->number, value);
    csr->write(*this, csr->number, combine(access.operation, old, access.operand), after);
  }
  return {granted, value};
}

std::optional<std::uint64_t> ControlState::peek(std::uint16_t number,
                                                const CounterValues& now) const {
  const Csr* const csr = find_csr(number);
  if (csr == nullptr || !implemented(*this, number)) return std::nullopt;
  return csr->read(*this, number, now);
}

bool ControlState::poke(std::uint16_t number, std::uint64_t value, const CounterValues& now) {
  const Csr* const csr = find_csr(number);
  if (csr == nullptr || csr->write == nullptr || !implemented(*this, number)) return false;
  last_time = now.time;
  csr->write(*this, number, value, now);
  return true;
}

Refusal ControlState::check(SystemInstruction instruction) const {
  if (of_hypervisor(instruction) && !config.hypervisor) return illegal;
  if (current.privilege == Privilege::machine) return granted;
  switch (instruction) {
    case SystemInstruction::mret:
      return illegal;
    case SystemInstruction::sret:
      return refuse_supervisor(*this, status::tsr.is_set(mstatus), hstatus::vtsr.is_set(hstatus));
    case SystemInstruction::wfi:
      return refuse_wfi(*this);
    case SystemInstruction::sfence_vma:
      return refuse_supervisor(*this, status::tvm.is_set(mstatus), hstatus::vtvm.is_set(hstatus));
    case SystemInstruction::sfence_order:
      return refuse_supervisor(*this, false, false);
    case SystemInstruction::hfence_vvma:
      return refuse_hypervisor(*this, false, true);
    case SystemInstruction::hfence_gvma:
      return refuse_hypervisor(*this, status::tvm.is_set(mstatus), true);
    case SystemInstruction::hypervisor_access:
      return refuse_hypervisor(*this, false, !hstatus::hu.is_set(hstatus));
  }
  return illegal;
}

}  // namespace kilburn::riscv
