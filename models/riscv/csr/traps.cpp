// Where exceptions and interrupts go, what their handlers find, and how they return.
// Source: RISC-V Privileged Architecture 1.12, 3.1.6 to 3.1.9, 3.3.2 and 8.6; Advanced Interrupt
// Architecture 1.0, chapters 5 and 6.
#include <algorithm>
#include <cassert>

#include "riscv/csr/control_state.h"
#include "riscv/csr/top_interrupts.h"

namespace kilburn::riscv {
namespace {

enum class Handler : std::uint8_t { machine, supervisor, guest };
/// The most privileged first.
constexpr Handler handlers[] = {Handler::machine, Handler::supervisor, Handler::guest};

/// What a handler is told.
struct Told {
  std::uint64_t cause = 0;  ///< as its cause register shows it
  Address pc = 0;
  Exception exception{};
};

Handler handler_of(std::uint64_t by_machine, std::uint64_t by_hypervisor, std::uint64_t mask) {
  if ((by_machine & mask) == 0) return Handler::machine;
  return (by_hypervisor & mask) == 0 ? Handler::supervisor : Handler::guest;
}

Handler handler_of(const CsrState& state, Interrupt interrupt) {
  return handler_of(state.mideleg, state.hideleg, bit(interrupt));
}

/// Exceptions never go to a mode below the one they come from.
Handler handler_of(const CsrState& state, Cause cause) {
  if (state.current.privilege == Privilege::machine) return Handler::machine;
  return handler_of(state.medeleg, state.current.virtualised ? state.hedeleg : 0, bit(cause));
}

/// Are interrupts for `handler` taken now?
bool enabled(const CsrState& state, Handler handler) {
  const Privilege privilege = state.current.privilege;
  const bool guest = state.current.virtualised;
  switch (handler) {
    case Handler::machine:
      return privilege != Privilege::machine || status::mie.is_set(state.mstatus);
    case Handler::supervisor:
      if (guest || privilege == Privilege::user) return true;
      return privilege == Privilege::supervisor && status::sie.is_set(state.mstatus);
    case Handler::guest:
      if (!guest) return false;
      return privilege == Privilege::user || status::sie.is_set(state.vsstatus);
  }
  return false;
}

void set_trap_registers(TrapRegisters& registers, const Told& told) {
  registers.pc = told.pc;
  registers.cause = told.cause;
  registers.value = told.exception.value;
  constexpr unsigned guest_physical_shift = 2;
  registers.value2 = told.exception.guest_physical >> guest_physical_shift;
  registers.instruction = told.exception.transformed;
}

std::uint64_t number_of(Privilege privilege) {
  return static_cast<std::uint64_t>(privilege);
}

Address enter_machine(CsrState& state, const Told& told) {
  std::uint64_t& mstatus = state.mstatus;
  mstatus = status::mpie.with(mstatus, status::mie.get(mstatus));
  mstatus = status::mie.with(mstatus, 0);
  mstatus = status::mpp.with(mstatus, number_of(state.current.privilege));
  mstatus = status::mpv.with(mstatus, state.current.virtualised);
  mstatus = status::gva.with(mstatus, told.exception.guest_value);
  set_trap_registers(state.machine, told);
  state.current = {Privilege::machine, false};
  return state.machine.handler(told.cause);
}

/// Of mstatus in HS-mode, of vsstatus in a guest.
void stack_supervisor(std::uint64_t& status, Privilege privilege) {
  status = status::spie.with(status, status::sie.get(status));
  status = status::sie.with(status, 0);
  status = status::spp.with(status, number_of(privilege));
}

Address enter_supervisor(CsrState& state, const Told& told) {
  stack_supervisor(state.mstatus, state.current.privilege);
  if (state.config.hypervisor) {
    state.hstatus = hstatus::spv.with(state.hstatus, state.current.virtualised);
    state.hstatus = hstatus::gva.with(state.hstatus, told.exception.guest_value);
  }
  if (state.current.virtualised) {
    state.hstatus = hstatus::spvp.with(state.hstatus, number_of(state.current.privilege));
  }
  set_trap_registers(state.supervisor, told);
  state.current = {Privilege::supervisor, false};
  return state.supervisor.handler(told.cause);
}

Address enter_guest(CsrState& state, const Told& told) {
  assert(state.current.virtualised && "only a guest's traps go to the guest");
  stack_supervisor(state.vsstatus, state.current.privilege);
  set_trap_registers(state.guest, told);
  state.current.privilege = Privilege::supervisor;
  return state.guest.handler(told.cause);
}

Address enter(CsrState& state, Handler handler, const Told& told) {
  switch (handler) {
    case Handler::machine:
      return enter_machine(state, told);
    case Handler::supervisor:
      return enter_supervisor(state, told);
    case Handler::guest:
      return enter_guest(state, told);
  }
  return 0;
}

/// Back to what SPP says.
Privilege unstack_supervisor(std::uint64_t& status) {
  const auto privilege = static_cast<Privilege>(status::spp.get(status));
  status = status::sie.with(status, status::spie.get(status));
  status = status::spie.with(status, 1);
  status = status::spp.with(status, number_of(Privilege::user));
  return privilege;
}

}  // namespace

Address ControlState::trap(const Exception& exception, Address pc) {
  const auto cause = static_cast<std::uint64_t>(exception.cause);
  return enter(*this, handler_of(*this, exception.cause), {cause, pc, exception});
}

std::optional<Interrupt> ControlState::most_urgent(std::uint64_t wanted) const {
  constexpr Interrupt by_priority[] = {
      Interrupt::machine_external,
      Interrupt::machine_software,
      Interrupt::machine_timer,
      Interrupt::supervisor_external,
      Interrupt::supervisor_software,
      Interrupt::supervisor_timer,
      Interrupt::virtual_supervisor_external,
      Interrupt::virtual_supervisor_software,
      Interrupt::virtual_supervisor_timer,
  };
  // Interrupts for a higher level come before all for a lower one.
  for (const Handler handler : handlers) {
    if (!enabled(*this, handler)) continue;
    for (const Interrupt interrupt : by_priority) {
      if ((wanted & bit(interrupt)) != 0 && handler_of(*this, interrupt) == handler) {
        return interrupt;
      }
    }
  }
  return std::nullopt;
}

Address ControlState::interrupt(Interrupt interrupt, Address pc) {
  const Handler handler = handler_of(*this, interrupt);
  auto code = static_cast<std::uint64_t>(interrupt);
  if (handler == Handler::guest) code -= guest_interrupt_shift;
  return enter(*this, handler, {cause_interrupt.with(code, 1), pc, {}});
}

namespace {

/// mtopi, stopi or vstopi.
std::uint64_t top_of(const CsrState& state, Handler handler) {
  switch (handler) {
    case Handler::machine:
      return read_mtopi(state, state.last_time);
    case Handler::supervisor:
      return read_stopi(state, state.last_time);
    case Handler::guest:
      return state.config.hypervisor ? read_vstopi(state, state.last_time) : 0;
  }
  return 0;
}

}  // namespace

bool ControlState::has_top_interrupt() const {
  return std::ranges::any_of(handlers,
                             [this](Handler handler) { return top_of(*this, handler) != 0; });
}

std::optional<Address> ControlState::take_top_interrupt(Address pc) {
  for (const Handler handler : handlers) {
    if (!enabled(*this, handler)) continue;
    const std::uint64_t top = top_of(*this, handler);
    if (top == 0) continue;
    return enter(*this, handler, {cause_interrupt.with(topi::iid.get(top), 1), pc, {}});
  }
  return std::nullopt;
}

Address ControlState::mret() {
  const auto privilege = static_cast<Privilege>(status::mpp.get(mstatus));
  const bool machine_again = privilege == Privilege::machine;
  current = {privilege, !machine_again && status::mpv.is_set(mstatus)};
  mstatus = status::mie.with(mstatus, status::mpie.get(mstatus));
  mstatus = status::mpie.with(mstatus, 1);
  mstatus = status::mpp.with(mstatus, number_of(Privilege::user));
  mstatus = status::mpv.with(mstatus, 0);
  if (!machine_again) mstatus = status::mprv.with(mstatus, 0);
  return machine.pc;
}

Address ControlState::sret() {
  mstatus = status::mprv.with(mstatus, 0);
  if (current.virtualised) {
    current.privilege = unstack_supervisor(vsstatus);
    return guest.pc;
  }
  current = {unstack_supervisor(mstatus), hstatus::spv.is_set(hstatus)};
  hstatus = hstatus::spv.with(hstatus, 0);
  return supervisor.pc;
}

}  // namespace kilburn::riscv
