// kilburn run: traces through a configured platform.
#pragma once

#include <CLI/CLI.hpp>

namespace kilburn::platform {

/// Adds the subcommand; `status` receives the exit status.
void add_run_command(CLI::App& app, int& status);

}  // namespace kilburn::platform
