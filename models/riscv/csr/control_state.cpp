#include "riscv/csr/control_state.h"

#include <algorithm>
#include <cassert>

namespace kilburn::riscv {

ControlState::ControlState(const HartConfig& configuration, unsigned number)
    : CsrState(configuration, number) {}

void ControlState::reset() {
  const std::uint64_t levels = lines;
  const std::uint64_t guest_levels = aia.hgeip;
  ExternalInterrupts* const external = aia.external;
  static_cast<CsrState&>(*this) = CsrState(config, hart);
  lines = levels;
  aia.hgeip = guest_levels;
  aia.external = external;
  update_guest_lines();
}

void ControlState::set_line(Interrupt interrupt, bool level) {
  assert((bit(interrupt) & (machine_interrupts | bit(Interrupt::supervisor_external))) != 0 &&
         "no other interrupt has a line");
  lines = merge(lines, level ? bit(interrupt) : 0, bit(interrupt));
}

void ControlState::set_guest_line(unsigned number, bool level) {
  assert(number != 0 && number <= config.guest_files && "the hart has no such guest file");
  const std::uint64_t line = std::uint64_t{1} << number;
  aia.hgeip = merge(aia.hgeip, level ? line : 0, line);
  update_guest_lines();
}

std::uint64_t ControlState::next_timer() const {
  std::uint64_t next = UINT64_MAX;
  if (supervisor_timer() && !supervisor_timer_expired(last_time)) next = stimecmp;
  if (guest_timer() && !guest_timer_expired(last_time)) {
    const std::uint64_t away = vstimecmp - (last_time + htimedelta);
    if (away < UINT64_MAX - last_time) next = std::min(next, last_time + away);
  }
  return next;
}

AddressSpace ControlState::fetch_space() const {
  return space(current);
}

AddressSpace ControlState::data_space() const {
  if (!status::mprv.is_set(mstatus)) return space(current);
  const auto privilege = static_cast<Privilege>(status::mpp.get(mstatus));
  return space({privilege, privilege != Privilege::machine && status::mpv.is_set(mstatus)});
}

AddressSpace ControlState::hypervisor_space() const {
  return space({static_cast<Privilege>(hstatus::spvp.get(hstatus)), true});
}

AddressSpace ControlState::space(Mode mode) const {
  AddressSpace result;
  result.privilege.privilege = mode.privilege;
  result.guest = mode.virtualised;
  const std::uint64_t stage1_status = mode.virtualised ? vsstatus : mstatus;
  const std::uint64_t stage1_table = mode.virtualised ? vsatp : satp;
  result.privilege.sum = status::sum.is_set(stage1_status);
  // The host's MXR holds in both stages of its guests.
  result.privilege.mxr = status::mxr.is_set(stage1_status | mstatus);
  result.privilege.guest_mxr = mode.virtualised && status::mxr.is_set(mstatus);
  result.privilege.svade = !(mode.virtualised ? updates_guest_tables() : updates_tables());
  result.privilege.guest_svade = mode.virtualised && !updates_tables();
  result.regime.context.vmid = context_numbers.host();
  if (mode.privilege == Privilege::machine) return result;

  const auto own_realm = static_cast<std::uint16_t>(mlrealm);
  result.regime.context.realm = own_realm;
  result.regime.stage1 = mode_of(stage1_table);
  result.regime.root = atp::ppn.get(stage1_table);
  result.regime.context.asid = static_cast<std::uint16_t>(atp::asid.get(stage1_table));
  if (!mode.virtualised) return result;

  result.regime.guest_stage = mode_of(hgatp);
  result.regime.guest_root = atp::ppn.get(hgatp);
  result.regime.context.vmid = context_numbers.guest(vmid());
  if (result.regime.stage1 == PagingMode::bare) {
    result.regime.context = context_numbers.bare_context(vmid(), mode.privilege);
    result.regime.context.realm = own_realm;
  }
  return result;
}

}  // namespace kilburn::riscv
