// kilburn ssd: a drive without harts: run, info, check.
#pragma once

#include <CLI/CLI.hpp>

namespace kilburn::platform {

/// Adds the subcommand; `status` receives the exit status.
void add_ssd_command(CLI::App& app, int& status);

}  // namespace kilburn::platform
