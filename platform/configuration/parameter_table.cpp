#include "platform/configuration/parameter_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <utility>

namespace kilburn {

namespace {

/// Reads each parameter into a row.
class Tabulator final : public ParameterVisitor {
 public:
  void enter(std::string_view name, std::string_view sentence) override {
    open_.push_back(table_.size());
    table_.push_back(
        {join_path(table_[open_[open_.size() - 2]].path, name), std::string(sentence), {}});
  }
  void leave() override { open_.pop_back(); }
  ParameterTable take() { return std::move(table_); }

 protected:
  void visit_integer(const ParameterLabel& label, std::uint64_t& value,
                     IntegerRange range) override {
    const std::string text = label.unit == "bytes" ? size_text(value) : fmt::format("{}", value);
    // TOML's integers end at 2^63 - 1; beyond, and with a unit, the value is a string.
    constexpr std::uint64_t largest_of_toml = std::numeric_limits<std::int64_t>::max();
    const bool is_string = value > largest_of_toml || !parse_digits(text);
    add(label, "integer", allowed_text(range, label.unit), text, is_string);
  }
  void visit_real(const ParameterLabel& label, double& value, RealRange range) override {
    add(label, "real", allowed_text(range), real_text(value), false);
  }
  void visit_flag(const ParameterLabel& label, bool& value) override {
    add(label, "flag", "true, false", value ? "true" : "false", false);
  }
  void visit_choice(const ParameterLabel& label, unsigned& index,
                    std::span<const std::string_view> names) override {
    assert(index < names.size() && "an enumeration holds one of its enumerators");
    add(label, "choice", allowed_text(names), std::string(names[index]), true);
  }

 private:
  void add(const ParameterLabel& label, std::string_view type, std::string allowed,
           const std::string& value, bool is_string) {
    ParameterRow row;
    row.name = label.name;
    row.type = type;
    row.unit = label.unit;
    row.allowed = std::move(allowed);
    row.value = value;
    row.toml = is_string ? fmt::format("\"{}\"", value) : value;
    row.sentence = label.sentence;
    table_[open_.back()].rows.push_back(std::move(row));
  }

  ParameterTable table_{ParameterBlock{}};
  std::vector<std::size_t> open_{0};  ///< the blocks now entered, outermost first
};

ParameterTable tabulate_one(const VisitParameters& config) {
  Tabulator tabulator;
  config(tabulator);
  return tabulator.take();
}

constexpr std::size_t columns = 7;
using Cells = std::array<std::string, columns>;
constexpr std::array<std::string_view, columns> headings = {
    "parameter", "value", "default", "type", "unit", "allowed", "meaning"};

Cells cells(const ParameterBlock& block, const ParameterRow& row) {
  return {join_path(block.path, row.name),
          row.value,
          row.default_value,
          row.type,
          row.unit,
          row.allowed,
          row.sentence};
}

std::string markdown_cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c;
  }
  return cell;
}

}  // namespace

namespace detail {

ParameterTable tabulate(const VisitParameters& config, const VisitParameters& defaults) {
  ParameterTable table = tabulate_one(config);
  const ParameterTable default_table = tabulate_one(defaults);
  for (ParameterBlock& block : table) {
    // A block may exist only for some values (as many as another parameter says): no default then.
    const auto other = std::ranges::find(default_table, block.path, &ParameterBlock::path);
    if (other == default_table.end()) continue;
    for (ParameterRow& row : block.rows) {
      const auto found = std::ranges::find(other->rows, row.name, &ParameterRow::name);
      if (found != other->rows.end()) row.default_value = found->value;
    }
  }
  return table;
}

}  // namespace detail

std::string text_table(const ParameterTable& table) {
  std::array<std::size_t, columns> widths{};
  for (std::size_t c = 0; c < columns; ++c) widths[c] = headings[c].size();
  for (const ParameterBlock& block : table) {
    for (const ParameterRow& row : block.rows) {
      const Cells line = cells(block, row);
      for (std::size_t c = 0; c < columns; ++c) widths[c] = std::max(widths[c], line[c].size());
    }
  }

  std::string text;
  const auto put = [&](const auto& line) {
    std::string padded;
    for (std::size_t c = 0; c < columns; ++c) {
      padded += fmt::format("{}{:<{}}", c == 0 ? "" : "  ", line[c], widths[c]);
    }
    text += padded.substr(0, padded.find_last_not_of(' ') + 1) + '\n';
  };
  put(headings);
  for (const ParameterBlock& block : table) {
    if (block.rows.empty()) continue;
    text += block.path.empty() ? "\n" : fmt::format("\n[{}] {}\n", block.path, block.sentence);
    for (const ParameterRow& row : block.rows) put(cells(block, row));
  }
  return text;
}

std::string markdown_tables(const ParameterTable& table, unsigned heading_level) {
  std::string text;
  for (const ParameterBlock& block : table) {
    if (block.rows.empty()) continue;
    if (!text.empty()) text += '\n';
    if (!block.path.empty()) {
      text += fmt::format("{} `{}`\n\n{}.\n\n", std::string(heading_level, '#'), block.path,
                          block.sentence);
    }
    text += "| Parameter | Type | Unit | Allowed | Default | Value | Meaning |\n";
    text += "|---|---|---|---|---|---|---|\n";
    for (const ParameterRow& row : block.rows) {
      text += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", row.name, row.type, row.unit,
                          markdown_cell(row.allowed), row.default_value, row.value,
                          markdown_cell(row.sentence));
    }
  }
  return text;
}

std::string to_toml(const ParameterTable& table) {
  std::string text;
  for (const ParameterBlock& block : table) {
    if (block.rows.empty()) continue;
    if (!text.empty()) text += '\n';
    if (!block.path.empty()) text += fmt::format("# {}\n[{}]\n", block.sentence, block.path);
    for (const ParameterRow& row : block.rows) {
      const std::string unit = row.unit.empty() ? "" : " " + row.unit;
      text += fmt::format("# {}; {}{}, default {}\n{} = {}\n", row.sentence, row.allowed, unit,
                          row.default_value, row.name, row.toml);
    }
  }
  return text;
}

std::string canonical_text(const ParameterTable& table) {
  std::vector<std::string> lines;
  for (const ParameterBlock& block : table) {
    for (const ParameterRow& row : block.rows) {
      lines.push_back(fmt::format("{} = {}\n", join_path(block.path, row.name), row.toml));
    }
  }
  std::ranges::sort(lines);
  return fmt::format("{}", fmt::join(lines, ""));
}

}  // namespace kilburn
