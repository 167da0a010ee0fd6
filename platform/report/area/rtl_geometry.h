// The geometry of a burst TLB as its RTL's parameters state it (rtl/burst_tlb/burst_tlb.sv).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "burst_tlb/tlb.h"
#include "common/context_widths.h"

namespace kilburn::platform::report {

/// What decides the size of the synthesised TLB. LATENCY and COUNTER_WIDTH are left out: they
/// belong to its ports. The defaults are those of the RTL. What makes no difference (fill with one
/// unit, replacement with one way) has its default in what `parse_rtl_geometry` and
/// `rtl_counterpart` return.
struct RtlGeometry {
  unsigned entries = 64;
  unsigned ways = 64;
  unsigned burst = 8;
  unsigned context_in_tag = 1;
  unsigned line_fill = 1;
  unsigned tree_plru = 1;
  unsigned vpn_width = 45;
  unsigned pfn_width = 44;
  unsigned asid_width = context_widths::asid;
  unsigned vmid_width = context_widths::vmid;
  unsigned realm_width = context_widths::realm;
  friend bool operator==(const RtlGeometry&, const RtlGeometry&) = default;

  [[nodiscard]] unsigned sets() const { return entries / ways; }
  /// Bits of a tag, the context included where the tag holds it.
  [[nodiscard]] unsigned tag_bits() const;
};

/// Reads "ENTRIES=64 WAYS=64 BURST=8 ..."; what is not named is as the RTL has it. None where the
/// text is not of that form, or no TLB has such a geometry.
[[nodiscard]] std::optional<RtlGeometry> parse_rtl_geometry(std::string_view text);

/// Every parameter by name, in the order of the members: "ENTRIES=64 WAYS=64 BURST=8 ...".
[[nodiscard]] std::string to_text(const RtlGeometry& geometry);

/// The RTL that stands for a TLB of the platform.
struct RtlCounterpart {
  RtlGeometry geometry;
  /// False: the RTL has no such replacement, and `geometry` has the one that comes nearest.
  bool exact = true;
};
/// None for contiguous and clustered TLBs, which have no RTL. The large-page TLB beside the array
/// has none either, and is not part of the geometry.
[[nodiscard]] std::optional<RtlCounterpart> rtl_counterpart(const burst_tlb::TlbConfig& config,
                                                            PagingMode mode);

}  // namespace kilburn::platform::report
