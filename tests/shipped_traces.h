// The recorded traces of the repository, by name and all of them.
#pragma once

#include <string>
#include <vector>

namespace kilburn {

/// Where the trace `name` is.
std::string shipped(const std::string& name);

/// Where each is, sorted.
std::vector<std::string> shipped_traces();

}  // namespace kilburn
