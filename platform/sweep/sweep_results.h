// The results of a sweep as the report needs them: a column for each statistic, read at once from
// the tables that docs/sweep.md describes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kilburn::platform::report {

/// Something that varies.
struct Axis {
  std::string path;  ///< "mmu.dtlb.entries"
  std::string kind;  ///< trace, seed, parameter, group, storage_bits or dependent
  std::string unit;
};

struct Point {
  std::int64_t number = 0;
  std::string key;
  std::string workload;  ///< paths joined by "+"
  std::string seed;      ///< empty: as configured
  std::string engine;
  bool done = false;
  std::string message;  ///< why it failed
  std::string command;
  std::vector<std::string> values;  ///< one an axis; empty where it has none
};

struct Statistic {
  std::string path;
  std::string unit;
  std::vector<double> values;  ///< one a point; NaN where it has none
};

/// One synthesised geometry of a TLB.
struct Area {
  std::string geometry;  ///< "ENTRIES=64 WAYS=64 BURST=8 ..."
  std::optional<double> flip_flops;
  std::optional<double> gates;
};

struct SweepResults {
  std::map<std::string, std::string, std::less<>> meta;
  std::vector<Axis> axes;
  std::vector<Point> points;  ///< by number
  std::vector<Statistic> statistics;
  std::vector<Area> areas;

  [[nodiscard]] std::string_view meta_or_empty(std::string_view key) const;
  /// Null where there is none.
  [[nodiscard]] const Statistic* statistic(std::string_view path) const;
};

/// Reads the database, and changes nothing in it. Throws InputError naming `path` where it cannot
/// be read, is no results database, or has tables of another version.
[[nodiscard]] SweepResults read_sweep_results(const std::string& path);

}  // namespace kilburn::platform::report
