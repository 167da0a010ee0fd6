// What is said of a command line that cannot be understood.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace kilburn::platform {

/// One line for each fault, in the order of the command line, the command named first:
///
///     kilburn run: --trce: no such option; did you mean --trace?
///     kilburn: rn: no such subcommand; did you mean run? there are run, linux, ...
///
/// Words that nobody knows come first: what CLI11 found missing is mostly what they were meant to
/// be. The last line says where the help is.
[[nodiscard]] std::string text_of(const CLI::App& app, const CLI::ParseError& error);

/// Names of the subcommands, in the order of the help.
[[nodiscard]] std::vector<std::string> subcommands_of(const CLI::App& app);

}  // namespace kilburn::platform
