// Fields of the control and status registers, and the bits that interrupts and exceptions have in
// theirs.
// Source: RISC-V Privileged Architecture 1.12, chapters 3, 4 and 8; Sstc 1.0; Advanced Interrupt
// Architecture 1.0, chapters 2, 5 and 6.
#pragma once

#include <cstdint>

#include "riscv/csr/trap.h"

namespace kilburn::riscv {

/// Example: Field{11, 2}.get(mstatus) is MPP.
struct Field {
  unsigned shift = 0;
  unsigned width = 1;

  [[nodiscard]] constexpr std::uint64_t mask() const {
    return ((std::uint64_t{1} << width) - 1) << shift;
  }
  [[nodiscard]] constexpr std::uint64_t get(std::uint64_t value) const {
    return (value & mask()) >> shift;
  }
  [[nodiscard]] constexpr bool is_set(std::uint64_t value) const { return (value & mask()) != 0; }
  /// `value` with this field replaced.
  [[nodiscard]] constexpr std::uint64_t with(std::uint64_t value, std::uint64_t field) const {
    return (value & ~mask()) | (field << shift & mask());
  }
};

template <class... Fields>
[[nodiscard]] constexpr std::uint64_t masks(Fields... fields) {
  return (fields.mask() | ... | std::uint64_t{0});
}

/// `kept` with the bits of `mask` from `value`.
[[nodiscard]] constexpr std::uint64_t merge(std::uint64_t kept, std::uint64_t value,
                                            std::uint64_t mask) {
  return (kept & ~mask) | (value & mask);
}

/// mstatus, sstatus and vsstatus.
namespace status {
inline constexpr Field sie{1};
inline constexpr Field mie{3};
inline constexpr Field spie{5};
inline constexpr Field mpie{7};
inline constexpr Field spp{8};
inline constexpr Field mpp{11, 2};
inline constexpr Field fs{13, 2};
inline constexpr Field mprv{17};
inline constexpr Field sum{18};
inline constexpr Field mxr{19};
inline constexpr Field tvm{20};
inline constexpr Field tw{21};
inline constexpr Field tsr{22};
inline constexpr Field uxl{32, 2};
inline constexpr Field sxl{34, 2};
inline constexpr Field gva{38};
inline constexpr Field mpv{39};
inline constexpr Field sd{63};
inline constexpr std::uint64_t fs_dirty = 3;
}  // namespace status

namespace hstatus {
inline constexpr Field gva{6};
inline constexpr Field spv{7};
inline constexpr Field spvp{8};
inline constexpr Field hu{9};
inline constexpr Field vgein{12, 6};
inline constexpr Field vtvm{20};
inline constexpr Field vtw{21};
inline constexpr Field vtsr{22};
inline constexpr Field vsxl{32, 2};
}  // namespace hstatus

namespace hvictl {
inline constexpr Field iprio{0, 8};
inline constexpr Field ipriom{8};
inline constexpr Field dpr{9};
inline constexpr Field iid{16, 12};
inline constexpr Field vti{30};
}  // namespace hvictl

/// mtopi, stopi and vstopi.
namespace topi {
inline constexpr Field iprio{0, 8};
inline constexpr Field iid{16, 12};
}  // namespace topi

/// UXL, SXL, VSXL and misa.MXL of 64 bits.
inline constexpr std::uint64_t xlen_64 = 2;

/// menvcfg, henvcfg and senvcfg.
namespace envcfg {
inline constexpr Field fiom{0};
inline constexpr Field adue{61};
inline constexpr Field stce{63};
}  // namespace envcfg

/// satp, vsatp and hgatp.
namespace atp {
inline constexpr Field ppn{0, 44};
inline constexpr Field asid{44, 16};
inline constexpr Field vmid{44, 14};
inline constexpr Field mode{60, 4};
}  // namespace atp

/// mlrealm: as wide as the owner in an entry of the ownership table.
inline constexpr Field realm{0, 16};

/// stvec and its kin.
namespace tvec {
inline constexpr Field mode{0, 2};
inline constexpr std::uint64_t vectored = 1;
}  // namespace tvec

namespace fcsr {
inline constexpr Field flags{0, 5};
inline constexpr Field rounding{5, 3};
}  // namespace fcsr

/// Bits of mcounteren, hcounteren, scounteren and mcountinhibit.
namespace counter {
inline constexpr Field cy{0};
inline constexpr Field tm{1};
inline constexpr Field ir{2};
inline constexpr Field all{0, 32};
}  // namespace counter

inline constexpr Field cause_interrupt{63};

[[nodiscard]] constexpr std::uint64_t bit(Interrupt interrupt) {
  return std::uint64_t{1} << static_cast<unsigned>(interrupt);
}
[[nodiscard]] constexpr std::uint64_t bit(Cause cause) {
  return std::uint64_t{1} << static_cast<unsigned>(cause);
}
template <class... Names>
[[nodiscard]] constexpr std::uint64_t bits(Names... names) {
  return (bit(names) | ...);
}

inline constexpr std::uint64_t machine_interrupts =
    bits(Interrupt::machine_software, Interrupt::machine_timer, Interrupt::machine_external);
inline constexpr std::uint64_t supervisor_interrupts = bits(
    Interrupt::supervisor_software, Interrupt::supervisor_timer, Interrupt::supervisor_external);
inline constexpr std::uint64_t guest_interrupts =
    bits(Interrupt::virtual_supervisor_software, Interrupt::virtual_supervisor_timer,
         Interrupt::virtual_supervisor_external);
/// Local interrupts and what is designated for custom use. A hart has none of its own: software
/// makes them pending for a level below, by mvip and hvip.
inline constexpr std::uint64_t virtual_interrupts = ~std::uint64_t{0} << 13;
/// A guest's interrupt has the number below in the guest's own registers: VSSI is its SSI.
inline constexpr unsigned guest_interrupt_shift = 1;

/// What hedeleg may hand on to a guest.
inline constexpr std::uint64_t guest_exceptions =
    bits(Cause::instruction_misaligned, Cause::instruction_access, Cause::illegal_instruction,
         Cause::breakpoint, Cause::load_misaligned, Cause::load_access, Cause::store_misaligned,
         Cause::store_access, Cause::ecall_from_u, Cause::instruction_page, Cause::load_page,
         Cause::store_page);
/// What medeleg may hand on beside those: without and with a hypervisor.
inline constexpr std::uint64_t supervisor_exceptions = guest_exceptions | bit(Cause::ecall_from_s);
inline constexpr std::uint64_t hypervisor_exceptions =
    bits(Cause::ecall_from_vs, Cause::instruction_guest_page, Cause::load_guest_page,
         Cause::virtual_instruction, Cause::store_guest_page);

}  // namespace kilburn::riscv
