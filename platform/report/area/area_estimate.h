// The area of a TLB that was not synthesised: what its RTL's structure says, corrected by what was.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "platform/report/area/area_terms.h"

namespace kilburn::platform::report {

/// One synthesised geometry and one measure of it (gates, flip-flops).
struct KnownArea {
  RtlGeometry geometry;
  double value = 0;
};

/// Area = sum of c_k x term_k (area_terms.h). Each c_k is expected to be 1, give or take
/// `coefficient_spread`; each known area is expected to be met but for `model_error` of it. The c
/// are the most likely ones then (ridge regression towards 1 of the relative errors): with nothing
/// known the count itself, and what few known geometries cannot tell stays as counted, so that an
/// estimate far from them is the structure's and not a line drawn through them.
class AreaEstimate {
 public:
  static constexpr double model_error = 0.05;
  static constexpr double coefficient_spread = 0.3;

  AreaEstimate(AreaMeasure measure, const std::vector<KnownArea>& known);

  [[nodiscard]] double operator()(const RtlGeometry& geometry) const;
  /// What the c leave open at this geometry: a standard deviation, as a share of the estimate.
  [[nodiscard]] double uncertainty(const RtlGeometry& geometry) const;

 private:
  using Terms = std::array<double, area_terms>;
  using Matrix = std::array<Terms, area_terms>;

  AreaMeasure measure_;
  Matrix factor_{};  ///< Cholesky's, of the normal equations
  Terms coefficients_{};
};

}  // namespace kilburn::platform::report
