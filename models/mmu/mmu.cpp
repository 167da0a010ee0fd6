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

void UntranslatedStatistics::visit(StatisticVisitor& v) const {
  v.counter("checks", checks, "checks",
            "ownership checks of untranslated accesses that no verdict kept here answered");
  v.counter("denied", denied, "checks", "those of them that the RMU denied");
}

Translated Mmu::refill(const Request& request, Cycles now) {
  const ServiceReply reply = service_.translate(request, now);
  if (reply.fault == Fault::none && !reply.transient) {
    filled_ = true;
    first_level(request.access)->fill(reply.translation, request.regime.context, reply.beside());
  }
  return {.fault = reply.fault,
          .fault_address = reply.fault_address,
          .faulting_access = reply.faulting_access,
          .translation = reply.translation,
          .cost = reply.cost};
}

OwnershipReply Mmu::check(const UntranslatedAccess& request, Cycles now) {
  ++untranslated_.checks;
  const OwnershipReply reply = service_.check(request, now);
  if (!reply.allowed) {
    ++untranslated_.denied;
  } else if (!reply.transient) {
    verdicts_[request.access == Access::fetch ? 0 : 1].keep(request, reply);
  }
  return reply;
}

void Mmu::visit(StatisticVisitor& v, PagingMode mode) const {
  burst_tlb::show(v, "itlb", itlb_->statistics(), itlb().reach_bytes(),
                  burst_tlb::storage_bits(config_.itlb, mode), false);
  burst_tlb::show(v, "dtlb", dtlb_.statistics(), dtlb_->reach_bytes(),
                  burst_tlb::storage_bits(config_.dtlb, mode), false);
  v.block("untranslated", untranslated_);
}

void Mmu::visit_one(StatisticVisitor& v, std::string_view name, PagingMode mode) const {
  burst_tlb::show(v, name, dtlb_.statistics(), dtlb_->reach_bytes(),
                  burst_tlb::storage_bits(config_.dtlb, mode), false);
  v.block("untranslated", untranslated_);
}

}  // namespace kilburn::mmu
