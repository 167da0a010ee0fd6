// kilburn demo: one trace that a burst TLB wins, one that it loses, and why.
#pragma once

#include <CLI/CLI.hpp>

namespace kilburn::platform {

void add_demo_command(CLI::App& app, int& status);

}  // namespace kilburn::platform
