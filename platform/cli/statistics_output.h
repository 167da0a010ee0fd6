// Where the statistics of a run go.
#pragma once

#include <string>

#include "common/output_file.h"
#include "platform/configuration/statistic_writers.h"

namespace kilburn::platform {

/// A long run whose `file` (empty: none) cannot be written is refused before it starts: throws
/// InputError naming `option`.
void require_writable(const std::string& option, const std::string& file);

struct StatisticsOutput {
  std::string file;    ///< as JSON; empty: none; "-" or /dev/stdout: nothing else goes there
  bool table = false;  ///< printed with unit and meaning
  bool list = false;   ///< nothing is printed but a list of [path, value, unit]

  /// Throws InputError where the file cannot be written, or is not all of what standard output is
  /// to show.
  void require_writable() const;
  /// Nothing else may be printed there.
  [[nodiscard]] bool fills_standard_output() const {
    return list || (!file.empty() && is_standard_output(file));
  }
  /// Writes the file, and prints the list, or the table, or else `summary`.
  void write(const VisitStatistics& statistics, const std::string& summary) const;
};

}  // namespace kilburn::platform
