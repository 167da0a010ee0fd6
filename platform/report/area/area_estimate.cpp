#include "platform/report/area/area_estimate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kilburn::platform::report {

namespace {

using Terms = std::array<double, area_terms>;
using Matrix = std::array<Terms, area_terms>;

double dot(const Terms& left, const Terms& right) {
  return std::inner_product(left.begin(), left.end(), right.begin(), 0.0);
}

/// Lower triangle L with L x L' = `matrix`, which is symmetric and positive definite.
Matrix cholesky(const Matrix& matrix) {
  Matrix lower{};
  for (std::size_t i = 0; i < area_terms; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double rest = matrix[i][j];
      for (std::size_t k = 0; k < j; ++k) rest -= lower[i][k] * lower[j][k];
      lower[i][j] = i == j ? std::sqrt(rest) : rest / lower[j][j];
    }
  }
  return lower;
}

/// x with L x = `right`.
Terms forward(const Matrix& lower, Terms right) {
  for (std::size_t i = 0; i < area_terms; ++i) {
    for (std::size_t k = 0; k < i; ++k) right[i] -= lower[i][k] * right[k];
    right[i] /= lower[i][i];
  }
  return right;
}

/// x with L' x = `right`.
Terms backward(const Matrix& lower, Terms right) {
  for (std::size_t i = area_terms; i-- > 0;) {
    for (std::size_t k = i + 1; k < area_terms; ++k) right[i] -= lower[k][i] * right[k];
    right[i] /= lower[i][i];
  }
  return right;
}

}  // namespace

AreaEstimate::AreaEstimate(AreaMeasure measure, const std::vector<KnownArea>& known)
    : measure_(measure) {
  constexpr double ridge = model_error * model_error / (coefficient_spread * coefficient_spread);
  Matrix normal{};
  Terms right{};
  for (std::size_t k = 0; k < area_terms; ++k) normal[k][k] = right[k] = ridge;
  for (const KnownArea& area : known) {
    // Dividing by the value makes the errors relative: small geometries count as much as large.
    Terms at = terms_of(measure, area.geometry);
    for (double& term : at) term /= std::max(area.value, 1.0);
    for (std::size_t i = 0; i < area_terms; ++i) {
      for (std::size_t j = 0; j < area_terms; ++j) normal[i][j] += at[i] * at[j];
      right[i] += at[i];
    }
  }
  factor_ = cholesky(normal);
  coefficients_ = backward(factor_, forward(factor_, right));
}

double AreaEstimate::operator()(const RtlGeometry& geometry) const {
  return dot(terms_of(measure_, geometry), coefficients_);
}

double AreaEstimate::uncertainty(const RtlGeometry& geometry) const {
  Terms at = terms_of(measure_, geometry);
  const double estimate = std::max(dot(at, coefficients_), 1.0);
  for (double& term : at) term /= estimate;
  const Terms open = forward(factor_, at);
  return model_error * std::sqrt(dot(open, open));
}

}  // namespace kilburn::platform::report
