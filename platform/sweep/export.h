// A results database as a table to read elsewhere.
#pragma once

#include <string>

namespace kilburn::platform::sweep {

/// CSV (RFC 4180) with one row a point, in order: number, a column an axis, state, message, engine,
/// key, then every statistic under "path [unit]". Reals read back to the same double. Throws
/// InputError where `database` is none.
[[nodiscard]] std::string export_csv(const std::string& database);

}  // namespace kilburn::platform::sweep
