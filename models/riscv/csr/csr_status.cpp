#include "riscv/csr/csr_values.h"

namespace kilburn::riscv {
namespace {

constexpr std::uint64_t supervisor_fields =
    masks(status::sie, status::spie, status::spp, status::fs, status::sum, status::mxr);
constexpr std::uint64_t machine_fields =
    supervisor_fields |
    masks(status::mie, status::mpie, status::mprv, status::tvm, status::tw, status::tsr);

/// SD, which no one writes: there are no vectors and no other extension's state.
std::uint64_t with_summary(std::uint64_t value) {
  return status::sd.with(value, status::fs.get(value) == status::fs_dirty);
}

std::uint64_t supervisor_view(std::uint64_t stored) {
  return with_summary(status::uxl.with(stored & supervisor_fields, xlen_64));
}

}  // namespace

std::uint64_t read_mstatus(const CsrState& state) {
  return with_summary(status::sxl.with(status::uxl.with(state.mstatus, xlen_64), xlen_64));
}

void write_mstatus(CsrState& state, std::uint64_t value) {
  std::uint64_t mask = machine_fields;
  if (state.config.hypervisor) mask |= masks(status::gva, status::mpv);
  constexpr std::uint64_t reserved_privilege = 2;
  if (status::mpp.get(value) != reserved_privilege) mask |= status::mpp.mask();
  state.mstatus = merge(state.mstatus, value, mask);
}

std::uint64_t read_sstatus(const CsrState& state) {
  return supervisor_view(state.mstatus);
}

void write_sstatus(CsrState& state, std::uint64_t value) {
  state.mstatus = merge(state.mstatus, value, supervisor_fields);
}

std::uint64_t read_vsstatus(const CsrState& state) {
  return supervisor_view(state.vsstatus);
}

void write_vsstatus(CsrState& state, std::uint64_t value) {
  state.vsstatus = value & supervisor_fields;
}

std::uint64_t read_hstatus(const CsrState& state) {
  return hstatus::vsxl.with(state.hstatus, xlen_64);
}

void write_hstatus(CsrState& state, std::uint64_t value) {
  // VGEIN keeps its value where there is no such guest file.
  const std::uint64_t vgein = hstatus::vgein.get(value) <= state.config.guest_files
                                  ? hstatus::vgein.get(value)
                                  : state.guest_file();
  state.hstatus =
      hstatus::vgein.with(value & masks(hstatus::gva, hstatus::spv, hstatus::spvp, hstatus::hu,
                                        hstatus::vtvm, hstatus::vtw, hstatus::vtsr),
                          vgein);
  state.update_guest_lines();
}

std::uint64_t read_misa(const CsrState& state) {
  constexpr Field xlen{62, 2};
  std::uint64_t value = xlen.with(0, xlen_64);
  for (const char* letter = "ACDFIMSU"; *letter != '\0'; ++letter) {
    value |= std::uint64_t{1} << (*letter - 'A');
  }
  if (state.config.hypervisor) value |= std::uint64_t{1} << ('H' - 'A');
  return value;
}

void write_misa(CsrState& /*state*/, std::uint64_t /*value*/) {}  // no extension can be turned off

std::uint64_t read_menvcfg(const CsrState& state) {
  return state.menvcfg;
}

void write_menvcfg(CsrState& state, std::uint64_t value) {
  std::uint64_t mask = envcfg::fiom.mask() | envcfg::stce.mask();
  if (state.config.adue) mask |= envcfg::adue.mask();
  state.menvcfg = merge(state.menvcfg, value, mask);
}

std::uint64_t read_henvcfg(const CsrState& state) {
  const bool adue = state.config.adue && state.updates_guest_tables();
  return envcfg::adue.with(envcfg::stce.with(state.henvcfg, state.guest_timer()), adue);
}

void write_henvcfg(CsrState& state, std::uint64_t value) {
  std::uint64_t mask = envcfg::fiom.mask();
  if (state.supervisor_timer()) mask |= envcfg::stce.mask();
  if (state.config.adue && state.updates_tables()) mask |= envcfg::adue.mask();
  state.henvcfg = merge(state.henvcfg, value, mask);
}

std::uint64_t read_fflags(const CsrState& state) {
  return state.fflags;
}

void write_fflags(CsrState& state, std::uint64_t value) {
  state.fflags = static_cast<std::uint8_t>(fcsr::flags.get(value));
  state.float_written();
}

std::uint64_t read_frm(const CsrState& state) {
  return state.frm;
}

void write_frm(CsrState& state, std::uint64_t value) {
  constexpr Field alone{0, fcsr::rounding.width};
  state.frm = static_cast<std::uint8_t>(alone.get(value));
  state.float_written();
}

std::uint64_t read_fcsr(const CsrState& state) {
  return fcsr::rounding.with(state.fflags, state.frm);
}

void write_fcsr(CsrState& state, std::uint64_t value) {
  write_fflags(state, fcsr::flags.get(value));
  write_frm(state, fcsr::rounding.get(value));
}

}  // namespace kilburn::riscv
