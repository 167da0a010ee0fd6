#include "platform/sweep/export.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "platform/sweep/results_database.h"

namespace kilburn::platform::sweep {

namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string cell = "\"";
  for (const char c : text) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

std::string cell_of(const SqlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *integer);
  if (const auto* real = std::get_if<double>(&value)) return real_text(*real);
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  return "";
}

/// Cells with commas between.
class Row {
 public:
  void add(const std::string& cell) {
    if (!first_) text_ += ',';
    text_ += cell;
    first_ = false;
  }
  [[nodiscard]] std::string end() const { return text_ + "\r\n"; }

 private:
  std::string text_;
  bool first_ = true;
};

}  // namespace

std::string export_csv(const std::string& database, const std::vector<ExtraColumn>& extra) {
  SqlConnection connection = open_results(database, true);
  connection.execute("BEGIN");  // all of it as of one moment

  Row header;
  header.add("number");
  std::size_t axes = 0;
  SqlStatement axis(connection, "SELECT path, unit FROM axes ORDER BY number");
  const auto titled = [](const std::string& path, const std::string& unit) {
    return quoted(unit.empty() ? path : fmt::format("{} [{}]", path, unit));
  };
  for (axis.start(); axis.step(); ++axes) header.add(titled(axis.text(0), axis.text(1)));
  for (const char* column : {"state", "message", "engine", "key"}) header.add(column);
  std::map<std::int64_t, std::size_t> columns;  // by a statistic's id
  SqlStatement name(connection, "SELECT id, path, unit FROM statistic_names ORDER BY id");
  for (name.start(); name.step();) {
    columns.emplace(name.integer(0), columns.size());
    header.add(titled(name.text(1), name.text(2)));
  }
  for (const ExtraColumn& column : extra) header.add(quoted(column.title));

  std::string csv = header.end();
  SqlStatement point(connection,
                     "SELECT number, state, message, engine, key FROM points ORDER BY number");
  SqlStatement value(connection, "SELECT axis, value FROM point_values WHERE point = ?");
  SqlStatement statistic(connection, "SELECT statistic, value FROM statistics WHERE point = ?");
  for (point.start(); point.step();) {
    Row row;
    const std::int64_t number = point.integer(0);
    row.add(fmt::format("{}", number));
    std::vector<std::string> cells(axes);
    for (value.start(number); value.step();) {
      cells.at(static_cast<std::size_t>(value.integer(0))) = quoted(value.text(1));
    }
    for (int column = 1; column <= 4; ++column) cells.push_back(cell_of(point.value(column)));
    const std::size_t first = cells.size();
    cells.resize(first + columns.size());
    for (statistic.start(number); statistic.step();) {
      cells.at(first + columns.at(statistic.integer(0))) = cell_of(statistic.value(1));
    }
    for (const std::string& cell : cells) row.add(cell);
    for (const ExtraColumn& column : extra) {
      const auto cell = column.cells.find(number);
      row.add(cell == column.cells.end() ? "" : quoted(cell->second));
    }
    csv += row.end();
  }
  return csv;
}

}  // namespace kilburn::platform::sweep
