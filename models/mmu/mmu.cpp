#include "mmu/mmu.h"

namespace kilburn::mmu {

void MmuConfig::visit(ParameterVisitor& v) {
  v.block("itlb", itlb, "first-level instruction TLB");
  v.block("dtlb", dtlb, "first-level data TLB");
}

void Mmu::visit(StatisticVisitor& v) const {
  v.block("itlb", itlb_->statistics());
  v.block("dtlb", dtlb_->statistics());
}

}  // namespace kilburn::mmu
