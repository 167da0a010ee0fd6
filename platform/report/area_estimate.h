// The area of a TLB between the geometries that were synthesised: a least-squares fit on what its
// RTL's cost is made of.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "platform/report/rtl_geometry.h"

namespace kilburn::platform::report {

/// One synthesised geometry and one measure of it (gates, flip-flops).
struct KnownArea {
  RtlGeometry geometry;
  double value = 0;
};

/// Area = a x (entries x tag bits) + b x (entries x units) + c x (ways x tag bits) + d: tags,
/// units, comparators, ports. The coefficients make the sum of the squares of the relative errors
/// least. With fewer than five known geometries the terms at the end are left out: one less than
/// there are geometries remain, at least the first.
class AreaEstimate {
 public:
  static constexpr std::size_t terms = 4;

  /// Needs at least one known area.
  explicit AreaEstimate(const std::vector<KnownArea>& known);

  /// Negative or zero where the fit says nothing sensible about the geometry.
  [[nodiscard]] double operator()(const RtlGeometry& geometry) const;
  /// Is the geometry, by entries x tag bits and by entries x units, between the known ones?
  [[nodiscard]] bool within(const RtlGeometry& geometry) const;
  [[nodiscard]] const std::array<double, terms>& coefficients() const { return coefficients_; }

 private:
  std::array<double, terms> coefficients_{};
  std::array<double, terms> smallest_{};
  std::array<double, terms> largest_{};
};

/// How far the estimate is off at each known geometry when that one is left out of the fit, as a
/// share of the known value: 0.1 is 10 % too much. Empty with fewer than two.
[[nodiscard]] std::vector<double> errors_when_left_out(const std::vector<KnownArea>& known);

}  // namespace kilburn::platform::report
