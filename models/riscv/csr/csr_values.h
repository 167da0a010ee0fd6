// CSRs whose value is more than a stored word: views of other registers, and fields of which only
// some values are legal.
// Source: RISC-V Privileged Architecture 1.12, chapters 3, 4 and 8; Sstc 1.0; Advanced Interrupt
// Architecture 1.0, chapters 2, 5 and 6.
#pragma once

#include <cstdint>

#include "riscv/csr/csr_state.h"

namespace kilburn::riscv {

// Status and identity (csr_status.cpp).
[[nodiscard]] std::uint64_t read_mstatus(const CsrState& state);
void write_mstatus(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_sstatus(const CsrState& state);
void write_sstatus(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_vsstatus(const CsrState& state);
void write_vsstatus(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_hstatus(const CsrState& state);
void write_hstatus(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_misa(const CsrState& state);
void write_misa(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_menvcfg(const CsrState& state);
void write_menvcfg(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_henvcfg(const CsrState& state);
void write_henvcfg(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_fflags(const CsrState& state);
void write_fflags(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_frm(const CsrState& state);
void write_frm(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_fcsr(const CsrState& state);
void write_fcsr(CsrState& state, std::uint64_t value);

// Delegation and interrupts (csr_interrupts.cpp).
[[nodiscard]] std::uint64_t read_medeleg(const CsrState& state);
void write_medeleg(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_mie(const CsrState& state);
void write_mie(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_sie(const CsrState& state);
void write_sie(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_hie(const CsrState& state);
void write_hie(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_vsie(const CsrState& state);
void write_vsie(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_mip(const CsrState& state, std::uint64_t time);
void write_mip(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_sip(const CsrState& state, std::uint64_t time);
void write_sip(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_hip(const CsrState& state, std::uint64_t time);
void write_hip(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_vsip(const CsrState& state, std::uint64_t time);
void write_vsip(CsrState& state, std::uint64_t value);

// Virtual interrupts and priorities of AIA (csr_aia.cpp).
[[nodiscard]] std::uint64_t read_mvien(const CsrState& state);
void write_mvien(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_mvip(const CsrState& state);
void write_mvip(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_hvien(const CsrState& state);
void write_hvien(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_hvip(const CsrState& state);
void write_hvip(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_hvictl(const CsrState& state);
void write_hvictl(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_hviprio1(const CsrState& state);
void write_hviprio1(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_hviprio2(const CsrState& state);
void write_hviprio2(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_hgeie(const CsrState& state);
void write_hgeie(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_hgeip(const CsrState& state);

// Address translation (csr_translation.cpp).
[[nodiscard]] std::uint64_t read_satp(const CsrState& state);
void write_satp(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_vsatp(const CsrState& state);
void write_vsatp(CsrState& state, std::uint64_t value);
[[nodiscard]] std::uint64_t read_hgatp(const CsrState& state);
void write_hgatp(CsrState& state, std::uint64_t value);

}  // namespace kilburn::riscv
