#include "platform/report/area_estimate.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace kilburn::platform::report {

namespace {

using Terms = std::array<double, AreaEstimate::terms>;
using Column = std::vector<double>;

Terms terms_of(const RtlGeometry& geometry) {
  const double entries = geometry.entries;
  const double tag_bits = geometry.tag_bits();
  return {entries * tag_bits, entries * geometry.burst, geometry.ways * tag_bits, 1.0};
}

double dot(const Column& left, const Column& right) {
  return std::inner_product(left.begin(), left.end(), right.begin(), 0.0);
}

void subtract(Column& from, double times, const Column& what) {
  for (std::size_t i = 0; i < from.size(); ++i) from[i] -= times * what[i];
}

/// Least squares by Gram-Schmidt. A column that the ones before it span gets the coefficient 0: all
/// known geometries being fully associative, say, comparators cannot be told from tags.
std::vector<double> least_squares(std::vector<Column> columns, Column target) {
  constexpr double dependent = 1e-9;  // of a column's length
  const std::size_t count = columns.size();
  std::vector<Column> factors(count, Column(count, 0.0));
  std::vector<double> projections(count, 0.0);
  std::vector<bool> used(count, false);
  for (std::size_t k = 0; k < count; ++k) {
    const double length = std::sqrt(dot(columns[k], columns[k]));
    for (std::size_t j = 0; j < k; ++j) {
      if (!used[j]) continue;
      factors[j][k] = dot(columns[j], columns[k]);
      subtract(columns[k], factors[j][k], columns[j]);
    }
    const double rest = std::sqrt(dot(columns[k], columns[k]));
    used[k] = rest > dependent * length;
    if (!used[k]) continue;
    factors[k][k] = rest;
    for (double& value : columns[k]) value /= rest;
    projections[k] = dot(columns[k], target);
    subtract(target, projections[k], columns[k]);
  }
  std::vector<double> solution(count, 0.0);
  for (std::size_t k = count; k-- > 0;) {
    if (!used[k]) continue;
    double value = projections[k];
    for (std::size_t j = k + 1; j < count; ++j) value -= factors[k][j] * solution[j];
    solution[k] = value / factors[k][k];
  }
  return solution;
}

}  // namespace

AreaEstimate::AreaEstimate(const std::vector<KnownArea>& known) {
  assert(!known.empty() && "an estimate stands on something known");
  const std::size_t used = std::clamp<std::size_t>(known.size() - 1, 1, terms);
  std::vector<Column> columns(used, Column(known.size()));
  smallest_ = largest_ = terms_of(known.front().geometry);
  for (std::size_t i = 0; i < known.size(); ++i) {
    const Terms at = terms_of(known[i].geometry);
    // Dividing by the value makes the errors relative: small geometries count as much as large.
    for (std::size_t k = 0; k < used; ++k) columns[k][i] = at[k] / std::max(known[i].value, 1.0);
    for (std::size_t k = 0; k < terms; ++k) {
      smallest_[k] = std::min(smallest_[k], at[k]);
      largest_[k] = std::max(largest_[k], at[k]);
    }
  }
  Column target(known.size());
  std::ranges::transform(known, target.begin(), [](const KnownArea& area) {
    return area.value / std::max(area.value, 1.0);
  });
  std::ranges::copy(least_squares(std::move(columns), std::move(target)), coefficients_.begin());
}

double AreaEstimate::operator()(const RtlGeometry& geometry) const {
  const Terms at = terms_of(geometry);
  return std::inner_product(at.begin(), at.end(), coefficients_.begin(), 0.0);
}

bool AreaEstimate::within(const RtlGeometry& geometry) const {
  const Terms at = terms_of(geometry);
  const auto inside = [&](std::size_t k) { return at[k] >= smallest_[k] && at[k] <= largest_[k]; };
  return inside(0) && inside(1);
}

std::vector<double> errors_when_left_out(const std::vector<KnownArea>& known) {
  std::vector<double> errors;
  if (known.size() < 2) return errors;
  for (std::size_t i = 0; i < known.size(); ++i) {
    std::vector<KnownArea> others = known;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    const double estimate = AreaEstimate(others)(known[i].geometry);
    errors.push_back((estimate - known[i].value) / std::max(known[i].value, 1.0));
  }
  return errors;
}

}  // namespace kilburn::platform::report
