// Errors of the user's making: they name the place and what is allowed, and end with status 2.
#pragma once

#include <stdexcept>
#include <string>

namespace kilburn {

/// Bad input: configuration, trace, ELF, command line. `what()` is the whole message for the user,
/// e.g. "platform.toml:12: mmu.dtlb.entries = 0: allowed 1 to 65536".
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace kilburn
