#include "platform/sweep/sweep_results.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <variant>

#include "platform/sweep/results_database.h"

namespace kilburn::platform::report {

namespace {

using sweep::SqlConnection;
using sweep::SqlStatement;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Position by number.
class Positions {
 public:
  void add(std::int64_t number) { positions_.emplace(number, positions_.size()); }
  [[nodiscard]] std::optional<std::size_t> of(std::int64_t number) const {
    const auto found = positions_.find(number);
    if (found == positions_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::unordered_map<std::int64_t, std::size_t> positions_;
};

/// Calls `row(statement)` for each row of the query.
template <class Row>
void select(SqlConnection& connection, std::string_view query, Row row) {
  SqlStatement statement(connection, query);
  statement.start();
  while (statement.step()) row(statement);
}

/// None for NULL.
std::optional<double> number(const SqlStatement& row, int column) {
  const sweep::SqlValue value = row.value(column);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

Positions read_axes(SqlConnection& connection, SweepResults& results) {
  Positions positions;
  select(connection, "SELECT number, path, kind, unit FROM axes ORDER BY number",
         [&](const SqlStatement& row) {
           positions.add(row.integer(0));
           results.axes.push_back({.path = row.text(1), .kind = row.text(2), .unit = row.text(3)});
         });
  return positions;
}

Positions read_points(SqlConnection& connection, SweepResults& results) {
  Positions positions;
  select(connection,
         "SELECT number, key, workload, seed, engine, state, message, command FROM points "
         "ORDER BY number",
         [&](const SqlStatement& row) {
           positions.add(row.integer(0));
           results.points.push_back({.number = row.integer(0),
                                     .key = row.text(1),
                                     .workload = row.text(2),
                                     .seed = row.text(3),
                                     .engine = row.text(4),
                                     .done = row.text(5) == "done",
                                     .message = row.text(6),
                                     .command = row.text(7),
                                     .values = std::vector<std::string>(results.axes.size())});
         });
  return positions;
}

void read_values(SqlConnection& connection, const Positions& axes, const Positions& points,
                 SweepResults& results) {
  select(connection, "SELECT point, axis, value FROM point_values", [&](const SqlStatement& row) {
    const auto point = points.of(row.integer(0));
    const auto axis = axes.of(row.integer(1));
    if (point && axis) results.points[*point].values[*axis] = row.text(2);
  });
}

void read_statistics(SqlConnection& connection, const Positions& points, SweepResults& results) {
  Positions names;
  select(connection, "SELECT id, path, unit FROM statistic_names ORDER BY id",
         [&](const SqlStatement& row) {
           names.add(row.integer(0));
           results.statistics.push_back(
               {row.text(1), row.text(2), std::vector<double>(results.points.size(), none)});
         });
  select(connection, "SELECT point, statistic, value FROM statistics",
         [&](const SqlStatement& row) {
           const auto point = points.of(row.integer(0));
           const auto name = names.of(row.integer(1));
           if (point && name) {
             results.statistics[*name].values[*point] = number(row, 2).value_or(none);
           }
         });
  std::erase_if(results.statistics, [](const Statistic& statistic) {
    return std::ranges::all_of(statistic.values, [](double value) { return std::isnan(value); });
  });
}

void read_areas(SqlConnection& connection, SweepResults& results) {
  select(connection, "SELECT geometry, flip_flops, gates FROM areas ORDER BY geometry",
         [&](const SqlStatement& row) {
           results.areas.push_back(
               {.geometry = row.text(0), .flip_flops = number(row, 1), .gates = number(row, 2)});
         });
}

}  // namespace

std::string_view SweepResults::meta_or_empty(std::string_view key) const {
  const auto found = meta.find(key);
  return found == meta.end() ? std::string_view{} : found->second;
}

const Statistic* SweepResults::statistic(std::string_view path) const {
  const auto found = std::ranges::find(statistics, path, &Statistic::path);
  return found == statistics.end() ? nullptr : &*found;
}

SweepResults read_sweep_results(const std::string& path) {
  SqlConnection connection = sweep::open_results(path, true);
  connection.execute("BEGIN");  // all tables as of one moment, though a sweep may be writing
  SweepResults results;
  select(connection, "SELECT key, value FROM meta",
         [&](const SqlStatement& row) { results.meta.emplace(row.text(0), row.text(1)); });
  const Positions axes = read_axes(connection, results);
  const Positions points = read_points(connection, results);
  read_values(connection, axes, points, results);
  read_statistics(connection, points, results);
  read_areas(connection, results);
  return results;
}

}  // namespace kilburn::platform::report
