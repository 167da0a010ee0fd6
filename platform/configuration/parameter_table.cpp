#include "platform/configuration/parameter_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <functional>
#include <limits>
#include <utility>

namespace kilburn {

namespace {

/// Reads each parameter into a row.
class Tabulator final : public ParameterVisitor {
 public:
  /// With `new_elements`, every list becomes one that holds a single new element, N.
  explicit Tabulator(bool new_elements) : new_elements_(new_elements) {}

  void enter(std::string_view name, std::string_view sentence) override {
    const ParameterBlock& outer = table_[open_.back()];
    const bool is_element = outer.kind == BlockKind::list;
    open_block(is_element && new_elements_ ? "N" : name, sentence,
               is_element ? BlockKind::element : BlockKind::block);
  }
  ListChange enter_list(std::string_view name, std::size_t size,
                        std::string_view sentence) override {
    open_block(name, sentence, BlockKind::list);
    return new_elements_ ? ListChange{0, 1} : ListChange{size, size};
  }
  void leave() override { open_.pop_back(); }
  void only_for(std::string_view use, std::initializer_list<std::string_view> paths) override {
    uses_.add(use, {paths.begin(), paths.size()});
  }
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
  void visit_text(const ParameterLabel& label, std::string& value) override {
    // With its quotes, so that one of no letters shows.
    add(label, "text", "text", fmt::format("\"{}\"", escaped_text(value)), false);
  }

 private:
  void open_block(std::string_view name, std::string_view sentence, BlockKind kind) {
    open_.push_back(table_.size());
    table_.push_back({.path = join_path(table_[open_[open_.size() - 2]].path, name),
                      .sentence = std::string(sentence),
                      .kind = kind});
    table_.back().use = uses_.of(table_.back().path).use;
  }
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
    row.use = uses_.of(join_path(table_[open_.back()].path, label.name)).use;
    table_[open_.back()].rows.push_back(std::move(row));
  }

