#include "platform/cli/board_summary.h"

#include <fmt/format.h>

#include <initializer_list>

#include "iommu/iommu_device.h"
#include "platform/board/board.h"
#include "platform/cli/summary_values.h"
#include "platform/process/progress.h"

namespace kilburn::board {

namespace {

/// Where a hart's cycles went.
std::string hart_line(const platform::SummaryValues& values, const std::string& hart) {
  const auto of_cycles = [&](std::initializer_list<std::string_view> causes) {
    double sum = 0;
    for (const std::string_view cause : causes) {
      sum += values.share(fmt::format("{}.stall_cycles.{}", hart, cause), hart + ".cycles");
    }
    return sum;
  };
  return fmt::format(
      "cycles/instruction {:.3f}; stalled for translation {:.2f} %, memory {:.2f} %, devices "
      "{:.2f} %, invalidation {:.2f} %; asleep {:.2f} %; cache misses: L1I {:.2f} %, L1D {:.2f} "
      "%\n",
      values(hart + ".cycles_per_instruction"), of_cycles({"l2_tlb", "walk", "ownership"}),
      of_cycles({"fetch", "load", "store"}), of_cycles({"device"}), of_cycles({"invalidation"}),
      of_cycles({"wfi"}), values.cache_misses(hart + ".cache.l1i"),
      values.cache_misses(hart + ".cache.l1d"));
}

/// What translations for devices cost.
std::string iommu_line(const platform::SummaryValues& values) {
  const auto count = [&](std::string_view path) { return platform::short_count(values(path)); };
  const auto hits = [&](std::string_view cache) {
    return 100 * values(fmt::format("iommu.directories.{}.hit_rate", cache));
  };
  return fmt::format(
      "IOMMU: pages {}, {:.1f} cycles each; hits of device contexts {:.2f} %, of process contexts "
      "{:.2f} %; a KiB of DMA: walks {:.3f}, table reads {:.3f}; faults {}, commands {}\n",
      count("iommu.transactions"), values("iommu.cycles_per_page"), hits("device_contexts"),
      hits("process_contexts"), values("dma.pcie.walks_per_kib"),
      values("dma.pcie.table_reads_per_kib"), count("iommu.faults"), count("iommu.commands"));
}

}  // namespace

std::string summary(const Board& board) {
  using platform::short_count;
  using platform::tlb_row;
  const platform::SummaryValues values(statistics_of(board));
  const auto count = [&](std::string_view path) { return short_count(values(path)); };
  const auto instructions = static_cast<double>(board.instructions());
  std::string text = fmt::format("instructions {}   cycles {}\n", short_count(instructions),
                                 short_count(static_cast<double>(board.cycles())));
  const bool cached = board.config().riscv.timing == riscv::Timing::caches;
  for (unsigned i = 0; cached && i < board.harts(); ++i) {
    if (board.harts() > 1) text += fmt::format("hart {}: ", i);
    text += hart_line(values, fmt::format("hart{}", i));
  }
  text += '\n' + platform::tlb_heading();
  const platform::MmuBlockConfig& mmu = board.config().mmu;
  for (unsigned i = 0; i < board.harts(); ++i) {
    if (board.harts() > 1) text += fmt::format("  hart {}\n", i);
    const std::string hart = fmt::format("hart{}", i);
    const double own = values(hart + ".instructions");
    text += tlb_row(values, hart + ".itlb", own, mmu.first_level.itlb);
    text += tlb_row(values, hart + ".dtlb", own, mmu.first_level.dtlb);
  }
  const bool behind_iommu = values("iommu.transactions") > 0;
  if (behind_iommu) {
    const auto& config = board.config().devices.of<iommu::IommuDevice>();
    text += tlb_row(values, "iommu.iotlb", instructions, config.iotlb);
  }
  text += tlb_row(values, "mmu.l2tlb", instructions, mmu.service.l2tlb);
  text += fmt::format(
      "\nwalks {}, {:.2f} memory reads each, {:.1f} cycles each; page-table cache hits {:.2f} %, "
      "{} invalidations, of the entries that met one {:.1f} % survived; RMU checks {}\n",
      count("mmu.walker.walks"), values("mmu.walker.reads_per_walk"),
      values("mmu.walker.cycles_per_walk"), 100 * values("mmu.page_table_cache.hit_rate"),
      count("mmu.page_table_cache.invalidations"),
      100 * values("mmu.page_table_cache.survival_rate"), count("rmu.checks"));
  if (behind_iommu) text += iommu_line(values);
  if (cached) {
    text += fmt::format("L2 cache misses {:.2f} %; memory reads {}, writes {}, row hits {:.1f} %\n",
                        values.cache_misses("cache.l2"), count("memory.reads"),
                        count("memory.writes"), 100 * values("memory.row_hit_rate"));
  }
  return text;
}

}  // namespace kilburn::board
