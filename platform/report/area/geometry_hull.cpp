#include "platform/report/area/geometry_hull.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <utility>

namespace kilburn::platform::report {

namespace {

constexpr std::size_t dimensions = 9;
constexpr double tolerance = 1e-9;
using Place = std::array<double, dimensions>;

Place place_of(const RtlGeometry& at) {
  return {std::log2(at.entries),
          std::log2(at.ways),
          std::log2(at.burst),
          static_cast<double>(at.context_in_tag),
          static_cast<double>(at.vpn_width),
          static_cast<double>(at.pfn_width),
          static_cast<double>(at.asid_width),
          static_cast<double>(at.vmid_width),
          static_cast<double>(at.realm_width)};
}

/// Is there a mixture (shares of at least 0 whose sum is 1) of `points` that is `target`? The first
/// phase of the simplex method: an artificial share for each equation, whose sum is made least. The
/// column that enters is the first that helps (Bland's rule), so that it cannot go in circles.
class Mixture {
 public:
  Mixture(const std::vector<Place>& points, const Place& target) : columns_(points.size()) {
    for (std::size_t row = 0; row <= dimensions; ++row) {
      std::vector<double> line;
      line.reserve(columns_ + 1);
      const double wanted = row < dimensions ? target[row] : 1.0;
      for (const Place& point : points) line.push_back(row < dimensions ? point[row] : 1.0);
      line.push_back(wanted);
      rows_.push_back(std::move(line));  // all are at least 0, as the method needs it
      basis_.push_back(columns_ + row);
    }
  }

  [[nodiscard]] bool exists() {
    for (;;) {
      const std::size_t entering = entering_column();
      if (entering == columns_) break;
      const std::size_t leaving = leaving_row(entering);
      if (leaving == rows_.size()) break;
      pivot(leaving, entering);
    }
    return missing() < tolerance;
  }

 private:
  [[nodiscard]] bool artificial(std::size_t row) const { return basis_[row] >= columns_; }
  [[nodiscard]] double missing() const {
    double sum = 0;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      if (artificial(row)) sum += rows_[row][columns_];
    }
    return sum;
  }
  [[nodiscard]] std::size_t entering_column() const {
    for (std::size_t column = 0; column < columns_; ++column) {
      double gain = 0;
      for (std::size_t row = 0; row < rows_.size(); ++row) {
        if (artificial(row)) gain += rows_[row][column];
      }
      if (gain > tolerance) return column;
    }
    return columns_;
  }
  [[nodiscard]] std::size_t leaving_row(std::size_t column) const {
    std::size_t best = rows_.size();
    double least = 0;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      if (rows_[row][column] <= tolerance) continue;
      const double ratio = rows_[row][columns_] / rows_[row][column];
      const bool tie = best < rows_.size() && ratio == least && basis_[row] < basis_[best];
      if (best == rows_.size() || ratio < least || tie) {
        best = row;
        least = ratio;
      }
    }
    return best;
  }
  void pivot(std::size_t row, std::size_t column) {
    const double divisor = rows_[row][column];
    for (double& value : rows_[row]) value /= divisor;
    for (std::size_t other = 0; other < rows_.size(); ++other) {
      const double factor = rows_[other][column];
      if (other == row || factor == 0) continue;
      for (std::size_t i = 0; i <= columns_; ++i) rows_[other][i] -= factor * rows_[row][i];
      rows_[other][columns_] = std::max(rows_[other][columns_], 0.0);
    }
    basis_[row] = column;
  }

  std::size_t columns_;
  std::vector<std::vector<double>> rows_;
  std::vector<std::size_t> basis_;
};

bool computed_ways(const RtlGeometry& at) {
  return at.sets() > 1 && !std::has_single_bit(at.ways);
}

}  // namespace

GeometryHull::GeometryHull(std::vector<RtlGeometry> spanning) : spanning_(std::move(spanning)) {}

bool GeometryHull::contains(const RtlGeometry& geometry) const {
  return !lacks_kind_of(geometry) && spans(geometry);
}

bool GeometryHull::spans(const RtlGeometry& geometry) const {
  std::vector<Place> points;
  points.reserve(spanning_.size());
  for (const RtlGeometry& one : spanning_) points.push_back(place_of(one));
  return Mixture(points, place_of(geometry)).exists();
}

bool GeometryHull::lacks_kind_of(const RtlGeometry& geometry) const {
  const auto none_has = [this](auto kind) { return std::ranges::none_of(spanning_, kind); };
  return (geometry.ways > 1 && none_has([&](const RtlGeometry& one) {
            return one.ways > 1 && one.tree_plru == geometry.tree_plru;
          })) ||
         (geometry.burst > 1 && none_has([&](const RtlGeometry& one) {
            return one.burst > 1 && one.line_fill == geometry.line_fill;
          })) ||
         (computed_ways(geometry) && none_has(computed_ways));
}

std::vector<RtlGeometry> corners_beyond(const GeometryHull& spanned,
                                        const std::vector<RtlGeometry>& of) {
  std::map<Place, RtlGeometry> beyond;
  Place sum{};
  for (const RtlGeometry& one : of) {
    const Place place = place_of(one);
    if (beyond.contains(place) || spanned.spans(one)) continue;
    beyond.emplace(place, one);
    for (std::size_t i = 0; i < dimensions; ++i) sum[i] += place[i];
  }
  // From the outermost on: what lies between those before it is no corner, and most does.
  std::vector<std::pair<double, RtlGeometry>> outermost;
  for (const auto& [place, geometry] : beyond) {
    double square = 0;
    for (std::size_t i = 0; i < dimensions; ++i) {
      const double from_middle = place[i] - sum[i] / static_cast<double>(beyond.size());
      square += from_middle * from_middle;
    }
    outermost.emplace_back(square, geometry);
  }
  std::ranges::stable_sort(outermost, std::greater{}, &std::pair<double, RtlGeometry>::first);
  std::vector<RtlGeometry> candidates;
  for (const auto& [square, geometry] : outermost) {
    std::vector<RtlGeometry> before = spanned.spanning();
    before.insert(before.end(), candidates.begin(), candidates.end());
    if (!GeometryHull(std::move(before)).spans(geometry)) candidates.push_back(geometry);
  }
  std::vector<RtlGeometry> corners;
  for (const RtlGeometry& one : candidates) {
    std::vector<RtlGeometry> others = spanned.spanning();
    std::ranges::remove_copy(candidates, std::back_inserter(others), one);
    if (!GeometryHull(std::move(others)).spans(one)) corners.push_back(one);
  }
  return corners;
}

}  // namespace kilburn::platform::report
