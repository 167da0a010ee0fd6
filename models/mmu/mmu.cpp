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
  v.block("itlb", itlb_.statistics());
  v.block("dtlb", dtlb_.statistics());
}

}  // namespace kilburn::mmu
