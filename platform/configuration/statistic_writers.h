// Statistics written out: as JSON, as a table to read, as a flat list for a results database.
//
//     write_file_atomically("run.json", statistics_json(statistics_of(walker)).dump(2) + "\n");
//     fmt::print("{}", statistics_table([&](StatisticVisitor& v) {
//       v.block("walker", walker.statistics());
//       v.block("dtlb", dtlb.statistics());
//     }));
//
// The same statistics give the same bytes, whatever the locale.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "common/statistics.h"
#include "common/text_file.h"

namespace kilburn {

/// Statistics without their type: shows all of them to the visitor given.
using VisitStatistics = std::function<void(StatisticVisitor&)>;

/// `statistics` must outlive what is returned.
template <class Statistics>
[[nodiscard]] VisitStatistics statistics_of(const Statistics& statistics) {
  return [&statistics](StatisticVisitor& v) { statistics.visit(v); };
}

/// Blocks as nested objects, keys in the order of declaration; a counter is an integer, a formula a
/// number whose digits read back to the same double (null where it is not finite), a histogram
/// {count, sum, mean, max, buckets: [[smallest sample, count], ...]} with the non-zero buckets.
[[nodiscard]] nlohmann::ordered_json statistics_json(const VisitStatistics& visit);

/// One line a statistic: name, value, unit, meaning, indented by block; under a histogram one line
/// a non-zero bucket with its share and a bar.
[[nodiscard]] std::string statistics_table(const VisitStatistics& visit);

/// One number of a run. A histogram gives four: path.count, .sum, .mean and .max.
struct StatisticValue {
  std::string path;  ///< "mmu.dtlb.hits"
  std::variant<std::uint64_t, double> value;
  std::string unit;
  friend bool operator==(const StatisticValue&, const StatisticValue&) = default;
};
[[nodiscard]] std::vector<StatisticValue> statistics_list(const VisitStatistics& visit);

}  // namespace kilburn
