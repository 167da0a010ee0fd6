#include "platform/cli/summary_values.h"

#include <fmt/format.h>

#include "platform/process/progress.h"

namespace kilburn::platform {

namespace {

std::string geometry(const burst_tlb::TlbConfig& tlb) {
  constexpr std::string_view names[] = {"burst", "conventional", "contiguous", "clustered",
                                        "colt_fa"};
  return fmt::format("{} {} x {}, {}", names[static_cast<unsigned>(tlb.organisation)], tlb.entries,
                     tlb.units(), tlb.ways == 0 ? "full" : fmt::format("{} ways", tlb.ways));
}

}  // namespace

double SummaryValues::operator()(std::string_view path) const {
  for (const StatisticValue& value : list_) {
    if (value.path == path) {
      return std::visit([](auto number) { return static_cast<double>(number); }, value.value);
    }
  }
  return 0;
}

double SummaryValues::share(std::string_view part, std::string_view whole) const {
  const double all = (*this)(whole);
  return all == 0 ? 0 : 100 * (*this)(part) / all;
}

double SummaryValues::cache_misses(std::string_view path) const {
  const auto at = [&](std::string_view what) { return (*this)(fmt::format("{}.{}", path, what)); };
  return at("reads") + at("writes") == 0 ? 0 : 100 - 100 * at("hit_rate");
}

std::string tlb_heading() {
  return fmt::format("  {:<6} {:<26} {:>9} {:>10} {:>9} {:>9} {:>9} {:>8} {:>8}\n", "TLB",
                     "organisation", "lookups", "hits", "tag", "unit", "content", "MPKI",
                     "density");
}

std::string tlb_row(const SummaryValues& values, std::string_view path, double instructions,
                    const burst_tlb::TlbConfig& tlb) {
  const auto at = [&](std::string_view what) { return values(fmt::format("{}.{}", path, what)); };
  const double misses = at("miss_tag") + at("miss_unit") + at("miss_content");
  const std::string_view name = path.substr(path.rfind('.') + 1);
  return fmt::format("  {:<6} {:<26} {:>9} {:>8.3f} % {:>9} {:>9} {:>9} {:>8.2f} {:>8.2f}\n", name,
                     geometry(tlb), short_count(at("lookups")), 100 * at("hit_rate"),
                     short_count(at("miss_tag")), short_count(at("miss_unit")),
                     short_count(at("miss_content")),
                     instructions == 0 ? 0 : 1000 * misses / instructions, at("density.mean"));
}

}  // namespace kilburn::platform
