// The command line's `trace`: record, info, convert, dump.
#pragma once

#include <CLI/CLI.hpp>

namespace kilburn::platform {

/// Adds `trace` and its subcommands to `app`. They run while `app` parses, set `status` to the exit
/// status (of `record`: the recorded program's) and throw InputError for bad input.
void add_trace_command(CLI::App& app, int& status);

}  // namespace kilburn::platform
