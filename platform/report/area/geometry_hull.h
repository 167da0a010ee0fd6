// Which geometries lie between others: where an estimate of their area needs no extrapolation.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "platform/report/area/rtl_geometry.h"

namespace kilburn::platform::report {

/// The convex hull of geometries over log2 of entries, ways and units, the context's place and the
/// widths. Replacement, fill and ways that are no power of two are kinds: one of each that a
/// geometry has must be among those that span the hull.
class GeometryHull {
 public:
  explicit GeometryHull(std::vector<RtlGeometry> spanning);

  /// Its borders belong to it.
  [[nodiscard]] bool contains(const RtlGeometry& geometry) const;
  /// Whether it lies in the hull, whatever its kinds.
  [[nodiscard]] bool spans(const RtlGeometry& geometry) const;
  /// Is one of the kinds that `geometry` has among none of those that span the hull?
  [[nodiscard]] bool lacks_kind_of(const RtlGeometry& geometry) const;
  [[nodiscard]] const std::vector<RtlGeometry>& spanning() const { return spanning_; }

 private:
  std::vector<RtlGeometry> spanning_;
};

/// The corners, beyond `spanned`, of the hull of both: of the geometries in `of` those that lie
/// between no others. Of several in one place (which differ in kind) the first.
[[nodiscard]] std::vector<RtlGeometry> corners_beyond(const GeometryHull& spanned,
                                                      const std::vector<RtlGeometry>& of);

}  // namespace kilburn::platform::report
