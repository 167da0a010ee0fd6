#include "platform/cli/board_summary.h"

#include <fmt/format.h>

#include "platform/board/board.h"
#include "platform/cli/summary_values.h"
#include "platform/process/progress.h"

namespace kilburn::board {

std::string summary(const Board& board) {
  using platform::short_count;
  using platform::tlb_row;
  const platform::SummaryValues values(statistics_of(board));
  const auto count = [&](std::string_view path) { return short_count(values(path)); };
  const auto instructions = static_cast<double>(board.instructions());
  std::string text = fmt::format("instructions {}   cycles {}\n\n", short_count(instructions),
                                 short_count(static_cast<double>(board.cycles())));
  text += platform::tlb_heading();
  const platform::MmuBlockConfig& mmu = board.config().mmu;
  for (unsigned i = 0; i < board.harts(); ++i) {
    if (board.harts() > 1) text += fmt::format("  hart {}\n", i);
    const std::string hart = fmt::format("hart{}", i);
    const double own = values(hart + ".instructions");
    text += tlb_row(values, hart + ".itlb", own, mmu.first_level.itlb);
    text += tlb_row(values, hart + ".dtlb", own, mmu.first_level.dtlb);
  }
  text += tlb_row(values, "mmu.l2tlb", instructions, mmu.service.l2tlb);
  text += fmt::format(
      "\nwalks {}, {:.2f} memory reads each, {:.1f} cycles each; page-table cache hits {:.2f} %, "
      "{} invalidations, of the entries that met one {:.1f} % survived; RMU checks {}\n",
      count("mmu.walker.walks"), values("mmu.walker.reads_per_walk"),
      values("mmu.walker.cycles_per_walk"), 100 * values("mmu.page_table_cache.hit_rate"),
      count("mmu.page_table_cache.invalidations"),
      100 * values("mmu.page_table_cache.survival_rate"), count("rmu.checks"));
  return text;
}

}  // namespace kilburn::board
