// Where the statistics of a run go.
#pragma once

#include <string>

#include "common/statistic_writers.h"

namespace kilburn::platform {

struct StatisticsOutput {
  std::string file;    ///< as JSON; empty: none
  bool table = false;  ///< printed with unit and meaning
  bool list = false;   ///< nothing is printed but a list of [path, value, unit]

  /// A long run whose statistics have no place to go is refused before it starts: throws
  /// InputError.
  void require_writable() const;
  /// Writes the file, and prints the list, or the table, or else `summary`.
  void write(const VisitStatistics& statistics, const std::string& summary) const;
};

}  // namespace kilburn::platform
