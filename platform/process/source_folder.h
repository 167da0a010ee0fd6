// The checkout that the program was built from: its traces, and the scripts that some commands run.
#pragma once

#include <string>

namespace kilburn::platform {

/// Without a slash at its end.
std::string source_folder();

}  // namespace kilburn::platform
