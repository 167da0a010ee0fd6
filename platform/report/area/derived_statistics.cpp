#include "platform/report/area/derived_statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>

#include "platform/report/area/area_estimate.h"
#include "platform/report/area/geometry_hull.h"
#include "platform/report/area/known_areas.h"
#include "platform/report/area/point_geometries.h"
#include "platform/report/area/rtl_geometry.h"

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

/// What is synthesised, and the estimate of the rest, for one measure.
class Measure {
 public:
  Measure(AreaMeasure measure, std::optional<double> Area::*value, const std::vector<Area>& areas)
      : measure_(measure), known_(known_areas(areas, value)), hull_(places(known_)) {
    estimate_.emplace(measure, known_);
  }

  void add(SweepResults& results, const PointGeometries& geometries,
           DerivedStatistics& derived) const {
    if (known_.empty()) return;
    for (std::size_t tlb = 0; tlb < std::size(tlbs); ++tlb) add(results, geometries, tlb, derived);
    derived.fits.push_back(fit());
  }

 private:
  struct Value {
    double value = none;
    AreaSource source = AreaSource::none;
  };

  static std::vector<RtlGeometry> places(const std::vector<KnownArea>& known) {
    std::vector<RtlGeometry> found;
    found.reserve(known.size());
    for (const KnownArea& area : known) found.push_back(area.geometry);
    return found;
  }

  /// Leaves out what would be an extrapolation: how far that is off says nothing about estimates
  /// between synthesised geometries, and nothing that is known says it about those beyond.
  [[nodiscard]] AreaFit fit() const {
    AreaFit fit{.measure = std::string(name_of(measure_)), .geometries = known_.size()};
    for (std::size_t i = 0; i < known_.size(); ++i) {
      std::vector<KnownArea> others = known_;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
      if (!GeometryHull(places(others)).contains(known_[i].geometry)) continue;
      const double estimate = AreaEstimate(measure_, others)(known_[i].geometry);
      const double error = std::abs(estimate / std::max(known_[i].value, 1.0) - 1);
      ++fit.tested;
      fit.mean_error += error;
      fit.worst_error = std::max(fit.worst_error, error);
    }
    if (fit.tested > 0) fit.mean_error /= static_cast<double>(fit.tested);
    return fit;
  }

  [[nodiscard]] Value of(const RtlCounterpart& counterpart) const {
    const auto found = std::ranges::find(known_, counterpart.geometry, &KnownArea::geometry);
    if (found != known_.end()) {
      return {found->value, counterpart.exact ? AreaSource::synthesised : AreaSource::other_policy};
    }
    const double estimate = std::round((*estimate_)(counterpart.geometry));
    if (!(estimate > 0)) return {};
    return {estimate,
            hull_.contains(counterpart.geometry) ? AreaSource::between : AreaSource::beyond};
  }

  void add(SweepResults& results, const PointGeometries& geometries, std::size_t tlb,
           DerivedStatistics& derived) const {
    AreaColumn column{.path = fmt::format("{}.{}", tlbs[tlb], name_of(measure_)), .sources = {}};
    // Thousands of points have a few geometries: each is estimated once.
    std::unordered_map<std::string, Value> known;
    std::vector<double> values;
    for (std::size_t i = 0; i < results.points.size(); ++i) {
      Value area;
      const auto counterpart = rtl_counterpart(geometries[i].tlb[tlb], geometries[i].mode);
      if (results.points[i].done && counterpart) {
        const std::string key =
            fmt::format("{} {}", to_text(counterpart->geometry), counterpart->exact);
        const auto [at, is_new] = known.try_emplace(key);
        if (is_new) at->second = of(*counterpart);
        area = at->second;
      }
      values.push_back(area.value);
      column.sources.push_back(area.source);
    }
    add_statistic(results, column.path, measure_ == AreaMeasure::gates ? "gates" : "flip-flops",
                  std::move(values));
    derived.areas.push_back(std::move(column));
  }

  AreaMeasure measure_;
  std::vector<KnownArea> known_;
  GeometryHull hull_;
  std::optional<AreaEstimate> estimate_;
};

void add_unit_memory(SweepResults& results, const PointGeometries& geometries) {
  for (std::size_t tlb = 0; tlb < std::size(tlbs); ++tlb) {
    std::vector<double> bits(results.points.size(), none);
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const auto counterpart = rtl_counterpart(geometries[i].tlb[tlb], geometries[i].mode);
      if (results.points[i].done && counterpart) bits[i] = unit_memory_bits(counterpart->geometry);
    }
    add_statistic(results, fmt::format("{}.unit_memory_bits", tlbs[tlb]), "bits", std::move(bits));
  }
}

}  // namespace

std::string_view to_text(AreaSource source) {
  switch (source) {
    case AreaSource::none:
      return "";
    case AreaSource::synthesised:
      return "synthesised";
    case AreaSource::other_policy:
      return "estimated: synthesised with another replacement, which the RTL has";
    case AreaSource::between:
      return "estimated between synthesised geometries";
    case AreaSource::beyond:
      return "estimated beyond the synthesised geometries";
  }
  return "";
}

std::size_t AreaColumn::count(AreaSource source) const {
  return static_cast<std::size_t>(std::ranges::count(sources, source));
}

DerivedStatistics add_derived_statistics(SweepResults& results) {
  const PointGeometries geometries(results);
  for (const std::string_view tlb : tlbs) add_misses(results, tlb);
  DerivedStatistics derived;
  Measure(AreaMeasure::gates, &Area::gates, results.areas).add(results, geometries, derived);
  Measure(AreaMeasure::flip_flops, &Area::flip_flops, results.areas)
      .add(results, geometries, derived);
  if (!derived.areas.empty()) add_unit_memory(results, geometries);
  return derived;
}

void add_gate_equivalents(SweepResults& results, const GateEquivalents& weights) {
  for (const std::string_view tlb : tlbs) {
    const auto part = [&](std::string_view name) {
      return results.statistic(fmt::format("{}.{}", tlb, name));
    };
    const Statistic* gates = part("gates");
    const Statistic* flip_flops = part("flip_flops");
    const Statistic* memory = part("unit_memory_bits");
    if (gates == nullptr || flip_flops == nullptr || memory == nullptr) continue;
    std::vector<double> sums(results.points.size());
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i] = gates->values[i] + weights.flip_flop * flip_flops->values[i] +
                weights.memory_bit * memory->values[i];
    }
    add_statistic(results, fmt::format("{}.gate_equivalents", tlb), "gate equivalents",
                  std::move(sums));
  }
}

}  // namespace kilburn::platform::report
