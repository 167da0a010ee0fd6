// In which order geometries are synthesised, so that the time that there is tells most about all.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "platform/report/area/area_estimate.h"
#include "platform/report/area/geometry_hull.h"

namespace kilburn::platform::report {

/// Corners of the space first (what no mixture of others is), the cheapest of them first; then one
/// of each kind that none of them has; then where the estimate of the gates is least certain. What
/// is expected to take longer than the time that is left is put behind.
///
/// Seconds are expected to grow with the estimated gates to the power `growth`, and with units,
/// whose invalidation comparators take longer than their gates say; the last run says how fast this
/// machine is.
class SynthesisPlan {
 public:
  /// Of fourteen runs of Yosys 0.23 with rtl/burst_tlb/area's script, 11 k to 133 k gates: they are
  /// met within a factor of two.
  static constexpr double growth = 1.15;
  static constexpr double units_of_double_work = 12;

  /// `wanted`: what is not synthesised; `known`: gates of what is.
  SynthesisPlan(std::vector<RtlGeometry> wanted, std::vector<KnownArea> known);

  /// What to synthesise next; nothing where no geometry is expected to fit into `seconds`. Before
  /// the first run there is no expectation to go by: then something always fits.
  [[nodiscard]] std::optional<RtlGeometry> next(double seconds) const;
  /// `geometry` has taken `seconds`.
  void synthesised(const RtlGeometry& geometry, double gates, double seconds);
  /// `geometry` cannot be synthesised: it is left out from here on.
  void leave_out(const RtlGeometry& geometry);

  [[nodiscard]] double expected_seconds(const RtlGeometry& geometry) const;
  /// Corners of what is wanted that are neither synthesised nor left out, the cheapest first;
  /// without any, one of a kind that none has.
  [[nodiscard]] std::vector<RtlGeometry> missing_corners() const;
  /// Is anything synthesised, now or before?
  [[nodiscard]] bool synthesised_any() const { return !known_.empty(); }
  /// How many of those that are left lie between synthesised ones.
  [[nodiscard]] std::size_t between() const;
  [[nodiscard]] const std::vector<RtlGeometry>& left() const { return left_; }

 private:
  [[nodiscard]] AreaEstimate estimate() const { return {AreaMeasure::gates, known_}; }
  [[nodiscard]] GeometryHull hull() const;
  [[nodiscard]] std::vector<RtlGeometry> corners(std::vector<RtlGeometry> of) const;

  std::vector<RtlGeometry> left_;
  std::vector<KnownArea> known_;
  std::optional<double> pace_;  ///< seconds a unit of work
};

}  // namespace kilburn::platform::report
