// What a trace says of its origin, as options give it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "trace/trace.h"

namespace kilburn::platform {

/// --meta, as often as wanted.
void add_metadata(CLI::App& command, std::vector<std::string>& items);
/// Of items such as "origin=Debian". Throws InputError where one is none.
[[nodiscard]] trace::Metadata parse_metadata(const std::vector<std::string>& items);

}  // namespace kilburn::platform
