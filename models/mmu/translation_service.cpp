#include "mmu/translation_service.h"

#include <algorithm>

namespace kilburn::mmu {

void ServiceConfig::visit(ParameterVisitor& v) {
  v.block("l2tlb", l2tlb, "second-level TLB, shared by all clients");
  v.block("walker", walker, "page-table walker");
  v.block("page_table_cache", page_table_cache, "cache of page-table data above the last level");
  v.flag("check_ownership", check_ownership,
         "check every walked frame against the ownership table before it is installed");
  v.choice("refill", refill, {"unit", "entry"},
           "what a second-level hit brings to a first-level TLB that fills lines: the translation "
           "asked for, or all units of the entry");
  v.integer(
      "invalidation_cycles", invalidation_cycles, {1, 1000}, "cycles",
      "that an invalidation and its acknowledgement are on the way; what a holder takes comes on "
      "top");
}

void ServiceStatistics::visit(StatisticVisitor& v) const {
  v.counter("requests", requests, "requests", "misses of the first-level TLBs");
  v.counter("neighbour_checks", neighbour_checks, "checks",
            "ownership checks of neighbours in a fetched line of PTEs");
  v.counter("neighbours_denied", neighbours_denied, "translations",
            "neighbours that the RMU denied, not installed");
  v.counter("verdicts_shared", verdicts_shared, "translations",
            "neighbours that the verdict on the page asked for covered (fused regions)");
  v.counter("overtaken", overtaken, "requests",
            "requests that an invalidation overtook and that started again");
}

TranslationService::TranslationService(const ServiceConfig& config, MemoryPort& tables,
                                       OwnershipCheck* ownership)
    : config_(config),
      l2_tlb_(burst_tlb::make_tlb(config.l2tlb)),
      walker_(config.walker, config.page_table_cache),
      tables_(tables),
      ownership_(config.check_ownership ? ownership : nullptr) {}

ServiceReply TranslationService::translate(const Request& request, Cycles now) {
  ++counted_.requests;
  const Cycles l2_cycles = config_.l2tlb.hit_cycles;
  const burst_tlb::Comparand comparand{request.va >> page_shift, request.regime.context,
                                       request.access};
  const burst_tlb::Lookup found = l2_tlb_->lookup(comparand);
  const bool hit = found.outcome == burst_tlb::Outcome::hit;
  const HitVerdict verdict =
      hit ? judge_hit(found.translation.permissions, request) : HitVerdict::walk;
  if (verdict != HitVerdict::walk) {
    ServiceReply reply;
    reply.translation = found.translation;
    reply.cost.l2_tlb = l2_cycles;
    if (config_.refill == Refill::entry) {
      reply.neighbour_count = l2_tlb_->siblings(comparand, found, reply.neighbours);
    }
    if (verdict == HitVerdict::page_fault) {
      reply.fault = Fault::page_fault;
      reply.fault_address = request.va;
    }
    return reply;
  }

  ContextInFlight in_flight(request.regime.context);
  in_flight_.add(in_flight);
  ServiceReply reply;
  Cost cost{.l2_tlb = l2_cycles};
  do {
    in_flight.overtaken = false;
    reply = walk_and_check(request, now + cost.total());
    cost.walk += reply.cost.walk;
    cost.walks += reply.cost.walks;
    cost.reads += reply.cost.reads;
    cost.ownership += reply.cost.ownership;
    if (in_flight.overtaken) ++counted_.overtaken;
  } while (in_flight.overtaken);
  reply.cost = cost;

  // A faulting translation, or one that the RMU denies, is never installed.
  if (reply.fault == Fault::none && !reply.transient) {
    l2_tlb_->fill(reply.translation, request.regime.context, reply.beside());
  }
  return reply;
}

ServiceReply TranslationService::walk_and_check(const Request& request, Cycles now) {
  const page_table_walker::WalkResult walk = walker_.walk({.va = request.va,
                                                           .access = request.access,
                                                           .privilege = request.privilege,
                                                           .regime = request.regime,
                                                           .want_line = true,
                                                           .protection = request.protection,
                                                           .watch = request.watch},
                                                          tables_, ownership_, now);
  ServiceReply reply;
  reply.fault = walk.fault;
  reply.fault_address = walk.fault_address;
  reply.faulting_access = walk.faulting_access;
  reply.cost.walk = walk.cycles;
  reply.cost.walks = 1;
  reply.cost.reads = walk.memory_reads;
  if (walk.fault != Fault::none) return reply;

  reply.translation = walk.translation;
  OwnershipReply verdict;
  if (ownership_ != nullptr) {
    verdict = check_frame(walk.translation, request, request.access, now + walk.cycles);
    reply.cost.ownership = verdict.latency;
    if (!verdict.allowed) {
      reply.fault = Fault::access_fault;
      reply.fault_address = request.va;
      return reply;
    }
    if (!verdict.writable) {
      reply.translation.permissions &= static_cast<std::uint8_t>(~pte::dirty);
    }
    reply.transient = verdict.transient;
    reply.translation.verdict_order = std::min(reply.translation.verdict_order, verdict.order);
  }
  admit_neighbours(request, walk, verdict, now + reply.cost.total(), reply);
  return reply;
}

/// True where `verdict`, on `asked`, speaks for `neighbour` as well: in the same (fused) region,
/// and there in the place that its page has beside the page asked for, unless places do not matter.
bool TranslationService::shares_verdict(const Translation& asked, const Translation& neighbour,
                                        const OwnershipReply& verdict) {
  return (neighbour.pfn ^ asked.pfn) >> verdict.order == 0 &&
         (verdict.any_page || neighbour.pfn - asked.pfn == neighbour.vpn - asked.vpn);
}

/// The neighbours that the RMU allows too: those in the frame's own (fused) region by the one
/// verdict, each other by a check of its own, which delays nobody but later checks.
void TranslationService::admit_neighbours(const Request& request,
                                          const page_table_walker::WalkResult& walk,
                                          const OwnershipReply& asked, Cycles now,
                                          ServiceReply& reply) {
  for (Translation neighbour : walk.neighbour_span()) {
    if (ownership_ != nullptr) {
      if (shares_verdict(walk.translation, neighbour, asked)) {
        ++counted_.verdicts_shared;
        neighbour.verdict_order = std::min(neighbour.verdict_order, asked.order);
        if (!asked.writable) neighbour.permissions &= static_cast<std::uint8_t>(~pte::dirty);
      } else {
        ++counted_.neighbour_checks;
        const OwnershipReply verdict = check_frame(neighbour, request, request.access, now);
        if (!verdict.allowed || verdict.transient) {
          ++counted_.neighbours_denied;
          continue;
        }
        neighbour.verdict_order = std::min(neighbour.verdict_order, verdict.order);
        if (!verdict.writable) neighbour.permissions &= static_cast<std::uint8_t>(~pte::dirty);
      }
    }
    reply.neighbours[reply.neighbour_count++] = neighbour;
  }
}

OwnershipReply TranslationService::check_frame(const Translation& translation,
                                               const Request& request, Access access, Cycles now) {
  return ownership_->check({.frame = translation.pfn,
                            .mapped = translation.vpn,
                            .access = access,
                            .realm = request.regime.context.realm},
                           now);
}

OwnershipReply TranslationService::check(const UntranslatedAccess& request, Cycles now) {
  if (ownership_ == nullptr) return {.order = all_frames_order};
  const OwnershipRequest asked{.frame = request.frame,
                               .mapped = request.frame,
                               .access = request.access,
                               .realm = request.realm};
  ContextInFlight in_flight({.realm = request.realm});
  in_flight_.add(in_flight);
  OwnershipReply reply;
  Cycles latency = 0;
  do {
    in_flight.overtaken = false;
    reply = ownership_->check(asked, now + latency);
    latency += reply.latency;
    if (in_flight.overtaken) ++counted_.overtaken;
  } while (in_flight.overtaken);
  reply.latency = latency;
  return reply;
}

void TranslationService::invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                                    InvalidationBus& bus) {
  const Cycles l2_cycles = l2_tlb_->invalidation_cycles(invalidation);
  l2_tlb_->invalidate(invalidation);
  Invalidation of_tables = invalidation;
  // The RMU's word that frames hold no page tables is good where it is asked before one is read.
  if (invalidation.operation == Invalidation::Operation::by_frame &&
      (ownership_ == nullptr || !config_.walker.check_tables)) {
    of_tables.last_level = false;
  }
  const Cycles cache_cycles = walker_.invalidate(of_tables).cycles;
  in_flight_.invalidate(invalidation);
  // Before its first request it holds nothing, and knows it.
  const Cycles taken = counted_.requests != 0 ? std::max(l2_cycles, cache_cycles) : 0;
  bus.acknowledge(ticket, config_.invalidation_cycles + taken);
}

void TranslationService::visit(StatisticVisitor& v, PagingMode mode) const {
  burst_tlb::show(v, "l2tlb", l2_tlb_->statistics(), l2_tlb_->reach_bytes(),
                  burst_tlb::storage_bits(config_.l2tlb, mode), config_.refill == Refill::entry);
  v.block("walker", walker_.statistics());
  v.block("page_table_cache", walker_.cache());
  v.block("service", counted_);
}

}  // namespace kilburn::mmu
