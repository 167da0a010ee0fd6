// kilburn sweep: a space of platforms into a results database; export and collect.
#pragma once

#include <CLI/CLI.hpp>

namespace kilburn::platform {

/// Adds `sweep` and its subcommands; `status` receives the exit status: 0; 1 where points failed or
/// are missing; 130 after Ctrl-C.
void add_sweep_command(CLI::App& app, int& status);

}  // namespace kilburn::platform
