// kilburn sweep area: the synthesised area of the TLBs of a sweep.
#pragma once

#include <CLI/CLI.hpp>

namespace kilburn::platform {

/// Adds it to `sweep`.
void add_area_command(CLI::App& sweep, int& status);

}  // namespace kilburn::platform
