// The TLBs' geometries of a sweep's points.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "platform/node/platform_config.h"
#include "platform/sweep/sweep_results.h"
#include "platform/sweep/tlb_geometry.h"

namespace kilburn::platform::report {

/// What decides the geometries of a point's TLBs.
struct Geometries {
  std::array<burst_tlb::TlbConfig, std::size(sweep::tlb_paths)> tlb{};
  PagingMode mode{};
};

/// The geometries of all points; points that have the same settings share the work.
class PointGeometries {
 public:
  /// Throws InputError where meta's `configuration` is no configuration of this program.
  explicit PointGeometries(const SweepResults& results);

  [[nodiscard]] const Geometries& operator[](std::size_t point) const {
    return distinct_[of_point_[point]];
  }
  [[nodiscard]] const std::vector<Geometries>& distinct() const { return distinct_; }

 private:
  std::size_t find(const SweepResults& results, const Point& point);

  PlatformConfig fixed_;
  std::unordered_map<std::string, std::size_t> known_;
  std::vector<Geometries> distinct_;
  std::vector<std::size_t> of_point_;
};

/// Does a setting of `path` decide the geometry of `tlb` (or, with `os.mode`, of all)?
[[nodiscard]] bool decides_geometry(std::string_view path, std::string_view tlb);

}  // namespace kilburn::platform::report
