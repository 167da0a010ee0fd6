// Cycles in which a hart did not advance, by cause.
#pragma once

#include "common/statistics.h"
#include "common/types.h"
#include "mmu/translation_service.h"

namespace kilburn::riscv {

/// With `cycles_per_instruction` for each instruction that retired they are all of its cycles. What
/// a hart that plays a trace waits for, too, has the name that it has there.
struct Stalls {
  Cycles l2_tlb = 0;
  Cycles walk = 0;
  Cycles ownership = 0;
  Cycles fetch = 0;
  Cycles load = 0;
  Cycles store = 0;
  Cycles device = 0;
  Cycles invalidation = 0;
  Cycles exception = 0;  ///< no waiting: of the instructions that did not retire
  Cycles wfi = 0;

  void add(const mmu::Cost& cost) {
    l2_tlb += cost.l2_tlb;
    walk += cost.walk;
    ownership += cost.ownership;
  }
  [[nodiscard]] Cycles total() const {
    return l2_tlb + walk + ownership + fetch + load + store + device + invalidation + exception +
           wfi;
  }
  void visit(StatisticVisitor& v) const;
};

}  // namespace kilburn::riscv
