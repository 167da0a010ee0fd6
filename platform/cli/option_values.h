// What holds for the values of all options alike.
#pragma once

#include <CLI/CLI.hpp>

namespace kilburn::platform {

/// An empty value (`--stats "$NAME"`, where nobody set NAME) is no file, no number and no list: it
/// is refused at its option, in `app` and all its subcommands. Parts of a command line for somebody
/// else may be empty: --append, and the program of `trace record`.
void refuse_empty_values(CLI::App& app);

}  // namespace kilburn::platform
