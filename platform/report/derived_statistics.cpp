#include "platform/report/derived_statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "platform/report/area_estimate.h"
#include "platform/report/point_geometries.h"
#include "platform/report/rtl_geometry.h"

namespace kilburn::platform::report {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr auto& tlbs = sweep::tlb_paths;

void add_statistic(SweepResults& results, std::string path, std::string unit,
                   std::vector<double> values) {
  if (results.statistic(path) != nullptr) return;
  if (std::ranges::all_of(values, [](double value) { return std::isnan(value); })) return;
  results.statistics.push_back({std::move(path), std::move(unit), std::move(values)});
}

void add_misses(SweepResults& results, std::string_view tlb) {
  std::vector<double> misses(results.points.size(), 0.0);
  for (const std::string_view kind : {"miss_tag", "miss_unit", "miss_content"}) {
    const Statistic* part = results.statistic(fmt::format("{}.{}", tlb, kind));
    if (part == nullptr) return;
    for (std::size_t i = 0; i < misses.size(); ++i) misses[i] += part->values[i];
  }
  if (const Statistic* instructions = results.statistic("platform.instructions")) {
    std::vector<double> rate(misses.size(), none);
    for (std::size_t i = 0; i < misses.size(); ++i) {
      if (instructions->values[i] > 0) rate[i] = 1000 * misses[i] / instructions->values[i];
    }
    add_statistic(results, fmt::format("{}.mpki", tlb), "misses/1000 instructions",
                  std::move(rate));
  }
  add_statistic(results, fmt::format("{}.misses", tlb), "lookups", std::move(misses));
}

/// The synthesised geometries and the fit for one measure.
class Measure {
 public:
  Measure(std::string name, std::optional<double> Area::*value, const std::vector<Area>& areas)
      : name_(std::move(name)) {
    for (const Area& area : areas) {
      const auto geometry = parse_rtl_geometry(area.geometry);
      if (geometry && (area.*value).has_value()) known_.push_back({*geometry, *(area.*value)});
    }
    if (!known_.empty()) estimate_.emplace(known_);
  }

  void add(SweepResults& results, const PointGeometries& geometries,
           DerivedStatistics& derived) const {
    if (known_.empty()) return;
    for (std::size_t tlb = 0; tlb < std::size(tlbs); ++tlb) add(results, geometries, tlb, derived);
    const std::vector<double> errors = errors_when_left_out(known_);
    if (errors.empty()) return;
    AreaFit fit{.measure = name_, .geometries = known_.size()};
    for (const double error : errors) {
      fit.mean_error += std::abs(error) / static_cast<double>(errors.size());
      fit.worst_error = std::max(fit.worst_error, std::abs(error));
    }
    derived.fits.push_back(fit);
  }

 private:
  struct Value {
    double value = none;
    AreaSource source = AreaSource::none;
  };

  [[nodiscard]] Value of(const burst_tlb::TlbConfig& config, PagingMode mode) const {
    const auto counterpart = rtl_counterpart(config, mode);
    if (!counterpart) return {};
    const auto found = std::ranges::find(known_, counterpart->geometry, &KnownArea::geometry);
    if (found != known_.end()) {
      return {found->value,
              counterpart->exact ? AreaSource::synthesised : AreaSource::other_policy};
    }
    const double estimate = std::round((*estimate_)(counterpart->geometry));
    if (!(estimate > 0)) return {};
    return {estimate, estimate_->within(counterpart->geometry) ? AreaSource::interpolated
                                                               : AreaSource::extrapolated};
  }

  void add(SweepResults& results, const PointGeometries& geometries, std::size_t tlb,
           DerivedStatistics& derived) const {
    AreaColumn column{.path = fmt::format("{}.{}", tlbs[tlb], name_), .sources = {}};
    std::vector<double> values;
    for (std::size_t i = 0; i < results.points.size(); ++i) {
      const Value area =
          results.points[i].done ? of(geometries[i].tlb[tlb], geometries[i].mode) : Value{};
      values.push_back(area.value);
      column.sources.push_back(area.source);
    }
    add_statistic(results, column.path, name_ == "gates" ? "gates" : "flip-flops",
                  std::move(values));
    derived.areas.push_back(std::move(column));
  }

  std::string name_;
  std::vector<KnownArea> known_;
  std::optional<AreaEstimate> estimate_;
};

}  // namespace

DerivedStatistics add_derived_statistics(SweepResults& results) {
  const PointGeometries geometries(results);
  for (const std::string_view tlb : tlbs) add_misses(results, tlb);
  DerivedStatistics derived;
  Measure("gates", &Area::gates, results.areas).add(results, geometries, derived);
  Measure("flip_flops", &Area::flip_flops, results.areas).add(results, geometries, derived);
  return derived;
}

}  // namespace kilburn::platform::report