  bool new_elements_;
  ParameterUses uses_;
  ParameterTable table_{ParameterBlock{}};
  std::vector<std::size_t> open_{0};  ///< the blocks now entered, outermost first
};

ParameterTable tabulate_one(const VisitParameters& config, bool new_elements = false) {
  Tabulator tabulator(new_elements);
  config(tabulator);
  return tabulator.take();
}

bool lies_in(const ParameterBlock& inner, const ParameterBlock& outer) {
  return outer.path.empty() || (inner.path.starts_with(outer.path) &&
                                inner.path.substr(outer.path.size()).starts_with('.'));
}

/// Each value with what `defaults` holds in the same place.
void take_defaults(ParameterTable& table, const ParameterTable& defaults,
                   const std::function<std::string(std::string_view path)>& place) {
  for (ParameterBlock& block : table) {
    // A block may exist only for some values (as many as another parameter says): no default then.
    const auto other = std::ranges::find(defaults, place(block.path), &ParameterBlock::path);
    if (other == defaults.end()) continue;
    for (ParameterRow& row : block.rows) {
      const auto found = std::ranges::find(other->rows, row.name, &ParameterRow::name);
      if (found != other->rows.end()) row.default_value = found->value;
    }
  }
}

/// The block at `next`, as TOML writes it in one line; `next` comes to stand behind what is in it.
std::string inline_value(const ParameterTable& table, std::size_t& next) {
  const ParameterBlock& block = table[next++];
  std::vector<std::string> parts;
  for (const ParameterRow& row : block.rows) {
    parts.push_back(fmt::format("{} = {}", row.name, row.toml));
  }
  const bool is_list = block.kind == BlockKind::list;
  while (next < table.size() && lies_in(table[next], block)) {
    const std::string& path = table[next].path;
    const std::string name = path.substr(path.rfind('.') + 1);
    const std::string value = inline_value(table, next);
    parts.push_back(is_list ? value : fmt::format("{} = {}", name, value));
  }
  if (!is_list) std::ranges::sort(parts);
  return fmt::format(fmt::runtime(is_list ? "[{}]" : "{{{}}}"), fmt::join(parts, ", "));
}

std::size_t elements_of(const ParameterTable& table, const ParameterBlock& list) {
  return static_cast<std::size_t>(std::ranges::count_if(table, [&](const ParameterBlock& block) {
    return block.kind == BlockKind::element && lies_in(block, list) &&
           is_index(block.path.substr(list.path.size() + 1));
  }));
}

/// What a table of parameters shows: the blocks, and of a list without elements what one would
/// hold. Of those there are no values.
ParameterTable shown(const ParameterTable& table) {
  ParameterTable blocks;
  for (const ParameterBlock& block : table) {
    blocks.push_back(block);
    if (block.kind != BlockKind::list || elements_of(table, block) > 0) continue;
    for (ParameterBlock inner : block.new_element) {
      for (ParameterRow& row : inner.rows) row.value.clear();
      blocks.push_back(std::move(inner));
    }
  }
  return blocks;
}

constexpr std::size_t columns = 8;
using Cells = std::array<std::string, columns>;
constexpr std::array<std::string_view, columns> headings = {
    "parameter", "value", "default", "type", "unit", "allowed", "runs", "meaning"};

Cells cells(const ParameterBlock& block, const ParameterRow& row) {
  return {join_path(block.path, row.name),
          row.value,
          row.default_value,
          row.type,
          row.unit,
          row.allowed,
          row.use.empty() ? "all" : row.use,
          row.sentence};
}

bool has_uses(const ParameterTable& table) {
  return std::ranges::any_of(table, [](const ParameterBlock& block) {
    return std::ranges::any_of(block.rows, [](const auto& row) { return !row.use.empty(); });
  });
}

/// Columns that a text takes.
std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
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

ParameterTable tabulate(const VisitParameters& config, const VisitParameters& defaults,
                        std::string_view use) {
  ParameterTable table = tabulate_one(config);
  const auto is_of_another = [use](const auto& each) { return !meets(use, each.use); };
  std::erase_if(table, is_of_another);
  for (ParameterBlock& block : table) std::erase_if(block.rows, is_of_another);
  const ParameterTable default_table = tabulate_one(defaults);
  ParameterTable new_elements = tabulate_one(defaults, true);
  for (ParameterBlock& block : new_elements) {
    for (ParameterRow& row : block.rows) row.default_value = row.value;
  }
  take_defaults(table, new_elements,
                [](std::string_view path) { return without_indices(path, "N"); });
  take_defaults(table, default_table, [](std::string_view path) { return std::string(path); });
  for (ParameterBlock& list : table) {
    if (list.kind != BlockKind::list) continue;
    const std::string place = without_indices(list.path, "N");
    for (const ParameterBlock& block : new_elements) {
      if (lies_in(block, {.path = place})) list.new_element.push_back(block);
    }
  }
  return table;
}

}  // namespace detail

std::vector<ParameterValueText> settings_of(const ParameterTable& table) {
  std::vector<ParameterValueText> settings;
  for (std::size_t i = 0; i < table.size();) {
    const ParameterBlock& block = table[i];
    if (block.kind == BlockKind::list) {
      settings.push_back({block.path, inline_value(table, i)});
      continue;
    }
    for (const ParameterRow& row : block.rows) {
      settings.push_back({join_path(block.path, row.name), row.toml, row.toml != row.value});
    }
    ++i;
  }
  return settings;
}

std::vector<ParameterValueText> element_settings_of(const ParameterTable& table) {
  std::vector<ParameterValueText> settings;
  for (const ParameterBlock& block : table) {
    for (const ParameterRow& row : block.rows) {
      settings.push_back({join_path(block.path, row.name), row.toml, row.toml != row.value});
    }
  }
  return settings;
}

