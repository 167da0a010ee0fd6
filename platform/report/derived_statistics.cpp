#include "platform/report/derived_statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>

#include "common/config_file.h"
#include "platform/platform_config.h"
#include "platform/report/area_estimate.h"
#include "platform/report/rtl_geometry.h"
#include "platform/sweep/tlb_geometry.h"

namespace kilburn::platform::report {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr auto& tlbs = sweep::tlb_paths;

/// What decides the geometries of a point's TLBs.
struct Geometries {
  std::array<burst_tlb::TlbConfig, std::size(tlbs)> tlb{};
  PagingMode mode{};
};

Geometries geometries_of(const PlatformConfig& config) {
  // Their TLB part: what stands in a TLB's place, its model or its RTL, is not its geometry.
  const burst_tlb::TlbConfig& itlb = config.mmu.first_level.itlb;
  const burst_tlb::TlbConfig& dtlb = config.mmu.first_level.dtlb;
  return {.tlb = {itlb, dtlb, config.mmu.service.l2tlb}, .mode = config.os.paging_mode()};
}

bool decides_geometry(std::string_view path) {
  return path == "os.mode" || std::ranges::any_of(tlbs, [&](std::string_view tlb) {
           return path.starts_with(tlb) && path.substr(tlb.size()).starts_with('.');
         });
}

/// The geometries of all points; points that have the same settings share the work.
class PointGeometries {
 public:
  explicit PointGeometries(const SweepResults& results) {
    parse_config(fixed_, results.meta_or_empty("configuration"), "configuration in the database");
    of_point_.reserve(results.points.size());
    for (const Point& point : results.points) of_point_.push_back(find(results, point));
  }
  [[nodiscard]] const Geometries& operator[](std::size_t point) const {
    return distinct_[of_point_[point]];
  }

 private:
  std::size_t find(const SweepResults& results, const Point& point) {
    std::vector<std::string> settings;
    for (std::size_t axis = 0; axis < results.axes.size(); ++axis) {
      const auto& [path, kind, unit] = results.axes[axis];
      const bool is_parameter = kind == "parameter" || kind == "dependent";
      if (!is_parameter || !decides_geometry(path) || point.values[axis].empty()) continue;
      settings.push_back(path + "=" + point.values[axis]);
    }
    const std::string all = fmt::format("{}", fmt::join(settings, "\n"));
    const auto [found, is_new] = known_.try_emplace(all, distinct_.size());
    if (is_new) {
      PlatformConfig config = fixed_;
      for (const std::string& setting : settings) apply_setting(config, setting);
      distinct_.push_back(geometries_of(config));
    }
    return found->second;
  }

  PlatformConfig fixed_;
  std::unordered_map<std::string, std::size_t> known_;
  std::vector<Geometries> distinct_;
  std::vector<std::size_t> of_point_;
};

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
