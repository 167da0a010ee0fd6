// kilburn linux: Debian's Linux on the board, at the terminal or by a script.
#pragma once

#include <CLI/CLI.hpp>

namespace kilburn::platform {

/// Adds the subcommand; `status` receives the exit status.
void add_linux_command(CLI::App& app, int& status);

}  // namespace kilburn::platform
