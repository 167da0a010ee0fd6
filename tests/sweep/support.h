// Spaces and results databases of the tests.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "common/error.h"
#include "platform/sweep/results_database.h"
#include "platform/sweep/space.h"
#include "process.h"

namespace kilburn::platform::sweep {

template <class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "no InputError was thrown";
  return "";
}

/// A folder with traces a.ktrace and b.ktrace, whose content a space hashes and does not read.
class SpaceFolder : public Folder {
 public:
  SpaceFolder() {
    write("a.ktrace", "one");
    write("b.ktrace", "two");
  }
  /// `sweep`: more of [sweep]; `rest`: what follows.
  [[nodiscard]] Space space(const std::string& rest, const std::string& sweep = "") const {
    return whole("[sweep]\ntraces = ['a.ktrace']\n" + sweep + "\n" + rest);
  }
  [[nodiscard]] Space whole(const std::string& text, bool allow_many = false) const {
    return Space(parse_space(text, *this / "space.toml"), allow_many);
  }
};

inline std::string parse_error(const std::string& text) {
  return error_of([&] { (void)parse_space(text, "space.toml"); });
}

/// The values of one axis, point by point.
inline std::vector<std::string> column(const Space& space, const std::string& path) {
  const auto axis = std::ranges::find(space.axes(), path, &Axis::path);
  EXPECT_NE(axis, space.axes().end()) << path;
  std::vector<std::string> values;
  for (std::uint64_t n = 0; n < space.size(); ++n) {
    values.push_back(space.point(n).values[static_cast<std::size_t>(axis - space.axes().begin())]);
  }
  return values;
}

using Rows = std::vector<std::vector<std::string>>;

/// Every row as text; reals in hexadecimal, so that each bit shows.
inline Rows select(const std::string& database, const std::string& query) {
  SqlConnection connection(database, true);
  SqlStatement statement(connection, query);
  Rows rows;
  for (statement.start(); statement.step();) {
    std::vector<std::string> row;
    for (int i = 0; i < statement.columns(); ++i) {
      const SqlValue value = statement.value(i);
      if (const auto* real = std::get_if<double>(&value)) {
        row.push_back(fmt::format("{:a}", *real));
      } else {
        row.push_back(statement.text(i));
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Everything that a database says, in an order of its own.
inline Rows content(const std::string& database) {
  Rows all;
  for (const char* query :
       {"SELECT 'meta', * FROM meta ORDER BY key", "SELECT 'axis', * FROM axes ORDER BY number",
        "SELECT 'point', * FROM points ORDER BY number",
        "SELECT 'value', * FROM point_values ORDER BY point, axis",
        "SELECT 'statistic', point, path, unit, value FROM statistics JOIN statistic_names "
        "ON id = statistic ORDER BY point, path",
        "SELECT 'area', * FROM areas ORDER BY geometry"}) {
    for (auto& row : select(database, query)) all.push_back(std::move(row));
  }
  return all;
}

inline std::size_t rows_in(const std::string& database, const std::string& table) {
  return std::stoul(select(database, "SELECT count(*) FROM " + table).at(0).at(0));
}

}  // namespace kilburn::platform::sweep
