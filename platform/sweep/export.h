// A results database as a table to read elsewhere.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kilburn::platform::sweep {

/// A column that is computed, not stored: cells by a point's number, empty where there is none.
struct ExtraColumn {
  std::string title;
  std::map<std::int64_t, std::string> cells;
};

/// CSV (RFC 4180) with one row a point, in order: number, a column an axis, state, message, engine,
/// key, then every statistic under "path [unit]", then `extra`. Reals read back to the same double.
/// Throws InputError where `database` is none.
[[nodiscard]] std::string export_csv(const std::string& database,
                                     const std::vector<ExtraColumn>& extra = {});

}  // namespace kilburn::platform::sweep
