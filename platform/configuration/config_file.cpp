#include "platform/configuration/config_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "common/error.h"
#include "common/input_path.h"
#include "common/number_text.h"
#include "common/text_file.h"
#include "platform/configuration/toml_text.h"

namespace kilburn {

namespace {

constexpr std::size_t max_file_bytes = std::size_t{1} << 20;

/// What is being read: a file, where places are "name:line:column", or a setting, where they are
/// the setting itself.
struct Source {
  std::string name;
  bool has_lines = true;
  std::string path{};   ///< of a setting: what stands before its "="
  std::string typed{};  ///< and what stands behind it, which a text takes as it is

  [[nodiscard]] std::string place(toml::source_position at) const {
    return has_lines && at ? fmt::format("{}:{}:{}", name, at.line, at.column) : name;
  }
};

std::string value_text(const toml::node& node) {
  if (const auto* string = node.as_string()) {
    return fmt::format("\"{}\"", printable(string->get()));
  }
  if (const auto* integer = node.as_integer()) return fmt::format("{}", integer->get());
  if (const auto* real = node.as_floating_point()) return real_text(real->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (node.is_table()) return "a table";
  if (node.is_array()) return "an array";
  return "a date or time";
}

std::string with_unit(const std::string& allowed, std::string_view unit) {
  return unit.empty() ? allowed : fmt::format("{} ({})", allowed, unit);
}

/// How a table of the file is headed: "[mmu.dtlb]"; of the elements of a list "[[pcie.function]]".
std::string header_of(std::string_view path) {
  const bool is_element = is_index(path.substr(path.rfind('.') + 1));
  return fmt::format(fmt::runtime(is_element ? "[[{}]]" : "[{}]"), without_indices(path));
}

/// Gives each parameter that the table holds its value, and collects every error on the way.
class TomlReader final : public ParameterVisitor {
 public:
  TomlReader(const toml::table& root, Source source, std::string_view use)
      : source_(std::move(source)), use_(use) {
    blocks_.push_back({.table = &root});
    origin_.add("", source_.name);
  }

  void enter(std::string_view name, std::string_view /*sentence*/) override {
    const auto found = find(name);
    Block inner{.path = join_path(blocks_.back().path, name)};
    if (found) {
      inner.table = found->value->as_table();
      if (inner.table == nullptr) {
        report(found->at, fmt::format("{} = {}: must be a block of parameters, {}", inner.path,
                                      value_text(*found->value), header_of(inner.path)));
      } else {
        origin_.add(inner.path, source_.place(inner.table->source().begin));
      }
    }
    blocks_.push_back(std::move(inner));
  }

  /// An array is the whole list; a table changes elements by their indices, and appends.
  ListChange enter_list(std::string_view name, std::size_t size,
                        std::string_view /*sentence*/) override {
    const auto found = find_value(name);
    Block inner{.path = join_path(blocks_.back().path, name), .is_list = true};
    ListChange change{size, size};
    if (found) {
      inner.list = found->value->as_array();
      inner.table = found->value->as_table();
      if (inner.list != nullptr) {
        change = {0, inner.list->size()};
      } else if (inner.table != nullptr && has_index(*inner.table)) {
        change.size = size_with(*inner.table, inner.path, size);
      } else {
        report(found->at, fmt::format("{} = {}: must be a list of blocks, [[{}]]", inner.path,
                                      value_text(*found->value), without_indices(inner.path)));
        inner.table = nullptr;
      }
    }
    blocks_.push_back(std::move(inner));
    return change;
  }

  void only_for(std::string_view use, std::initializer_list<std::string_view> paths) override {
    uses_.add(use, {paths.begin(), paths.size()});
  }

  void leave() override {
    if (!blocks_.back().is_list) report_unknown_names();
    blocks_.pop_back();
  }

  /// To be called once everything was visited. Throws where there were errors.
  ConfigOrigin finish() {
    report_unknown_names();
    for (const Unknown& unknown : unknown_) report(unknown.at, text_of(unknown));
    for (const auto& [at, path] : of_another_use_) report(at, text_of_another_use(path));
    if (problems_.empty()) return std::move(origin_);
    std::ranges::stable_sort(problems_, {}, [](const Problem& problem) {
      return std::pair(problem.at.line, problem.at.column);
    });
    std::vector<std::string_view> lines;
    for (const Problem& problem : problems_) lines.push_back(problem.text);
    throw InputError(fmt::format("{}", fmt::join(lines, "\n")));
  }

 protected:
  void visit_integer(const ParameterLabel& label, std::uint64_t& value,
                     IntegerRange range) override {
    const auto found = find_value(label.name);
    if (!found) return;
    const bool is_size = label.unit == "bytes";
    const auto number = integer_of(*found->value, is_size);
    if (number && contains(range, *number)) {
      value = *number;
      return;
    }
    std::string_view type;
    if (!number && !found->value->is_integer()) {
      type = is_size ? "must be an integer or a size such as \"64KiB\", " : "must be an integer, ";
    }
    reject(*found, label, type, with_unit(allowed_text(range, label.unit), label.unit));
  }

  void visit_real(const ParameterLabel& label, double& value, RealRange range) override {
    const auto found = find_value(label.name);
    if (!found) return;
    const auto number = found->value->value<double>();
    if (number && found->value->is_number() && contains(range, *number)) {
      value = *number;
      return;
    }
    const bool wrong_type = !found->value->is_number();
    reject(*found, label, wrong_type ? "must be a number, " : "",
           with_unit(allowed_text(range), label.unit));
  }

  void visit_flag(const ParameterLabel& label, bool& value) override {
    const auto found = find_value(label.name);
    if (!found) return;
    if (const auto* flag = found->value->as_boolean()) {
      value = flag->get();
    } else {
      reject(*found, label, "", "true, false");
    }
  }

  void visit_choice(const ParameterLabel& label, unsigned& index,
                    std::span<const std::string_view> names) override {
    const auto found = find_value(label.name);
    if (!found) return;
    std::string allowed = allowed_text(names);
    if (const auto* string = found->value->as_string()) {
      const auto name = std::ranges::find(names, string->get());
      if (name != names.end()) {
        index = static_cast<unsigned>(name - names.begin());
        return;
      }
      const std::string_view nearest = nearest_name(string->get(), names);
      if (!nearest.empty()) allowed += fmt::format("; did you mean {}?", nearest);
    }
    const bool wrong_type = !found->value->is_string();
    reject(*found, label, wrong_type ? "must be a string, " : "", allowed);
  }

  void visit_text(const ParameterLabel& label, std::string& value) override {
    const auto found = find_value(label.name);
    if (!found) return;
    const auto* string = found->value->as_string();
    const bool is_typed = !found->value->is_array() && !found->value->is_table() &&
                          join_path(blocks_.back().path, label.name) == source_.path;
    if (string == nullptr && !is_typed) {
      reject(*found, label, "must be a string, ", allowed_of_text);
    } else if (const std::string& given = string != nullptr ? string->get() : source_.typed;
               is_text(given)) {
      value = given;
    } else {
      reject(*found, label, "", allowed_of_text);
    }
  }

 private:
  /// Null where the source does not mention it: `table` and `list`. A list has at most one of them.
  struct Block {
    const toml::table* table = nullptr;
    const toml::array* list = nullptr;
    std::string path{};
    bool is_list = false;
    std::vector<std::string> known{};  ///< names of its parameters and blocks, as declared
  };
  struct Problem {
    toml::source_position at;
    std::string text;
  };
  struct Unknown {
    toml::source_position at;
    std::string block;
    std::string name;
    bool is_table;
    std::vector<std::string> known;  ///< in its place
  };
  struct Found {
    toml::source_position at;  ///< of the key
    const toml::node* value;
  };

  /// What the innermost block's table holds under `name`, which thereby is a known name.
  std::optional<Found> find(std::string_view name) {
    Block& block = blocks_.back();
    if (block.list != nullptr) {
      const toml::node& element = (*block.list)[static_cast<std::size_t>(*parse_digits(name))];
      return Found{element.source().begin, &element};
    }
    block.known.emplace_back(name);
    paths_.push_back(join_path(block.path, name));
    if (block.table == nullptr) return std::nullopt;
    const auto entry = block.table->find(name);
    if (entry == block.table->end()) return std::nullopt;
    return Found{entry->first.source().begin, &entry->second};
  }

  /// The same of a parameter or a list, unless only another use of the configuration reads it.
  std::optional<Found> find_value(std::string_view name) {
    const auto found = find(name);
    std::string path = join_path(blocks_.back().path, name);
    if (!found || uses_.concerns(use_, path)) return found;
    of_another_use_.push_back({found->at, std::move(path)});
    return std::nullopt;
  }

  /// With what stands in its place, told at the end, when all names there have been seen.
  [[nodiscard]] std::string text_of_another_use(std::string_view path) const {
    const ParameterUses::Only only = uses_.of(path);
    const std::size_t beside = only.path.rfind('.') + 1;  // npos + 1 is 0
    std::vector<std::string_view> known;
    for (const std::string& other : paths_) {
      if (other.starts_with(only.path.substr(0, beside)) &&
          other.find('.', beside) == std::string::npos && uses_.concerns(use_, other)) {
        known.emplace_back(other);
      }
    }
    return fmt::format("{}: only runs of {} have this parameter; runs of {} have {}", path,
                       only.use, use_, fmt::join(known, ", "));
  }

  static bool has_index(const toml::table& table) {
    return std::ranges::any_of(table,
                               [](const auto& entry) { return is_index(entry.first.str()); });
  }

  /// How many elements there are with those that `table` appends, whose index is the number of
  /// those before.
  std::size_t size_with(const toml::table& table, const std::string& path, std::size_t size) {
    std::vector<std::pair<std::uint64_t, const toml::key*>> given;
    for (const auto& [key, value] : table) {
      const bool known = is_index(key.str());
      given.emplace_back(known ? *parse_digits(key.str()) : UINT64_MAX, &key);
    }
    std::ranges::sort(given, {}, [](const auto& each) { return each.first; });
    for (const auto& [index, key] : given) {
      if (index == size) {
        ++size;
      } else if (index > size) {
        report(key->source().begin,
               fmt::format(fmt::runtime(size == 0 ? "{}: allowed {}, which appends an element"
                                                  : "{}: allowed 0 to {}, the last to append"),
                           join_path(path, printable(key->str())), size));
      }
    }
    return size;
  }

  /// A string holds what TOML's integers cannot: units, powers, and what lies beyond 2^63 - 1
  /// (common/number_text.h).
  static std::optional<std::uint64_t> integer_of(const toml::node& node, bool is_size) {
    if (const auto* integer = node.as_integer(); integer != nullptr && integer->get() >= 0) {
      return static_cast<std::uint64_t>(integer->get());
    }
    const auto* string = node.as_string();
    if (string == nullptr) return std::nullopt;
    const std::string& text = string->get();
    const auto number = parse_whole_number(text, is_size);
    if (is_size || !number) return number;
    constexpr std::uint64_t largest_of_toml = std::numeric_limits<std::int64_t>::max();
    const bool is_toml = parse_digits(text) && *number <= largest_of_toml &&
                         (text.size() == 1 || text.front() != '0');
    return is_toml ? std::nullopt : number;
  }

  void report(toml::source_position at, std::string_view text) {
    problems_.push_back({at, fmt::format("{}: {}", source_.place(at), text)});
  }

  void reject(const Found& found, const ParameterLabel& label, std::string_view type,
              std::string_view allowed) {
    report(found.at,
           fmt::format("{} = {}: {}allowed {}", join_path(blocks_.back().path, label.name),
                       value_text(*found.value), type, allowed));
  }

  /// Of the innermost block. They are told at the end, when all names there are have been seen.
  void report_unknown_names() {
    const Block& block = blocks_.back();
    if (block.table == nullptr) return;
    for (const auto& [key, value] : *block.table) {
      if (std::ranges::find(block.known, key.str()) != block.known.end()) continue;
      unknown_.push_back({key.source().begin, block.path, std::string(key.str()),
                          value.is_table() || value.is_array_of_tables(), block.known});
    }
  }

  [[nodiscard]] std::string text_of(const Unknown& unknown) const {
    const std::vector<std::string_view> known(unknown.known.begin(), unknown.known.end());
    std::string text = fmt::format("unknown {} {}", unknown.is_table ? "block" : "parameter",
                                   join_path(unknown.block, printable(unknown.name)));
    const std::string_view nearest = nearest_name(unknown.name, known);
    const std::string meant = nearest.empty() ? elsewhere(unknown.name) : std::string(nearest);
    if (!meant.empty()) text += fmt::format("; did you mean {}?", meant);
    return text + fmt::format("{} known: {}", meant.empty() ? ";" : "", fmt::join(known, ", "));
  }

  /// Where the name stands in other blocks: "dtlb" is in "mmu.dtlb". Empty where it is nowhere.
  [[nodiscard]] std::string elsewhere(std::string_view name) const {
    constexpr std::size_t shown = 3;
    std::vector<std::string_view> found;
    for (const std::string& path : paths_) {
      const bool same = path.ends_with(name) && path.size() > name.size() &&
                        path[path.size() - name.size() - 1] == '.';
      if (same) found.emplace_back(path);
    }
    if (found.size() > shown) {
      return fmt::format("{}, ... ({} have it)",
                         fmt::join(found.begin(), found.begin() + shown, ", "), found.size());
    }
    return fmt::format("{}", fmt::join(found, " or "));
  }

  Source source_;
  std::string_view use_;
  ParameterUses uses_;
  std::vector<Block> blocks_;  ///< outermost first
  std::vector<Problem> problems_;
  std::vector<Problem> of_another_use_;  ///< their paths
  std::vector<Unknown> unknown_;
  std::vector<std::string> paths_;  ///< of all parameters and blocks, as declared
  ConfigOrigin origin_;
};

/// Checks values that are already there: each against its range, and the constraints between them.
class ConstraintChecker final : public ParameterVisitor {
 public:
  explicit ConstraintChecker(const ConfigOrigin& origin) : origin_(origin) {}

  void enter(std::string_view name, std::string_view /*sentence*/) override {
    blocks_.push_back(join_path(blocks_.back(), name));
  }
  void leave() override { blocks_.pop_back(); }
  void require(bool holds, std::string_view allowed) override {
    if (!holds) report(blocks_.back(), allowed);
  }
  void finish() const {
    if (!problems_.empty()) throw InputError(fmt::format("{}", fmt::join(problems_, "\n")));
  }

 protected:
  void visit_integer(const ParameterLabel& label, std::uint64_t& value,
                     IntegerRange range) override {
    if (contains(range, value)) return;
    reject(label, fmt::format("{}", value), allowed_text(range, label.unit));
  }
  void visit_real(const ParameterLabel& label, double& value, RealRange range) override {
    if (!contains(range, value)) reject(label, real_text(value), allowed_text(range));
  }
  void visit_flag(const ParameterLabel& /*label*/, bool& /*value*/) override {}
  void visit_choice(const ParameterLabel& label, unsigned& index,
                    std::span<const std::string_view> names) override {
    if (index >= names.size()) reject(label, fmt::format("{}", index), allowed_text(names));
  }
  void visit_text(const ParameterLabel& label, std::string& value) override {
    if (is_text(value)) return;
    reject(label, fmt::format("\"{}\"", printable(value)), std::string(allowed_of_text));
  }

 private:
  void reject(const ParameterLabel& label, std::string_view value, const std::string& allowed) {
    report(fmt::format("{} = {}", join_path(blocks_.back(), label.name), value),
           "allowed " + with_unit(allowed, label.unit));
  }
  void report(std::string_view what, std::string_view allowed) {
    const std::string_view place = origin_.of(blocks_.back());
    std::string text(place);
    for (const std::string_view part : {what, allowed}) {
      if (!text.empty() && !part.empty()) text += ": ";
      text += part;
    }
    problems_.push_back(std::move(text));
  }

  const ConfigOrigin& origin_;
  std::vector<std::string> blocks_{""};  ///< paths, outermost first
  std::vector<std::string> problems_;
};

ConfigOrigin read(const VisitParameters& visit, const toml::table& root, const Source& source,
                  std::string_view use) {
  TomlReader reader(root, source, use);
  visit(reader);
  return reader.finish();
}

ConfigOrigin read(const VisitParameters& visit, std::string_view text, const Source& source,
                  std::string_view use) {
  return read(visit, parse_toml(text, source.name, source.has_lines), source, use);
}

bool consists_of(std::string_view text, std::string_view punctuation) {
  return !text.empty() && std::ranges::all_of(text, [punctuation](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           punctuation.find(c) != std::string_view::npos;
  });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

/// A setting, taken apart.
Source source_of(std::string_view setting) {
  Source source{.name = fmt::format("--set {}", printable(setting)), .has_lines = false};
  const std::size_t equals = setting.find('=');
  source.path = trimmed(setting.substr(0, equals));
  // Another path could turn the line into a comment or a table; another line could follow.
  if (equals == std::string_view::npos || !consists_of(source.path, "_-.") ||
      setting.find_first_of("\r\n") != std::string_view::npos) {
    throw InputError(source.name + ": allowed block.parameter=value");
  }
  source.typed = trimmed(setting.substr(equals + 1));
  return source;
}

/// The setting as a line of TOML: its value gets quotes where it is none of TOML's, and does not
/// begin as one that somebody wrote with care.
toml::table parse_setting(const Source& source) {
  const std::string& value = source.typed;
  const bool may_be_bare =
      !value.empty() && std::string_view("\"'[{").find(value.front()) == std::string_view::npos &&
      is_text(value);
  try {
    return parse_toml(fmt::format("{} = {}", source.path, value), source.name, false);
  } catch (const InputError&) {
    if (!may_be_bare) throw;
  }
  return parse_toml(fmt::format("{} = \"{}\"", source.path, escaped_text(value)), source.name,
                    false);
}

}  // namespace

void ConfigOrigin::add(std::string_view block, std::string_view place) {
  const auto [entry, is_new] = places_.try_emplace(std::string(block), place);
  if (!is_new) entry->second += fmt::format(", {}", place);
}

void ConfigOrigin::add(const ConfigOrigin& later) {
  for (const auto& [block, place] : later.places_) add(block, place);
}

std::string_view ConfigOrigin::of(std::string_view block) const {
  const auto entry = places_.find(block);
  return entry == places_.end() ? std::string_view{} : entry->second;
}

namespace detail {

ConfigOrigin read_config_file(const VisitParameters& visit, const std::string& path,
                              std::string_view use) {
  return read(visit, read_text_file(path, max_file_bytes), {.name = input_name(path)}, use);
}

ConfigOrigin read_config_text(const VisitParameters& visit, std::string_view text,
                              std::string_view name) {
  return read(visit, text, {.name = std::string(name)}, "");
}

ConfigOrigin read_config_table(const VisitParameters& visit, const toml::table& root,
                               const std::string& name, std::string_view use) {
  return read(visit, root, {.name = name}, use);
}

ConfigOrigin read_setting(const VisitParameters& visit, std::string_view setting,
                          std::string_view use) {
  const Source source = source_of(setting);
  return read(visit, parse_setting(source), source, use);
}

void check_parameters(const VisitParameters& visit, const ConfigOrigin& origin) {
  ConstraintChecker checker(origin);
  visit(checker);
  checker.finish();
}

}  // namespace detail

}  // namespace kilburn
