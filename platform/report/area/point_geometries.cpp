#include "platform/report/area/point_geometries.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "platform/configuration/config_file.h"

namespace kilburn::platform::report {

namespace {

Geometries geometries_of(const PlatformConfig& config) {
  // Their TLB part: what stands in a TLB's place, its model or its RTL, is not its geometry.
  const burst_tlb::TlbConfig& itlb = config.mmu.first_level.itlb;
  const burst_tlb::TlbConfig& dtlb = config.mmu.first_level.dtlb;
  return {.tlb = {itlb, dtlb, config.mmu.service.l2tlb}, .mode = config.os.paging_mode()};
}

}  // namespace

bool decides_geometry(std::string_view path, std::string_view tlb) {
  return path == "os.mode" || (path.starts_with(tlb) && path.substr(tlb.size()).starts_with('.'));
}

PointGeometries::PointGeometries(const SweepResults& results) {
  parse_config(fixed_, results.meta_or_empty("configuration"), "configuration in the database");
  of_point_.reserve(results.points.size());
  for (const Point& point : results.points) of_point_.push_back(find(results, point));
}

std::size_t PointGeometries::find(const SweepResults& results, const Point& point) {
  std::vector<std::string> settings;
  for (std::size_t axis = 0; axis < results.axes.size(); ++axis) {
    const auto& [path, kind, unit] = results.axes[axis];
    const bool is_parameter = kind == "parameter" || kind == "dependent";
    if (!is_parameter || point.values[axis].empty()) continue;
    if (std::ranges::none_of(sweep::tlb_paths, [&path = path](std::string_view tlb) {
          return decides_geometry(path, tlb);
        })) {
      continue;
    }
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

}  // namespace kilburn::platform::report
