// The synthesised areas of a database as geometries and numbers.
#pragma once

#include <optional>
#include <vector>

#include "platform/report/area/area_estimate.h"
#include "platform/sweep/sweep_results.h"

namespace kilburn::platform::report {

/// One measure (&Area::gates, &Area::flip_flops) of the rows that have it and whose text is a
/// geometry.
[[nodiscard]] std::vector<KnownArea> known_areas(const std::vector<Area>& areas,
                                                 std::optional<double> Area::*measure);

}  // namespace kilburn::platform::report
