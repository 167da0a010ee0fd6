#include "riscv/csr/csr_values.h"

namespace kilburn::riscv {
namespace {

/// `value`, but for a mode that is not supported the mode of `kept`.
std::uint64_t with_legal_mode(const CsrState& state, std::uint64_t kept, std::uint64_t value) {
  if (state.paging_mode(atp::mode.get(value))) return value;
  return atp::mode.with(value, atp::mode.get(kept));
}

}  // namespace

std::uint64_t read_satp(const CsrState& state) {
  return state.satp;
}

void write_satp(CsrState& state, std::uint64_t value) {
  if (state.paging_mode(atp::mode.get(value))) state.satp = value;
}

std::uint64_t read_vsatp(const CsrState& state) {
  return state.vsatp;
}

/// In force it is the guest's satp; else its fields are legal each by itself (8.2.18).
void write_vsatp(CsrState& state, std::uint64_t value) {
  if (state.current.virtualised && !state.paging_mode(atp::mode.get(value))) return;
  state.vsatp = with_legal_mode(state, state.vsatp, value);
}

std::uint64_t read_hgatp(const CsrState& state) {
  return state.hgatp;
}

/// The root is four frames, aligned to 16 KiB.
void write_hgatp(CsrState& state, std::uint64_t value) {
  constexpr unsigned root_bits = 2;
  constexpr Field root{root_bits, atp::ppn.width - root_bits};
  const Field vmid{atp::vmid.shift, state.context_numbers.vmid_bits()};
  state.hgatp = with_legal_mode(state, state.hgatp, value) & masks(root, vmid, atp::mode);
}

}  // namespace kilburn::riscv
