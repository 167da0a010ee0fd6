// How long a TLB takes for a retirement: the contract of rtl/burst_tlb/burst_tlb.sv, "Invalidate".
#pragma once

#include "common/retirement.h"

namespace kilburn::burst_tlb {

/// `all`, and one page by VA while no fragment of a larger leaf is held, take one cycle: valid bits
/// go at once, or the tags name the page. Every other operation reads the entries one by one. The
/// acknowledgement leaves with the latency of a result. A large-page TLB compares all its entries
/// beside that and adds nothing.
class RetirementTime {
 public:
  RetirementTime(std::uint32_t entries, std::uint32_t hit_cycles)
      : entries_(entries), after_(hit_cycles - 1) {}

  /// A unit of a leaf of 2^order pages was written.
  void wrote(std::uint8_t order) { fragments_ = fragments_ || order != 0; }
  void retired(const Retirement& retirement) {
    if (retirement.operation == Retirement::Operation::all) fragments_ = false;
  }

  [[nodiscard]] bool at_once(const Retirement& retirement) const {
    switch (retirement.operation) {
      case Retirement::Operation::all:
        return true;
      case Retirement::Operation::by_va:
      case Retirement::Operation::by_va_asid:
        return retirement.pages == 1 && !fragments_;
      default:
        return false;
    }
  }
  /// From the edge that takes the retirement to the acknowledgement.
  [[nodiscard]] Cycles of(const Retirement& retirement) const {
    return (at_once(retirement) ? 1 : entries_) + after_;
  }

 private:
  Cycles entries_;
  Cycles after_;
  bool fragments_ = false;  ///< units of larger leaves may be held
};

}  // namespace kilburn::burst_tlb
