#include "trace_os/address_space.h"

namespace kilburn::trace_os {

void OsStatistics::visit(StatisticVisitor& v) const {
  v.counter("faults", faults, "faults", "first touches of a page that was not mapped");
  v.counter("marks", marks, "faults", "faults that only had to set A or D (Svade)");
  v.counter("small_leaves", small_leaves, "leaves", "leaves of 4 KiB mapped");
  v.counter("napot_leaves", napot_leaves, "leaves", "Svnapot leaves of 64 KiB mapped");
  v.counter("huge_leaves", huge_leaves, "leaves", "leaves of 2 MiB mapped");
  v.counter("huge_fallbacks", huge_fallbacks, "leaves",
            "2 MiB leaves wanted that found no free block");
  v.counter("napot_fallbacks", napot_fallbacks, "leaves",
            "64 KiB leaves wanted that found no free block");
  v.counter("eager_fallbacks", eager_fallbacks, "regions",
            "regions of eager placement that found no free block");
  v.counter("splits", splits, "leaves", "larger leaves split into 4 KiB ones");
  v.counter("unmaps", unmaps, "pages", "pages unmapped");
  v.counter("remaps", remaps, "pages", "pages moved to another frame");
  v.counter("protects", protects, "leaves", "leaves whose permissions changed");
  v.counter("frames_used", frames_used, "frames", "frames mapped at the end");
  v.counter("table_frames", table_frames, "frames", "frames that hold page tables at the end");
  v.counter("reserved_frames", reserved_frames, "frames",
            "frames that eager placement keeps for untouched pages at the end");
  v.counter("quarantined_frames", quarantined_frames, "frames",
            "frames freed whose invalidation is not acknowledged at the end");
  v.histogram("contiguity", contiguity, "pages",
              "length of the runs of mapped pages whose VPN and PFN ascend together");
  v.histogram("free_blocks", free_blocks, "bits",
              "log2 of the frames of each free block at the end, of the memory needed so far");
  v.ratio("mean_contiguity", contiguity.sum(), contiguity.count(), "pages/run",
          "mean length of such a run");
  v.ratio("table_overhead", table_frames, frames_used, "frames/frame",
          "table frames for each mapped frame");
  v.ratio("huge_fallback_rate", huge_fallbacks, huge_fallbacks + huge_leaves, "fallbacks/leaf",
          "2 MiB leaves wanted that became 4 KiB");
}

Histogram AddressSpace::contiguity() const {
  Histogram lengths = OsStatistics{}.contiguity;
  PageNumber run = 0;
  PageNumber next_vpn = 0;
  PageNumber next_pfn = 0;
  tables_.for_each_leaf(0, tables_.user_pages(), [&](PageNumber vpn, const WalkEnd& leaf) {
    const PageNumber pages = PageNumber{1} << leaf.order();
    if (run != 0 && (vpn != next_vpn || leaf.pfn() != next_pfn)) {
      lengths.add(run);
      run = 0;
    }
    run += pages;
    next_vpn = vpn + pages;
    next_pfn = leaf.pfn() + pages;
  });
  if (run != 0) lengths.add(run);
  return lengths;
}

OsStatistics AddressSpace::statistics() const {
  OsStatistics result = counts_;
  result.eager_fallbacks = reservations_.fallbacks();
  result.reserved_frames = reservations_.frames();
  result.contiguity = contiguity();
  result.free_blocks = arena_.free_blocks();
  return result;
}

}  // namespace kilburn::trace_os
