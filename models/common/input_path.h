// Names of input files: standard input by its name "-", and what can be read only once.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace kilburn {

/// What a command line calls standard input. A file of that name is "./-".
inline constexpr std::string_view standard_input = "-";

/// Where the bytes are: the path itself, or that of standard input.
[[nodiscard]] std::filesystem::path input_path(const std::filesystem::path& given);

/// The name of an input in messages.
[[nodiscard]] std::string input_name(const std::filesystem::path& given);

/// False for what loses its bytes as they are read: a pipe, a FIFO, a terminal. True for a file,
/// and for what is not there, of which whoever opens it will tell.
[[nodiscard]] bool readable_again(const std::filesystem::path& given);

}  // namespace kilburn
