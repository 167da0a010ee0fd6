#include "platform/summary.h"

#include <fmt/format.h>

#include "common/statistic_writers.h"
#include "platform/platform.h"
#include "platform/progress.h"

namespace kilburn::platform {

namespace {

/// Statistics by path, from the one place where they are declared.
class Values {
 public:
  explicit Values(const Platform& platform) : list_(statistics_list(statistics_of(platform))) {}

  [[nodiscard]] double operator()(std::string_view path) const {
    for (const StatisticValue& value : list_) {
      if (value.path == path) {
        return std::visit([](auto number) { return static_cast<double>(number); }, value.value);
      }
    }
    return 0;
  }
  [[nodiscard]] double share(std::string_view part, std::string_view whole) const {
    const double all = (*this)(whole);
    return all == 0 ? 0 : 100 * (*this)(part) / all;
  }

 private:
  std::vector<StatisticValue> list_;
};

std::string geometry(const burst_tlb::TlbConfig& tlb) {
  constexpr std::string_view names[] = {"burst", "conventional", "contiguous", "clustered"};
  return fmt::format("{} {} x {}, {}", names[static_cast<unsigned>(tlb.organisation)], tlb.entries,
                     tlb.units(), tlb.ways == 0 ? "full" : fmt::format("{} ways", tlb.ways));
}

std::string tlb_row(const Values& values, std::string_view name, const burst_tlb::TlbConfig& tlb) {
  const auto at = [&](std::string_view what) {
    return values(fmt::format("mmu.{}.{}", name, what));
  };
  const double instructions = values("platform.instructions");
  const double misses = at("miss_tag") + at("miss_unit") + at("miss_content");
  return fmt::format("  {:<6} {:<26} {:>9} {:>8.3f} % {:>9} {:>9} {:>9} {:>8.2f} {:>8.2f}\n", name,
                     geometry(tlb), short_count(at("lookups")), 100 * at("hit_rate"),
                     short_count(at("miss_tag")), short_count(at("miss_unit")),
                     short_count(at("miss_content")),
                     instructions == 0 ? 0 : 1000 * misses / instructions, at("density.mean"));
}

}  // namespace

std::string summary(const Platform& platform) {
  const Values values(platform);
  const auto count = [&](std::string_view path) { return short_count(values(path)); };
  const auto of_cycles = [&](std::string_view cause) {
    return values.share(fmt::format("platform.stall_cycles.{}", cause), "platform.cycles");
  };
  std::string text = fmt::format(
      "accesses {}   instructions {}   cycles {}   cycles/instruction {:.3f}\n"
      "stalled for translation {:.2f} % (L2 TLB {:.2f}, walks {:.2f}, ownership {:.2f}), "
      "memory {:.2f} %, page faults {:.2f} %, maintenance {:.2f} %\n\n",
      count("platform.accesses"), count("platform.instructions"), count("platform.cycles"),
      values("platform.cycles_per_instruction"), 100 * values("platform.translation_stall_share"),
      of_cycles("l2_tlb"), of_cycles("walk"), of_cycles("ownership"),
      of_cycles("fetch") + of_cycles("load") + of_cycles("store"), of_cycles("page_fault"),
      of_cycles("maintenance"));

  const MmuBlockConfig& mmu = platform.config().mmu;
  text +=
      fmt::format("  {:<6} {:<26} {:>9} {:>10} {:>9} {:>9} {:>9} {:>8} {:>8}\n", "TLB",
                  "organisation", "lookups", "hits", "tag", "unit", "content", "MPKI", "density");
  text += tlb_row(values, "itlb", mmu.first_level.itlb);
  text += tlb_row(values, "dtlb", mmu.first_level.dtlb);
  text += tlb_row(values, "l2tlb", mmu.service.l2tlb);
  text += fmt::format(
      "\nwalks {}, {:.2f} memory reads each, {:.1f} cycles each; page-table cache hits {:.2f} %; "
      "RMU checks {}, {:.2f} % from its cache, {} table reads\n",
      count("mmu.walker.walks"), values("mmu.walker.reads_per_walk"),
      values("mmu.walker.cycles.mean"),
      values.share("mmu.page_table_cache.hits", "mmu.page_table_cache.lookups"),
      count("rmu.checks"), values.share("rmu.cache_hits", "rmu.checks"), count("rmu.table_reads"));
  text += fmt::format(
      "cache misses: L1I {:.2f} %, L1D {:.2f} %, L2 {:.2f} %; memory reads {}, writes {}, "
      "row hits {:.1f} %\n",
      100 - 100 * values("cache.l1i.hit_rate"), 100 - 100 * values("cache.l1d.hit_rate"),
      100 - 100 * values("cache.l2.hit_rate"), count("memory.reads"), count("memory.writes"),
      100 * values("memory.row_hit_rate"));
  return text;
}

}  // namespace kilburn::platform
