#include "platform/cli/trace_summary.h"

#include <fmt/format.h>

#include "platform/cli/summary_values.h"
#include "platform/process/progress.h"
#include "platform/replay/trace_platform.h"

namespace kilburn::platform {

std::string summary(const TracePlatform& platform) {
  const SummaryValues values(statistics_of(platform));
  const auto count = [&](std::string_view path) { return short_count(values(path)); };
  const auto of_cycles = [&](std::string_view cause) {
    return values.share(fmt::format("platform.stall_cycles.{}", cause), "platform.cycles");
  };
  std::string text = fmt::format(
      "accesses {}   instructions {}   cycles {}   cycles/instruction {:.3f}\n"
      "stalled for translation {:.2f} % (L1 TLBs {:.2f}, L2 TLB {:.2f}, walks {:.2f}, ownership "
      "{:.2f}), "
      "memory {:.2f} %, page faults {:.2f} %, invalidation {:.2f} %\n\n",
      count("platform.accesses"), count("platform.instructions"), count("platform.cycles"),
      values("platform.cycles_per_instruction"), 100 * values("platform.translation_stall_share"),
      of_cycles("l1_tlb"), of_cycles("l2_tlb"), of_cycles("walk"), of_cycles("ownership"),
      of_cycles("fetch") + of_cycles("load") + of_cycles("store"), of_cycles("page_fault"),
      of_cycles("invalidation"));

  const MmuBlockConfig& mmu = platform.config().mmu;
  const double instructions = values("platform.instructions");
  text += tlb_heading();
  text += tlb_row(values, "mmu.itlb", instructions, mmu.first_level.itlb);
  text += tlb_row(values, "mmu.dtlb", instructions, mmu.first_level.dtlb);
  text += tlb_row(values, "mmu.l2tlb", instructions, mmu.service.l2tlb);
  text += fmt::format(
      "\nwalks {}, {:.2f} memory reads each, {:.1f} cycles each; page-table cache hits {:.2f} %; "
      "RMU checks {}; look-ups of its table {}, {:.2f} % from its cache, {} table reads\n",
      count("mmu.walker.walks"), values("mmu.walker.reads_per_walk"),
      values("mmu.walker.cycles_per_walk"), 100 * values("mmu.page_table_cache.hit_rate"),
      count("rmu.checks"), count("rmu.lookups"), 100 * values("rmu.cache_hit_rate"),
      count("rmu.table_reads"));
  text += fmt::format(
      "cache misses: L1I {:.2f} %, L1D {:.2f} %, L2 {:.2f} %; memory reads {}, writes {}, "
      "row hits {:.1f} %\n",
      values.cache_misses("cache.l1i"), values.cache_misses("cache.l1d"),
      values.cache_misses("cache.l2"), count("memory.reads"), count("memory.writes"),
      100 * values("memory.row_hit_rate"));
  return text;
}

}  // namespace kilburn::platform
