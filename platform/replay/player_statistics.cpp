#include "platform/replay/player_statistics.h"

namespace kilburn::platform {

void PlayerStatistics::visit(StatisticVisitor& v) const {
  v.counter("accesses", accesses(), "accesses", "fetches, loads and stores played");
  v.counter("instructions", fetches, "instructions", "instruction fetches played");
  v.counter("loads", loads, "accesses", "loads played");
  v.counter("stores", stores, "accesses", "stores played");
  v.counter("events", events, "events", "event records played");
  v.counter("page_crossings", page_crossings, "accesses",
            "accesses that lie in two pages and are translated twice");
  v.counter("cycles", cycles, "cycles", "from the first instruction to the end of the run");
  v.enter("stall_cycles");
  v.counter("l1_tlb", stall.l1_tlb, "cycles",
            "look-ups of the first-level TLBs, what a first-level cache hit does not hide of them");
  v.counter("l2_tlb", stall.l2_tlb, "cycles", "look-ups of the second-level TLB");
  v.counter("walk", stall.walk, "cycles", "page-table walks");
  v.counter("ownership", stall.ownership, "cycles", "ownership checks of walked frames");
  v.counter("fetch", stall.fetch, "cycles", "instruction cache misses");
  v.counter("load", stall.load, "cycles", "data cache misses of loads");
  v.counter("store", stall.store, "cycles", "data cache misses of stores");
  v.counter("page_fault", stall.page_fault, "cycles",
            "the operating system's page-fault handler, RMU commands included");
  v.counter("invalidation", stall.invalidation, "cycles",
            "unmapping, remapping and other events, until all holders have acknowledged");
  v.counter("context_switch", stall.context_switch, "cycles", "context switches");
  v.leave();
  v.ratio("cycles_per_instruction", cycles, fetches, "cycles/instruction",
          "all cycles over all instructions");
  v.ratio("translation_stall_share", stall.l1_tlb + stall.l2_tlb + stall.walk + stall.ownership,
          cycles, "cycles/cycle", "share of all cycles that waited for a translation");
}

}  // namespace kilburn::platform
