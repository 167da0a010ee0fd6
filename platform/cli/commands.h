// All commands of the program.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace kilburn::platform {

/// Adds every subcommand, `help` and `version` among them. `version`: what the last one prints.
/// Callbacks give the exit status to `status`; both must live as long as `app`.
void add_commands(CLI::App& app, const std::string& version, int& status);

}  // namespace kilburn::platform
