// The traces of a space: patterns matched against files, and what identifies a trace.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "platform/sweep/space_file.h"

namespace kilburn::platform::sweep {

/// Traces that run side by side, each a process; of a drive one block trace, or none: the
/// configured flows.
struct Workload {
  std::string name;                           ///< as given, joined by "+"
  std::vector<std::string> given;             ///< as given: relative to the space's folder
  std::vector<std::filesystem::path> traces;  ///< the same, from the working directory
};

/// Matches are in alphabetical order. Throws InputError where a name or pattern matches no file, or
/// a workload is there twice.
[[nodiscard]] std::vector<Workload> find_workloads(const SpaceFile& space);

/// XXH3-128 of the workload's traces, byte for byte. Throws InputError where one cannot be read.
[[nodiscard]] std::string content_hash(const Workload& workload);

/// XXH3-128 of `text`, 32 hexadecimal digits.
[[nodiscard]] std::string hash_text(std::string_view text);

}  // namespace kilburn::platform::sweep
