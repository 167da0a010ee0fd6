// How the harts' ASIDs and VMIDs share the translation structures' contexts.
#pragma once

#include <bit>
#include <cstdint>

#include "common/context_widths.h"
#include "common/types.h"

namespace kilburn::riscv {

/// ASIDs and VMIDs are local to a hart; in shared structures the VMID's upper bits keep the harts
/// apart. Hart h holds (h << bits) for its host, (h << bits) + 1 + v for guest v, and behind those
/// as many for the guests while vsatp is bare: satp's mode changes without a fence, so what a guest
/// held before it turned its own paging on must not be found afterwards. HFENCE.GVMA concerns both.
struct ContextMap {
  unsigned hart = 0;
  unsigned bits = context_widths::vmid;  ///< less ceil(log2(harts))

  [[nodiscard]] static ContextMap of(unsigned hart, unsigned harts) {
    return {hart, context_widths::vmid - static_cast<unsigned>(std::bit_width(harts - 1))};
  }
  [[nodiscard]] std::uint16_t host() const { return static_cast<std::uint16_t>(hart << bits); }
  [[nodiscard]] std::uint16_t guest(unsigned vmid) const {
    return static_cast<std::uint16_t>((hart << bits) + 1 + vmid);
  }
  [[nodiscard]] std::uint16_t bare_guest(unsigned vmid) const {
    return static_cast<std::uint16_t>(guest(vmid) + (1U << vmid_bits()));
  }
  /// Bare guests have no ASIDs: user and supervisor hold their pages apart, since a page that maps
  /// to itself belongs to whoever asked (see page_table_walker).
  [[nodiscard]] Context bare_context(unsigned vmid, Privilege privilege) const {
    return {.asid = static_cast<std::uint16_t>(privilege), .vmid = bare_guest(vmid)};
  }
  /// VMIDLEN: the host's number and both of every guest must fit.
  [[nodiscard]] unsigned vmid_bits() const { return bits - 2; }
};

}  // namespace kilburn::riscv
