// How long a TLB takes for an invalidation: the contract of rtl/burst_tlb/burst_tlb.sv,
// "Invalidate".
#pragma once

#include "common/invalidation.h"

namespace kilburn::burst_tlb {

/// `all`, and one page by VA while no fragment of a larger leaf is held, take one cycle: valid bits
/// go at once, or the tags name the page. Every other operation reads the entries one by one. The
/// acknowledgement leaves with the latency of a result. A large-page TLB compares all its entries
/// beside that and adds nothing.
class InvalidationTime {
 public:
  InvalidationTime(std::uint32_t entries, std::uint32_t hit_cycles)
      : entries_(entries), after_(hit_cycles - 1) {}

  /// A unit of a leaf of 2^order pages was written.
  void wrote(std::uint8_t order) { fragments_ = fragments_ || order != 0; }
  void invalidated(const Invalidation& invalidation) {
    if (invalidation.operation == Invalidation::Operation::all) fragments_ = false;
  }

  [[nodiscard]] bool at_once(const Invalidation& invalidation) const {
    switch (invalidation.operation) {
      case Invalidation::Operation::all:
        return true;
      case Invalidation::Operation::by_va:
      case Invalidation::Operation::by_va_asid:
        return invalidation.pages == 1 && !fragments_;
      default:
        return false;
    }
  }
  /// From the edge that takes the invalidation to the acknowledgement.
  [[nodiscard]] Cycles of(const Invalidation& invalidation) const {
    return (at_once(invalidation) ? 1 : entries_) + after_;
  }

 private:
  Cycles entries_;
  Cycles after_;
  bool fragments_ = false;  ///< units of larger leaves may be held
};

}  // namespace kilburn::burst_tlb
