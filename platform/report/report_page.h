// The page of a sweep: everything in one HTML file.
#pragma once

#include <string>

#include "platform/report/sweep_results.h"

namespace kilburn::platform::report {

/// The page, with data, program and charts' library within; it asks for nothing outside. Adds the
/// derived statistics to `results`. Throws InputError where these cannot be computed.
[[nodiscard]] std::string report_page(SweepResults results);

}  // namespace kilburn::platform::report
