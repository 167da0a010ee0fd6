#include "riscv/csr/csr_values.h"

namespace kilburn::riscv {
namespace {

/// What sip and sie show of mip and mie.
std::uint64_t supervisor_view(const CsrState& state) {
  return state.mideleg & supervisor_interrupts;
}

/// What they show instead of what mvip has (AIA 5.3); nothing without AIA.
std::uint64_t virtual_view(const CsrState& state) {
  return state.aia.mvien & ~state.mideleg;
}

}  // namespace

std::uint64_t read_medeleg(const CsrState& state) {
  return state.medeleg;
}

void write_medeleg(CsrState& state, std::uint64_t value) {
  state.medeleg = value & (state.config.hypervisor ? supervisor_exceptions | hypervisor_exceptions
                                                   : supervisor_exceptions);
}

std::uint64_t read_mie(const CsrState& state) {
  return state.mie;
}

void write_mie(CsrState& state, std::uint64_t value) {
  state.mie = value & (machine_interrupts | supervisor_interrupts |
                       (state.config.hypervisor ? state.hypervisor_interrupts() : 0));
}

std::uint64_t read_sie(const CsrState& state) {
  return (state.mie & supervisor_view(state)) | (state.aia.sie & virtual_view(state));
}

void write_sie(CsrState& state, std::uint64_t value) {
  state.mie = merge(state.mie, value, supervisor_view(state));
  state.aia.sie = merge(state.aia.sie, value, virtual_view(state));
}

std::uint64_t read_hie(const CsrState& state) {
  return state.mie & state.hypervisor_interrupts();
}

void write_hie(CsrState& state, std::uint64_t value) {
  state.mie = merge(state.mie, value, state.hypervisor_interrupts());
}

std::uint64_t read_vsie(const CsrState& state) {
  return (state.mie & state.hideleg) >> guest_interrupt_shift | (state.aia.vsie & state.aia.hvien);
}

void write_vsie(CsrState& state, std::uint64_t value) {
  state.mie = merge(state.mie, value << guest_interrupt_shift, state.hideleg);
  state.aia.vsie = merge(state.aia.vsie, value, state.aia.hvien);
}

std::uint64_t read_mip(const CsrState& state, std::uint64_t time) {
  return state.pending(time);
}

void write_mip(CsrState& state, std::uint64_t value) {
  std::uint64_t mask = supervisor_interrupts;
  if (state.supervisor_timer()) mask &= ~bit(Interrupt::supervisor_timer);
  mask &= ~(state.aia.mvien & bit(Interrupt::supervisor_external));  // then it is mvip's alone
  state.software = merge(state.software, value, mask);
  if (state.config.hypervisor) write_hip(state, value);
}

std::uint64_t read_sip(const CsrState& state, std::uint64_t time) {
  return (state.pending(time) & supervisor_view(state)) | (state.aia.mvip & virtual_view(state));
}

void write_sip(CsrState& state, std::uint64_t value) {
  state.software =
      merge(state.software, value, supervisor_view(state) & bit(Interrupt::supervisor_software));
  state.aia.mvip =
      merge(state.aia.mvip, value,
            virtual_view(state) & (bit(Interrupt::supervisor_software) | virtual_interrupts));
}

std::uint64_t read_hip(const CsrState& state, std::uint64_t time) {
  return state.pending(time) & state.hypervisor_interrupts();
}

void write_hip(CsrState& state, std::uint64_t value) {
  state.hvip = merge(state.hvip, value, bit(Interrupt::virtual_supervisor_software));
}

std::uint64_t read_vsip(const CsrState& state, std::uint64_t time) {
  return (state.pending(time) & state.hideleg) >> guest_interrupt_shift |
         (state.aia.hvip & state.aia.hvien);
}

void write_vsip(CsrState& state, std::uint64_t value) {
  state.hvip = merge(state.hvip, value << guest_interrupt_shift,
                     state.hideleg & bit(Interrupt::virtual_supervisor_software));
  state.aia.hvip = merge(state.aia.hvip, value, state.aia.hvien);
}

}  // namespace kilburn::riscv
