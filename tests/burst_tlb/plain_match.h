// What an invalidation reaches, in the plainest way.
#pragma once

#include <algorithm>

#include "common/invalidation.h"
#include "common/page_table.h"

namespace kilburn::burst_tlb {

/// True where the leaf that `held` belongs to, held for `context`, must go.
inline bool plainly_reached(const Invalidation& r, const Translation& held, Context context) {
  const auto leaf_overlaps = [&](PageNumber page, PageNumber first) {
    const PageNumber size = PageNumber{1} << held.order;
    const PageNumber leaf_first = page - page % size;
    return std::max(leaf_first, first) < std::min(leaf_first + size, first + r.pages);
  };
  const bool same_vmid = context.vmid == r.context.vmid;
  const bool same_asid = same_vmid && context.asid == r.context.asid && !held.global();
  switch (r.operation) {
    case Invalidation::Operation::all:
      return true;
    case Invalidation::Operation::by_vmid:
      return same_vmid;
    case Invalidation::Operation::by_asid:
      return same_asid;
    case Invalidation::Operation::by_va_asid:
      return same_asid && leaf_overlaps(held.vpn, r.vpn);
    case Invalidation::Operation::by_va:
      return same_vmid && leaf_overlaps(held.vpn, r.vpn);
    case Invalidation::Operation::by_guest_frame:
      return same_vmid;
    case Invalidation::Operation::by_realm:
      return context.realm == r.context.realm;
    case Invalidation::Operation::by_frame:
      return leaf_overlaps(held.pfn, r.pfn);
  }
  return true;
}

/// True where a translation held for `owner` may answer `asking`.
inline bool plainly_same_space(Context owner, Context asking, bool global) {
  return owner.vmid == asking.vmid && owner.realm == asking.realm &&
         (global || owner.asid == asking.asid);
}

}  // namespace kilburn::burst_tlb
