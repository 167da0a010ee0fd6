#include "platform/report/area/synthesis_plan.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kilburn::platform::report {

namespace {

/// Two minutes for 100 k gates with 8 units. Replaced by what the first run takes.
constexpr double usual_pace = 1.1e-4;
/// What is expected to take nearly all that is left might be cut off, and its time be lost.
constexpr double reserve = 1.25;

/// Work of a synthesis, in a unit that the pace gives its seconds.
double work_of(const RtlGeometry& geometry, double gates) {
  return std::pow(std::max(gates, 1.0), SynthesisPlan::growth) *
         (1 + geometry.burst / SynthesisPlan::units_of_double_work);
}

void drop(std::vector<RtlGeometry>& from, const RtlGeometry& geometry) {
  std::erase(from, geometry);
}

}  // namespace

SynthesisPlan::SynthesisPlan(std::vector<RtlGeometry> wanted, std::vector<KnownArea> known)
    : left_(std::move(wanted)), known_(std::move(known)) {}

double SynthesisPlan::expected_seconds(const RtlGeometry& geometry) const {
  return pace_.value_or(usual_pace) * work_of(geometry, estimate()(geometry));
}

void SynthesisPlan::synthesised(const RtlGeometry& geometry, double gates, double seconds) {
  drop(left_, geometry);
  known_.push_back({geometry, gates});
  pace_ = seconds / work_of(geometry, gates);
}

void SynthesisPlan::leave_out(const RtlGeometry& geometry) {
  drop(left_, geometry);
}

GeometryHull SynthesisPlan::hull() const {
  std::vector<RtlGeometry> spanning;
  spanning.reserve(known_.size());
  for (const KnownArea& area : known_) spanning.push_back(area.geometry);
  return GeometryHull(std::move(spanning));
}

std::vector<RtlGeometry> SynthesisPlan::corners(std::vector<RtlGeometry> of) const {
  // The cheapest first; of equal ones, in one place, the one of a kind that is not known.
  const GeometryHull spanned = hull();
  const AreaEstimate gates = estimate();
  std::ranges::stable_sort(of, {}, [&](const RtlGeometry& one) {
    return std::pair(gates(one), !spanned.lacks_kind_of(one));
  });
  std::vector<RtlGeometry> found = corners_beyond(spanned, of);
  std::ranges::stable_sort(found, {}, gates);
  if (!found.empty()) return found;
  const auto lacked =
      std::ranges::find_if(of, [&](const RtlGeometry& one) { return spanned.lacks_kind_of(one); });
  if (lacked != of.end()) found.push_back(*lacked);
  return found;
}

std::optional<RtlGeometry> SynthesisPlan::next(double seconds) const {
  std::vector<RtlGeometry> fitting;
  std::ranges::copy_if(left_, std::back_inserter(fitting), [&](const RtlGeometry& one) {
    return !pace_ || reserve * expected_seconds(one) <= seconds;
  });
  if (fitting.empty()) return std::nullopt;
  const std::vector<RtlGeometry> at_corners = corners(fitting);
  if (!at_corners.empty()) return at_corners.front();
  const AreaEstimate gates = estimate();
  return std::ranges::max(fitting, {},
                          [&](const RtlGeometry& one) { return gates.uncertainty(one); });
}

std::vector<RtlGeometry> SynthesisPlan::missing_corners() const {
  return corners(left_);
}

std::size_t SynthesisPlan::between() const {
  const GeometryHull spanned = hull();
  return static_cast<std::size_t>(
      std::ranges::count_if(left_, [&](const RtlGeometry& one) { return spanned.contains(one); }));
}

}  // namespace kilburn::platform::report
