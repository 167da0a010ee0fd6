#include "burst_tlb/tlb.h"

#include <bit>

#include "burst_tlb/burst_tlb.h"
#include "burst_tlb/coalesced_tlb.h"
#include "burst_tlb/colt_fa_tlb.h"
#include "burst_tlb/with_large_pages.h"

namespace kilburn::burst_tlb {

void TlbConfig::visit(ParameterVisitor& v) {
  v.choice(
      "organisation", organisation, {"burst", "conventional", "contiguous", "clustered", "colt_fa"},
      "burst (US 9,836,410), conventional (one unit a tag), contiguous (CoLT-SA-like: one base "
      "frame a tag), clustered (frames of one aligned cluster a tag) or colt_fa (CoLT-FA: a run "
      "of contiguous pages, or a large page, an entry)");
  v.integer("entries", entries, {1, 65536}, "entries", "number of tags");
  v.integer("ways", ways, {0, 65536}, "ways", "associativity, 0 for fully associative");
  v.integer(
      "units_per_tag", units_per_tag, {1, 16, true}, "units",
      "translation data units under one tag (conventional has one, and colt_fa one run, whatever "
      "this says)");
  v.choice("context_in", context_in, {"tag", "tdu"},
           "where ASID, VMID and realm are held: in the tag, or in each unit, compared after "
           "selection");
  v.choice("fill", fill, {"single", "line"},
           "single installs the translation asked for, line also its neighbours in the fetched "
           "64-byte line of PTEs");
  v.choice("replacement", replacement, {"lru", "tree_plru", "round_robin", "random"},
           "victim selection within a set");
  v.integer("seed", seed, {0, UINT64_MAX >> 1}, "", "seed of random replacement");
  v.choice("large_pages", large_pages, {"replicate", "side"},
           "leaves over 64 KiB: one unit for each 4 KiB touched, or a TLB of their own beside the "
           "array (colt_fa holds them in the array)");
  v.integer("side_entries", side_entries, {1, 1024}, "entries", "size of the large-page TLB");
  v.integer("hit_cycles", hit_cycles, {1, 100}, "cycles", "latency of a lookup");

  v.require(ways == 0 || (ways <= entries && entries % ways == 0),
            "ways must be 0 or divide entries");
  v.require(ways == 0 || entries % ways != 0 || std::has_single_bit(entries / ways),
            "entries / ways must be a power of two");
  v.require(replacement != Replacement::tree_plru || std::has_single_bit(associativity()),
            "tree_plru needs a power of two of ways");
  v.require(context_in == ContextIn::tag || organisation == Organisation::burst,
            "context_in = \"tdu\" needs organisation = \"burst\"");
  v.require(organisation != Organisation::colt_fa || ways == 0,
            "organisation = \"colt_fa\" is fully associative: ways must be 0");
}

void TlbStatistics::visit(StatisticVisitor& v) const {
  v.counter("lookups", lookups, "lookups", "comparands presented");
  v.counter("hits", hits, "lookups", "tag, unit and content matched, large pages included");
  v.counter("side_hits", side_hits, "lookups",
            "hits in the large-page TLB; of colt_fa in entries of large pages");
  v.counter("miss_tag", miss_tag, "lookups", "misses: no entry had the tag");
  v.counter("miss_unit", miss_unit, "lookups", "misses: tag matched, selected unit invalid");
  v.counter("miss_content", miss_content, "lookups",
            "misses: tag matched, unit valid, content differed");
  v.counter("fills", fills, "fills", "fills requested");
  v.counter("units_filled", units_filled, "units", "units written by fills, neighbours included");
  v.counter("evictions", evictions, "entries", "live entries evicted, all units at once");
  v.counter("units_evicted", units_evicted, "units", "live units lost to evictions");
  v.counter("units_invalidated", units_invalidated, "units", "units cleared by invalidations");
  v.histogram("density", density, "units",
              "valid units of an entry, at its eviction or at the end of the run");
  v.ratio("hit_rate", hits, lookups, "hits/lookup", "hits a lookup");
  v.ratio("units_per_fill", units_filled, fills, "units/fill", "units written by a fill");
}

std::unique_ptr<Tlb> make_tlb(const TlbConfig& config) {
  switch (config.organisation) {
    case Organisation::contiguous:
    case Organisation::clustered:
      return with_large_pages(config, std::make_unique<CoalescedTlb>(config));
    case Organisation::colt_fa:
      return std::make_unique<ColtFaTlb>(config);
    case Organisation::burst:
    case Organisation::conventional:
      break;
  }
  return with_large_pages(config, std::make_unique<BurstTlb>(config));
}

BurstTlb* burst_array(Tlb& tlb) {
  if (auto* const both = dynamic_cast<WithLargePages<BurstTlb>*>(&tlb)) return &both->array();
  return dynamic_cast<BurstTlb*>(&tlb);
}

}  // namespace kilburn::burst_tlb
