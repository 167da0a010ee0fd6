// The subcommands of `kilburn trace`, each with its options.
#pragma once

#include <CLI/CLI.hpp>

namespace kilburn::platform {

void add_trace_record(CLI::App& parent, int& status);
void add_trace_convert(CLI::App& parent);
void add_trace_info(CLI::App& parent);
void add_trace_dump(CLI::App& parent);

}  // namespace kilburn::platform
