// kilburn report: one page of a sweep's results.
#pragma once

#include <CLI/CLI.hpp>

namespace kilburn::platform {

/// Adds the subcommand.
void add_report_command(CLI::App& app);

}  // namespace kilburn::platform
