// What an invalidation reaches. Holders differ in what they know of what they hold; these answers
// they have in common.
#pragma once

#include "common/invalidation.h"

namespace kilburn {

/// Of whom a translation, a descriptor or a use of either must be to be reached. `global`: spared
/// by the operations that name an ASID, as SFENCE.VMA with rs2 spares global pages.
[[nodiscard]] constexpr bool reaches(const Invalidation& invalidation, const Context& context,
                                     bool global = false) {
  using Operation = Invalidation::Operation;
  const Context& named = invalidation.context;
  switch (invalidation.operation) {
    case Operation::all:
    case Operation::by_frame:
      return true;
    case Operation::by_realm:
      return context.realm == named.realm;
    case Operation::by_asid:
    case Operation::by_va_asid:
      return !global && context.asid == named.asid && context.vmid == named.vmid;
    case Operation::by_va:
    case Operation::by_vmid:
    case Operation::by_guest_frame:
      return context.vmid == named.vmid;
  }
  return true;
}

[[nodiscard]] constexpr bool names_virtual_pages(const Invalidation& invalidation) {
  return invalidation.operation == Invalidation::Operation::by_va ||
         invalidation.operation == Invalidation::Operation::by_va_asid;
}
/// Those that come from the RMU concern who owns frames; page tables do not change by them, nor
/// what the RMU has said of frames by the others.
[[nodiscard]] constexpr bool concerns_ownership(const Invalidation& invalidation) {
  return invalidation.operation == Invalidation::Operation::all ||
         invalidation.operation == Invalidation::Operation::by_realm ||
         invalidation.operation == Invalidation::Operation::by_frame;
}

/// Pages, or frames, that follow one another.
struct PageRun {
  PageNumber first = 0;
  PageNumber length = 1;
  /// Widened to whole leaves of 2^order pages.
  [[nodiscard]] constexpr PageRun of_leaves(unsigned order) const {
    const PageNumber within = (PageNumber{1} << order) - 1;
    const PageNumber begin = first & ~within;
    return {begin, ((first + length - 1) | within) + 1 - begin};
  }
  [[nodiscard]] constexpr bool overlaps(const PageRun& other) const {
    return first - other.first < other.length || other.first - first < length;
  }
};

/// False where the operation names virtual pages, and none of these.
[[nodiscard]] constexpr bool reaches_pages(const Invalidation& invalidation, const PageRun& pages) {
  return !names_virtual_pages(invalidation) ||
         pages.overlaps({invalidation.vpn, invalidation.pages});
}
/// False where it names frames, and none of these.
[[nodiscard]] constexpr bool reaches_frames(const Invalidation& invalidation,
                                            const PageRun& frames) {
  return invalidation.operation != Invalidation::Operation::by_frame ||
         frames.overlaps({invalidation.pfn, invalidation.pages});
}

}  // namespace kilburn
