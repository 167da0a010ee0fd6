// kilburn params: every parameter with unit, range, default and meaning.
#pragma once

#include <CLI/CLI.hpp>

namespace kilburn::platform {

void add_params_command(CLI::App& app);

}  // namespace kilburn::platform
