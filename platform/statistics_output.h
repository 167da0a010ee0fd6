// Where the statistics of a run go.
#pragma once

#include <string>

#include "common/statistic_writers.h"

namespace kilburn::platform {

/// A long run whose `file` (empty: none) cannot be written is refused before it starts: throws
/// InputError naming `option`.
void require_writable(const std::string& option, const std::string& file);

struct StatisticsOutput {
  std::string file;    ///< as JSON; empty: none
  bool table = false;  ///< printed with unit and meaning
  bool list = false;   ///< nothing is printed but a list of [path, value, unit]

  void require_writable() const { platform::require_writable("--stats", file); }
  /// Writes the file, and prints the list, or the table, or else `summary`.
  void write(const VisitStatistics& statistics, const std::string& summary) const;
};

}  // namespace kilburn::platform
