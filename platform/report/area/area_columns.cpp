#include "platform/report/area/area_columns.h"

#include <fmt/format.h>

#include <cmath>

namespace kilburn::platform::report {

namespace {

void add(std::vector<sweep::ExtraColumn>& columns, const SweepResults& results,
         const std::string& path, const std::string& unit) {
  const Statistic* statistic = results.statistic(path);
  if (statistic == nullptr) return;
  sweep::ExtraColumn column{.title = fmt::format("{} [{}]", path, unit), .cells = {}};
  for (std::size_t i = 0; i < results.points.size(); ++i) {
    const double value = statistic->values[i];
    if (!std::isnan(value)) column.cells[results.points[i].number] = fmt::format("{}", value);
  }
  columns.push_back(std::move(column));
}

}  // namespace

std::vector<sweep::ExtraColumn> area_columns(const std::string& database,
                                             const GateEquivalents& weights) {
  std::vector<sweep::ExtraColumn> columns;
  SweepResults results = read_sweep_results(database);
  if (results.areas.empty()) return columns;
  const DerivedStatistics derived = add_derived_statistics(results);
  add_gate_equivalents(results, weights);
  for (const AreaColumn& area : derived.areas) {
    constexpr std::string_view suffix = ".gates";
    if (!area.path.ends_with(suffix) || !area.is_synthesised_somewhere()) continue;
    const std::string tlb = area.path.substr(0, area.path.size() - suffix.size());
    add(columns, results, area.path, "gates");
    add(columns, results, tlb + ".flip_flops", "flip-flops");
    add(columns, results, tlb + ".unit_memory_bits", "bits");
    add(columns, results, tlb + ".gate_equivalents",
        fmt::format("gates + {} x flip-flops + {} x bits", weights.flip_flop, weights.memory_bit));
    sweep::ExtraColumn source{.title = tlb + ".area_source", .cells = {}};
    for (std::size_t i = 0; i < results.points.size(); ++i) {
      source.cells[results.points[i].number] = std::string(to_text(area.sources[i]));
    }
    columns.push_back(std::move(source));
  }
  return columns;
}

}  // namespace kilburn::platform::report
