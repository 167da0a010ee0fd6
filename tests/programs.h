// Programs of the distribution that tests compare with.
#pragma once

#include <array>
#include <cstdlib>
#include <string>

namespace kilburn::testing {

/// Runs a shell command; true for exit status 0.
inline bool run(const std::string& command) {
  return std::system(command.c_str()) == 0;  // NOLINT: names of temporary files only
}

inline bool installed(const std::string& program) {
  return run("command -v " + program + " >/dev/null 2>&1");
}

}  // namespace kilburn::testing

#define KILBURN_NEEDS(program)                 \
  if (!::kilburn::testing::installed(program)) \
  FAIL() << "needs " << (program) << ": the launcher installs it"
