// Source: RISC-V Advanced Interrupt Architecture 1.0, 5.3, 6.1 and 6.3.
#include "riscv/csr/csr_values.h"

namespace kilburn::riscv {
namespace {

constexpr std::uint64_t filtered =
    bits(Interrupt::supervisor_software, Interrupt::supervisor_external) | virtual_interrupts;
constexpr std::uint64_t seip = bit(Interrupt::supervisor_external);
constexpr std::uint64_t ssip = bit(Interrupt::supervisor_software);

/// Bits of mvip that are those of mip which software writes.
std::uint64_t aliases(const CsrState& state) {
  std::uint64_t mask = (seip | ssip) & ~state.aia.mvien;
  if (!state.supervisor_timer()) mask |= bit(Interrupt::supervisor_timer);
  return mask;
}

/// And those that are mvip's own.
std::uint64_t own(const CsrState& state) {
  return (state.aia.mvien & (seip | ssip)) | virtual_interrupts;
}

/// Bytes of hviprio1 with a priority: interrupts 1, 5, 13, 14 and 15.
constexpr std::uint64_t hviprio1_bytes = 0xFFFF'FF00'FF00'FF00;

}  // namespace

std::uint64_t read_mvien(const CsrState& state) {
  return state.aia.mvien;
}

void write_mvien(CsrState& state, std::uint64_t value) {
  // The bit that software writes as SEIP keeps its value; it moves between mip and mvip.
  const std::uint64_t written = read_mvip(state) & seip;
  state.aia.mvien = value & filtered;
  const bool is_own = (state.aia.mvien & seip) != 0;
  state.aia.mvip = merge(state.aia.mvip, is_own ? written : 0, seip);
  state.software = merge(state.software, is_own ? 0 : written, seip);
}

std::uint64_t read_mvip(const CsrState& state) {
  return (state.software & aliases(state)) | (state.aia.mvip & own(state));
}

void write_mvip(CsrState& state, std::uint64_t value) {
  state.software = merge(state.software, value, aliases(state));
  state.aia.mvip = merge(state.aia.mvip, value, own(state));
}

std::uint64_t read_hvien(const CsrState& state) {
  return state.aia.hvien;
}

void write_hvien(CsrState& state, std::uint64_t value) {
  state.aia.hvien = value & virtual_interrupts;
}

std::uint64_t read_hvip(const CsrState& state) {
  return state.hvip | state.aia.hvip;
}

void write_hvip(CsrState& state, std::uint64_t value) {
  state.hvip = value & guest_interrupts;
  if (state.config.aia) state.aia.hvip = value & virtual_interrupts;
}

std::uint64_t read_hvictl(const CsrState& state) {
  return state.aia.hvictl;
}

void write_hvictl(CsrState& state, std::uint64_t value) {
  state.aia.hvictl =
      value & masks(hvictl::iprio, hvictl::ipriom, hvictl::dpr, hvictl::iid, hvictl::vti);
}

std::uint64_t read_hviprio1(const CsrState& state) {
  return state.aia.hviprio1;
}

void write_hviprio1(CsrState& state, std::uint64_t value) {
  state.aia.hviprio1 = value & hviprio1_bytes;
}

std::uint64_t read_hviprio2(const CsrState& state) {
  return state.aia.hviprio2;
}

void write_hviprio2(CsrState& state, std::uint64_t value) {
  state.aia.hviprio2 = value;
}

std::uint64_t read_hgeie(const CsrState& state) {
  return state.aia.hgeie;
}

void write_hgeie(CsrState& state, std::uint64_t value) {
  const Field files{1, state.config.guest_files};
  state.aia.hgeie = value & files.mask();
  state.update_guest_lines();
}

std::uint64_t read_hgeip(const CsrState& state) {
  return state.aia.hgeip;
}

}  // namespace kilburn::riscv
