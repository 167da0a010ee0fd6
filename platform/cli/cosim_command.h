// kilburn cosim: RTL and model on one stream, compared at every cycle.
#pragma once

#include <CLI/CLI.hpp>

namespace kilburn::platform {

void add_cosim_command(CLI::App& app, int& status);

}  // namespace kilburn::platform
