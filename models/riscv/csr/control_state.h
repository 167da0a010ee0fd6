// Control and status registers of one hart, and what they decide: traps, interrupts, address
// spaces. Source: RISC-V Privileged Architecture 1.12 (M, S, H); Sstc 1.0; Svinval 1.0; Advanced
// Interrupt Architecture 1.0 (Smaia, Ssaia).
#pragma once

#include <cstdint>
#include <optional>

#include "common/context_numbers.h"
#include "common/external_interrupts.h"
#include "common/page_table.h"
#include "page_table_walker/page_table_walker.h"
#include "riscv/csr/counters.h"
#include "riscv/csr/csr_state.h"
#include "riscv/csr/pmp.h"
#include "riscv/csr/trap.h"
#include "riscv/hart_config.h"

namespace kilburn::riscv {

/// Why a CSR access or a system instruction is not carried out.
enum class Refusal : std::uint8_t { none, illegal_instruction, virtual_instruction };

enum class CsrOperation : std::uint8_t { write, set, clear };

/// A CSR instruction.
struct CsrAccess {
  std::uint16_t number = 0;
  CsrOperation operation = CsrOperation::write;
  std::uint64_t operand = 0;
  bool reads = true;   ///< false: csrrw with rd = x0
  bool writes = true;  ///< false: csrrs, csrrc and their immediate forms with rs1 = 0
};

struct CsrResult {
  Refusal refusal = Refusal::none;
  std::uint64_t value = 0;  ///< before the write
};

/// System instructions whose legality depends on the mode and on CSRs (TVM, TSR, TW, VTVM, HU,
/// ...).
enum class SystemInstruction : std::uint8_t {
  mret,
  sret,
  wfi,
  sfence_vma,         ///< and sinval.vma
  sfence_order,       ///< sfence.w.inval, sfence.inval.ir
  hfence_vvma,        ///< and hinval.vvma
  hfence_gvma,        ///< and hinval.gvma
  hypervisor_access,  ///< hlv, hlvx, hsv
};

/// How an access is translated and checked. The realm in its context is mlrealm's, of machine mode
/// 0.
struct AddressSpace {
  /// Bare in both stages: addresses are physical. Its context is kept apart from other harts'.
  page_table_walker::Regime regime{};
  PrivilegeState privilege{};  ///< effective: MPRV, SPVP, SUM and MXR applied
  bool guest = false;          ///< V = 1 in effect: a faulting address is a guest's
  [[nodiscard]] bool translated() const {
    return regime.stage1 != PagingMode::bare || regime.guest_stage != PagingMode::bare;
  }
  /// Is an access to `va` one of a process: translated, and not in the upper half of the addresses,
  /// which is a kernel's?
  [[nodiscard]] bool is_process_access(Address va) const { return translated() && va >> 63 == 0; }
};

/// Modelled: every CSR of the extensions in docs/riscv.md with its legal values, delegation, trap
/// entry and return, interrupt priorities, PMP registers, counters (mcycle, minstret and their
/// inhibition; mhpmcounters that read zero), Sstc, and mlrealm, Kilburn's own. Not modelled: debug
/// mode, Smstateen. No time: what depends on it is told. Names and numbers of the CSRs:
/// csr_table.h.
class ControlState : private CsrState {
 public:
  /// `number`: mhartid, below configuration.harts.
  ControlState(const HartConfig& configuration, unsigned number);

  /// The levels of the lines stay.
  void reset();
  [[nodiscard]] Mode mode() const { return current; }

  /// A CSR instruction at its moment. A refused one changes nothing.
  CsrResult access(const CsrAccess& access, const CounterValues& now);
  /// The value as a debugger sees it: no privilege, no side effect; nullopt: no such CSR.
  [[nodiscard]] std::optional<std::uint64_t> peek(std::uint16_t number,
                                                  const CounterValues& now) const;
  /// Writes as machine mode would, for a debugger; false: no such CSR, or read-only.
  bool poke(std::uint16_t number, std::uint64_t value, const CounterValues& now);

  [[nodiscard]] Refusal check(SystemInstruction instruction) const;

  /// Takes the exception; returns the handler's address. `pc`: of the instruction.
  Address trap(const Exception& exception, Address pc);
  /// Takes the interrupt that is pending, enabled and of the highest priority, if any; returns the
  /// handler's address.
  std::optional<Address> take_interrupt(Address pc) {
    if (config.aia) return asks_for_interrupt() ? take_top_interrupt(pc) : std::nullopt;
    const auto pending = pending_interrupt();
    if (!pending) return std::nullopt;
    return interrupt(*pending, pc);
  }
  // Of a hart without AIA: which one that is, and taking it.
  [[nodiscard]] std::optional<Interrupt> pending_interrupt() const {
    const std::uint64_t wanted = pending(last_time) & mie;
    return wanted == 0 ? std::nullopt : most_urgent(wanted);
  }
  Address interrupt(Interrupt interrupt, Address pc);
  /// Legality has been checked. Returns where execution goes on.
  Address mret();
  Address sret();

  /// Levels of the lines that come from outside: MSIP, MTIP, MEIP, SEIP.
  void set_line(Interrupt interrupt, bool level);
  /// Bit `number` of hgeip, 1 to HartConfig::guest_files.
  void set_guest_line(unsigned number, bool level);
  /// The hart's external interrupt controller, with AIA. It outlives this.
  void connect(ExternalInterrupts& external) { aia.external = &external; }
  /// Sstc: sets STIP and VSTIP from `time`.
  void update_timers(std::uint64_t time) { last_time = time; }
  /// The least `time` at which an Sstc timer interrupt becomes pending; UINT64_MAX: none will.
  [[nodiscard]] std::uint64_t next_timer() const;
  /// Is any interrupt pending that mie or its kin enable, whatever the global enables say: what
  /// ends WFI.
  [[nodiscard]] bool wakes_wfi() const {
    return config.aia ? asks_for_interrupt() && has_top_interrupt()
                      : (pending(last_time) & mie) != 0;
  }

  [[nodiscard]] AddressSpace fetch_space() const;
  [[nodiscard]] AddressSpace data_space() const;
  /// Of hlv, hlvx and hsv.
  [[nodiscard]] AddressSpace hypervisor_space() const;
  [[nodiscard]] const Pmp& pmp() const { return protection; }
  /// The context that a fence of the current mode names: ASID and VMID fields for the host, the
  /// current guest (VS, or HS for hfence.vvma), or guest `vmid` (hfence.gvma: and bare_guest, too).
  [[nodiscard]] HartContexts contexts() const { return context_numbers; }
  /// VMID of hgatp.
  [[nodiscard]] unsigned current_vmid() const { return vmid(); }

  // Floating point: the hart accumulates flags in `fflags` itself. float_enabled(): FS is not off,
  // under V = 1 in vsstatus, too. float_written() marks the state dirty.
  using CsrState::fflags;
  using CsrState::float_enabled;
  using CsrState::float_written;
  using CsrState::frm;

 private:
  /// With AIA: false where no level can have an interrupt, so that none needs to be looked at.
  [[nodiscard]] bool asks_for_interrupt() const {
    return (pending(last_time) & mie) != 0 || aia.injects();
  }
  [[nodiscard]] bool has_top_interrupt() const;
  std::optional<Address> take_top_interrupt(Address pc);
  [[nodiscard]] std::optional<Interrupt> most_urgent(std::uint64_t wanted) const;
  /// Of accesses that `mode` makes.
  [[nodiscard]] AddressSpace space(Mode mode) const;
};

}  // namespace kilburn::riscv
