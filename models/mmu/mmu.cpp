#include "mmu/mmu.h"

#include "common/error.h"

namespace kilburn::mmu {

void FirstLevelConfig::visit(ParameterVisitor& v) {
  TlbConfig::visit(v);
  v.choice("implementation", implementation, {"model", "rtl", "lockstep"},
           "the model, the Verilated RTL in its place, or both, compared in every cycle");
}

std::unique_ptr<burst_tlb::Tlb> make_model(const FirstLevelConfig& config, std::string_view path) {
  if (config.implementation != Implementation::model) {
    throw InputError(std::string(path) +
                     ".implementation: this build has no RTL: allowed is model");
  }
  return burst_tlb::make_tlb(config);
}

void MmuConfig::visit(ParameterVisitor& v) {
  v.block("itlb", itlb, "first-level instruction TLB");
  v.block("dtlb", dtlb, "first-level data TLB");
}

void Mmu::visit(StatisticVisitor& v) const {
  burst_tlb::show(v, "itlb", itlb_.statistics(), itlb_->reach_bytes());
  burst_tlb::show(v, "dtlb", dtlb_.statistics(), dtlb_->reach_bytes());
}

}  // namespace kilburn::mmu
