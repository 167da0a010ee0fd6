// Files of the repository: its recorded traces, by name and all of them, and what tests read.
#pragma once

#include <string>
#include <vector>

namespace kilburn {

/// Where the trace `name` is.
std::string shipped(const std::string& name);

/// Where a test's file is: "block_trace/data/msr.csv" is in tests/.
std::string test_file(const std::string& name);

/// Where each trace is, sorted.
std::vector<std::string> shipped_traces();

}  // namespace kilburn
