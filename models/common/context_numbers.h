// Who numbers the contexts of a node's translation structures: harts and devices share the VMIDs of
// its TLBs, page-table caches and translation service, and this is the one place that says how.
// Each node has structures of its own, so nodes need not be kept apart.
#pragma once

#include <bit>
#include <cassert>
#include <cstdint>

#include "common/context_widths.h"
#include "common/types.h"

namespace kilburn {

/// Of one hart. ASIDs and VMIDs are local to a hart; in shared structures the VMID's upper bits
/// keep the harts apart. Hart h holds (h << bits) for its host, (h << bits) + 1 + v for guest v,
/// and behind those as many for the guests while vsatp is bare: satp's mode changes without a
/// fence, so what a guest held before it turned its own paging on must not be found afterwards.
/// HFENCE.GVMA concerns both.
struct HartContexts {
  unsigned hart = 0;
  unsigned bits = context_widths::vmid;  ///< less ceil(log2(harts))

  [[nodiscard]] static HartContexts of(unsigned hart, unsigned harts) {
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
  /// The numbers behind those of the hart's own are free.
  [[nodiscard]] unsigned first_free() const { return (hart << bits) + (1U << (bits - 1)) + 1; }
};

/// Of a node's devices: the numbers that hart 0 leaves free. No fence of a hart names one, so what
/// a device holds goes by the commands of its IOMMU, and by what the RMU and the platform
/// invalidate.
class DeviceContexts {
 public:
  explicit DeviceContexts(unsigned harts) : of_hart_(HartContexts::of(0, harts)) {}
  [[nodiscard]] unsigned count() const { return (1U << (of_hart_.bits - 1)) - 1; }
  /// The VMID of device context `number`, below count().
  [[nodiscard]] std::uint16_t vmid(unsigned number) const {
    assert(number < count() && "as many as there are");
    return static_cast<std::uint16_t>(of_hart_.first_free() + number);
  }

 private:
  HartContexts of_hart_;
};

}  // namespace kilburn
