#include "platform/report/area/known_areas.h"

#include <algorithm>

namespace kilburn::platform::report {

std::vector<KnownArea> known_areas(const std::vector<Area>& areas,
                                   std::optional<double> Area::*measure) {
  std::vector<KnownArea> known;
  for (const Area& area : areas) {
    const auto geometry = parse_rtl_geometry(area.geometry);
    if (!geometry || !(area.*measure).has_value()) continue;
    // Rows may differ in what makes no difference, such as the fill of one unit.
    if (std::ranges::find(known, *geometry, &KnownArea::geometry) != known.end()) continue;
    known.push_back({*geometry, *(area.*measure)});
  }
  return known;
}

}  // namespace kilburn::platform::report
