#include "page_table_walker/page_table_walker.h"

#include <algorithm>
#include <cassert>

#include "page_table_walker/walk.h"

namespace kilburn::page_table_walker {

bool WalkInFlight::reached_by(const Invalidation& invalidation) const {
  if (!reaches(invalidation, context)) return false;
  if (invalidation.operation == Invalidation::Operation::by_guest_frame) return two_stage;
  // The descriptor being read serves a whole region of its level, and at the last level a line of
  // eight PTEs or a 64 KiB leaf is used: an invalidation of a sibling page is a match. An operation
  // by frame reaches every walk, for it does not remember which frames it has read.
  return reaches_pages(invalidation,
                       PageRun{page}.of_leaves(std::max(level_order(level), napot_order)));
}

void WalkerConfig::visit(ParameterVisitor& v) {
  v.choice(
      "ad_update", ad_update, {"hardware", "fault", "svadu"},
      "the walker sets A and D, a clear bit is a page fault (Svade), or menvcfg.ADUE says (Svadu)");
  v.flag("svnapot", svnapot, "64 KiB leaves (Svnapot)");
  v.flag("svpbmt", svpbmt, "memory types in leaves (Svpbmt)");
  v.integer("parallel_walks", parallel_walks, {1, 64}, "walks", "walks at the same time");
  v.integer("start_cycles", start_cycles, {0, 100}, "cycles",
            "from the request to the first probe");
  v.flag("check_tables", check_tables, "check the ownership of the frames that hold page tables");
}

void WalkerStatistics::visit(StatisticVisitor& v) const {
  v.counter("walks", walks, "walks", "page-table walks");
  v.counter("memory_reads", memory_reads, "reads", "descriptor reads from memory");
  v.counter("guest_reads", guest_reads, "reads", "those of them of the G-stage's tables");
  v.counter("restarts", restarts, "restarts", "walks started again because of an invalidation");
  v.counter("page_faults", page_faults, "walks", "walks that ended in a page fault");
  v.counter("guest_page_faults", guest_page_faults, "walks",
            "walks that ended in a guest page fault");
  v.counter("access_faults", access_faults, "walks", "walks that ended in an access fault");
  v.counter("ad_updates", ad_updates, "updates", "descriptors in which A or D was set");
  v.counter("lost_races", lost_races, "updates",
            "updates of A or D that found the descriptor changed");
  v.counter("neighbours", neighbours, "translations", "neighbours reported from fetched lines");
  v.counter("wait_cycles", wait_cycles, "cycles", "waiting for a free slot");
  v.histogram("cycles", cycles, "cycles", "latency of a walk, waiting included");
  v.ratio("reads_per_walk", memory_reads, walks, "reads/walk", "memory reads a walk");
  v.ratio("cycles_per_walk", cycles.sum(), walks, "cycles/walk", "mean latency of a walk");
}

PageTableWalker::PageTableWalker(const WalkerConfig& config,
                                 const page_table_cache::CacheConfig& cache)
    : config_(config), cache_(cache), busy_until_(config.parallel_walks, 0) {}

WalkResult PageTableWalker::walk(const WalkRequest& request, MemoryPort& memory,
                                 OwnershipCheck* ownership, Cycles now) {
  assert((request.regime.stage1 != PagingMode::bare ||
          request.regime.guest_stage != PagingMode::bare) &&
         "with both stages bare there is nothing to walk");
  assert(request.regime.guest_root % 4 == 0 && "hgatp: the root table is aligned to its 16 KiB");
  Cycles& slot = *std::ranges::min_element(busy_until_);
  const Cycles start = std::max(now, slot);
  Walk walk(config_, cache_, statistics_, memory, ownership, request, slot, start);
  in_flight_.add(walk.in_flight());
  WalkResult result = walk.run();
  result.cycles = walk.now() - now;
  count(result, start - now);
  return result;
}

page_table_cache::Invalidated PageTableWalker::invalidate(const Invalidation& invalidation) {
  in_flight_.invalidate(invalidation);
  return cache_.invalidate(invalidation);
}

void PageTableWalker::count(const WalkResult& result, Cycles waited) {
  ++statistics_.walks;
  statistics_.memory_reads += result.memory_reads;
  statistics_.restarts += result.restarts;
  statistics_.neighbours += result.neighbour_count;
  statistics_.wait_cycles += waited;
  statistics_.cycles.add(result.cycles);
  switch (result.fault) {
    case Fault::none:
      break;
    case Fault::page_fault:
      ++statistics_.page_faults;
      break;
    case Fault::guest_page_fault:
      ++statistics_.guest_page_faults;
      break;
    case Fault::access_fault:
      ++statistics_.access_faults;
      break;
  }
}

}  // namespace kilburn::page_table_walker
