// What an invalidation takes, as the contract of burst_tlb.sv says it.
#pragma once

#include "burst_tlb/tlb.h"

namespace kilburn::burst_tlb {

/// `larger_leaves`: since the last `all` something of a leaf larger than a page was written.
inline Cycles plain_invalidation_cycles(const TlbConfig& config, const Invalidation& r,
                                        bool larger_leaves) {
  const bool one_page = (r.operation == Invalidation::Operation::by_va ||
                         r.operation == Invalidation::Operation::by_va_asid) &&
                        r.pages == 1;
  const bool one_cycle =
      r.operation == Invalidation::Operation::all || (one_page && !larger_leaves);
  return (one_cycle ? 1 : config.entries) + (config.hit_cycles - 1);
}

}  // namespace kilburn::burst_tlb