std::string text_table(const ParameterTable& table) {
  const ParameterTable blocks = shown(table);
  std::array<std::size_t, columns> widths{};
  for (std::size_t c = 0; c < columns; ++c) widths[c] = letters(headings[c]);
  for (const ParameterBlock& block : blocks) {
    for (const ParameterRow& row : block.rows) {
      const Cells line = cells(block, row);
      for (std::size_t c = 0; c < columns; ++c) widths[c] = std::max(widths[c], letters(line[c]));
    }
  }

  std::string text;
  const bool shows_uses = has_uses(table);
  const auto put = [&](const auto& line) {
    std::string padded;
    for (std::size_t c = 0; c < columns; ++c) {
      if (headings[c] == "runs" && !shows_uses) continue;
      padded += c == 0 ? "" : "  ";
      padded += line[c];
      padded.append(widths[c] - letters(line[c]), ' ');
    }
    text += padded.substr(0, padded.find_last_not_of(' ') + 1) + '\n';
  };
  put(headings);
  for (const ParameterBlock& block : blocks) {
    if (block.kind == BlockKind::list) {
      text += fmt::format("\n[[{}]] {}: a list, {} now\n", block.path, block.sentence,
                          elements_of(table, block));
      continue;
    }
    if (block.rows.empty()) continue;
    text += block.path.empty() ? "\n" : fmt::format("\n[{}] {}\n", block.path, block.sentence);
    for (const ParameterRow& row : block.rows) put(cells(block, row));
  }
  return text;
}

std::string markdown_tables(const ParameterTable& table, unsigned heading_level) {
  std::string text;
  for (const ParameterBlock& block : shown(table)) {
    const bool is_list = block.kind == BlockKind::list;
    if (block.rows.empty() && !is_list) continue;
    if (!text.empty()) text += '\n';
    if (!block.path.empty()) {
      text += fmt::format("{} `{}`\n\n{}{}.\n", std::string(heading_level, '#'), block.path,
                          is_list ? "A list of blocks, each: " : "", block.sentence);
    }
    if (is_list) continue;
    if (!block.path.empty()) text += '\n';
    text += "| Parameter | Type | Unit | Allowed | Default | Value | Meaning |\n";
    text += "|---|---|---|---|---|---|---|\n";
    for (const ParameterRow& row : block.rows) {
      text += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", row.name, row.type, row.unit,
                          markdown_cell(row.allowed), markdown_cell(row.default_value),
                          markdown_cell(row.value), markdown_cell(row.sentence));
    }
  }
  return text;
}

std::string to_toml(const ParameterTable& table) {
  std::string text;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const ParameterBlock& block = table[i];
    std::vector<const ParameterBlock*> empty_lists;  // their brackets stand among the values
    for (std::size_t j = i + 1; j < table.size() && lies_in(table[j], block); ++j) {
      const bool is_child =
          table[j].path.find('.', join_path(block.path, "").size()) == std::string::npos;
      if (is_child && table[j].kind == BlockKind::list && elements_of(table, table[j]) == 0) {
        empty_lists.push_back(&table[j]);
      }
    }
    const bool is_element = block.kind == BlockKind::element;
    if (block.kind == BlockKind::list) continue;
    if (block.rows.empty() && empty_lists.empty() && !is_element) continue;
    if (!text.empty()) text += '\n';
    if (!block.path.empty()) {
      text += fmt::format(fmt::runtime(is_element ? "# {}\n[[{}]]\n" : "# {}\n[{}]\n"),
                          block.sentence, without_indices(block.path));
    }
    for (const ParameterRow& row : block.rows) {
      const std::string unit = row.unit.empty() ? "" : " " + row.unit;
      text += fmt::format("# {}; {}{}, default {}\n{} = {}\n", row.sentence, row.allowed, unit,
                          row.default_value, row.name, row.toml);
    }
    for (const ParameterBlock* list : empty_lists) {
      text +=
          fmt::format("# {}; a list of blocks, [[{}]]\n{} = []\n", list->sentence,
                      without_indices(list->path), list->path.substr(list->path.rfind('.') + 1));
    }
  }
  return text;
}

std::string canonical_text(const ParameterTable& table) {
  std::vector<std::string> lines;
  for (const ParameterValueText& setting : settings_of(table)) {
    lines.push_back(fmt::format("{} = {}\n", setting.path, setting.toml));
  }
  std::ranges::sort(lines);
  return fmt::format("{}", fmt::join(lines, ""));
}

}  // namespace kilburn
