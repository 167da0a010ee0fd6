// The page of a sweep: everything in one HTML file.
#pragma once

#include <string>
#include <vector>

#include "platform/report/area/derived_statistics.h"
#include "platform/sweep/sweep_results.h"

namespace kilburn::platform::report {

struct Page {
  std::string text;
  std::vector<AreaColumn> areas;  ///< where the areas on it come from
};

/// The page, with data, program and charts' library within; it asks for nothing outside. Adds the
/// derived statistics to `results`. Throws InputError where these cannot be computed.
[[nodiscard]] Page report_page(SweepResults results);

}  // namespace kilburn::platform::report
