// The registers behind a hart's CSRs: what is stored, and what follows from it at once.
// Source: RISC-V Privileged Architecture 1.12; Sstc 1.0.
#pragma once

#include <cstdint>
#include <optional>

#include "common/context_numbers.h"
#include "common/page_table.h"
#include "riscv/csr/aia_state.h"
#include "riscv/csr/counters.h"
#include "riscv/csr/csr_fields.h"
#include "riscv/csr/pmp.h"
#include "riscv/csr/trap.h"
#include "riscv/hart_config.h"

namespace kilburn::riscv {

/// A level's trap registers.
struct TrapRegisters {
  std::uint64_t vector = 0;  ///< mtvec, stvec, vstvec
  std::uint64_t scratch = 0;
  std::uint64_t pc = 0;  ///< mepc, sepc, vsepc
  std::uint64_t cause = 0;
  std::uint64_t value = 0;  ///< mtval, stval, vstval
  /// mtval2 and htval, mtinst and htinst. A guest has none.
  std::uint64_t value2 = 0;
  std::uint64_t instruction = 0;

  /// Where the trap of `cause` goes.
  [[nodiscard]] Address handler(std::uint64_t trap_cause) const;
};

/// Plain state: every value in it is legal, since the CSR table writes only what is. Read-only
/// fields are not stored.
struct CsrState {
  CsrState(const HartConfig& configuration, unsigned number);

  HartConfig config;
  unsigned hart;
  HartContexts context_numbers;

  Mode current{};
  std::uint64_t mstatus = 0;   ///< sstatus is a view of it
  std::uint64_t vsstatus = 0;  ///< the guest's sstatus
  std::uint64_t hstatus = 0;
  TrapRegisters machine{};
  TrapRegisters supervisor{};
  TrapRegisters guest{};

  std::uint64_t medeleg = 0;
  std::uint64_t mideleg;
  std::uint64_t hedeleg = 0;
  std::uint64_t hideleg = 0;
  std::uint64_t mie = 0;  ///< sie, hie and vsie are views of it
  /// Levels from outside: MSIP, MTIP, MEIP, SEIP; of guest files, SGEIP and VSEIP.
  std::uint64_t lines = 0;
  std::uint64_t software = 0;  ///< SSIP, STIP and SEIP as software wrote them
  std::uint64_t hvip = 0;      ///< VSSIP, VSTIP and VSEIP
  AiaState aia{};

  std::uint64_t menvcfg = 0;
  std::uint64_t henvcfg = 0;  ///< STCE and ADUE count only while menvcfg's are set
  std::uint64_t senvcfg = 0;
  std::uint64_t mcounteren = 0;
  std::uint64_t hcounteren = 0;
  std::uint64_t scounteren = 0;
  Counter cycles{};
  Counter instructions{};

  std::uint64_t last_time = 0;  ///< mtime when it was told last
  std::uint64_t htimedelta = 0;
  std::uint64_t stimecmp = 0;
  std::uint64_t vstimecmp = 0;

  std::uint64_t satp = 0;
  std::uint64_t vsatp = 0;
  std::uint64_t hgatp = 0;
  std::uint64_t mlrealm = 0;

  Pmp protection;
  std::uint8_t fflags = 0;
  std::uint8_t frm = 0;

  /// menvcfg.STCE: stimecmp drives STIP.
  [[nodiscard]] bool supervisor_timer() const { return envcfg::stce.is_set(menvcfg); }
  /// henvcfg.STCE as it reads: vstimecmp drives VSTIP.
  [[nodiscard]] bool guest_timer() const {
    return supervisor_timer() && envcfg::stce.is_set(henvcfg);
  }
  /// Hardware sets A and D in the tables of S-mode and in the G-stage: menvcfg.ADUE.
  [[nodiscard]] bool updates_tables() const { return !config.adue || envcfg::adue.is_set(menvcfg); }
  /// And in those of VS-mode: henvcfg.ADUE as it reads.
  [[nodiscard]] bool updates_guest_tables() const {
    return !config.adue || (updates_tables() && envcfg::adue.is_set(henvcfg));
  }
  [[nodiscard]] bool supervisor_timer_expired(std::uint64_t time) const { return time >= stimecmp; }
  [[nodiscard]] bool guest_timer_expired(std::uint64_t time) const {
    return time + htimedelta >= vstimecmp;
  }
  /// mip at `time`.
  [[nodiscard]] std::uint64_t pending(std::uint64_t time) const {
    std::uint64_t result = lines | hvip;
    if (supervisor_timer()) {
      result |= software & ~bit(Interrupt::supervisor_timer);
      if (supervisor_timer_expired(time)) result |= bit(Interrupt::supervisor_timer);
      if (guest_timer() && guest_timer_expired(time)) {
        result |= bit(Interrupt::virtual_supervisor_timer);
      }
      return result;
    }
    return result | software;
  }

  /// VSIP, VSTIP and VSEIP, and SGEIP where there are guest files: the bits of hie and hip.
  [[nodiscard]] std::uint64_t hypervisor_interrupts() const {
    return guest_interrupts |
           (config.guest_files != 0 ? bit(Interrupt::supervisor_guest_external) : 0);
  }
  /// hstatus.VGEIN: the current guest's file; 0: it has none.
  [[nodiscard]] unsigned guest_file() const {
    return static_cast<unsigned>(hstatus::vgein.get(hstatus));
  }
  /// What follows for `lines` from hgeip, hgeie and VGEIN.
  void update_guest_lines();

  /// FS is not off in any status in effect.
  [[nodiscard]] bool float_enabled() const {
    return status::fs.is_set(mstatus) && (!current.virtualised || status::fs.is_set(vsstatus));
  }
  void float_written() {
    mstatus |= status::fs.mask();
    if (current.virtualised) vsstatus |= status::fs.mask();
  }

  /// Of a MODE field of satp, vsatp or hgatp; nullopt: not supported.
  [[nodiscard]] std::optional<PagingMode> paging_mode(std::uint64_t mode) const;
  /// Of a register that holds a supported one.
  [[nodiscard]] PagingMode mode_of(std::uint64_t atp) const {
    return *paging_mode(atp::mode.get(atp));
  }
  [[nodiscard]] unsigned vmid() const { return static_cast<unsigned>(atp::vmid.get(hgatp)); }
};

}  // namespace kilburn::riscv
