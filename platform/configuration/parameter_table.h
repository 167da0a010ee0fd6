// All parameters of a configuration as tables, as TOML, and as the text that identifies it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/parameter_values.h"

namespace kilburn {

/// One parameter as declared, with all values as text.
struct ParameterRow {
  std::string name;
  std::string type;     ///< integer, real, flag, choice, text
  std::string unit;     ///< empty where there is none
  std::string allowed;  ///< range or choices
  std::string default_value;
  std::string value;
  std::string toml;  ///< the value as TOML writes it
  std::string sentence;
  std::string use;  ///< that alone reads it, or several, "software and ssd"; empty: every one does
};

enum class BlockKind : std::uint8_t {
  block,
  list,     ///< has no rows: its elements follow
  element,  ///< of the list before: "pcie.function.0"
};

struct ParameterBlock {
  std::string path{};  ///< "mmu.dtlb", empty for the outermost block
  std::string sentence{};
  std::vector<ParameterRow> rows{};  ///< in the order of declaration
  BlockKind kind = BlockKind::block;
  std::string use{};
  /// Of a list: what a new element holds, with N for its index, itself first.
  std::vector<ParameterBlock> new_element{};
};
using ParameterTable = std::vector<ParameterBlock>;

/// What `--set` takes. A list is one: its value is an array of inline tables, the whole list.
struct ParameterValueText {
  std::string path;
  std::string toml;
  bool is_word = false;  ///< `toml` is a string that `--set` takes without its quotes, too
};

namespace detail {
/// Changes the lists of `defaults`.
ParameterTable tabulate(const VisitParameters& config, const VisitParameters& defaults,
                        std::string_view use);
}  // namespace detail

/// Blocks in the order of declaration; a block without parameters of its own is there too. With a
/// `use`, without what only others read.
template <class Config>
[[nodiscard]] ParameterTable parameter_table(const Config& config, std::string_view use = "") {
  Config values = config;  // a configuration's visit may write, though here nothing does
  Config defaults;
  return detail::tabulate(parameters_of(values), parameters_of(defaults), use);
}

/// In the order of declaration; those of elements are within the lists that hold them.
[[nodiscard]] std::vector<ParameterValueText> settings_of(const ParameterTable& table);

/// The same without lists: the rows of their elements, by index.
[[nodiscard]] std::vector<ParameterValueText> element_settings_of(const ParameterTable& table);

/// One line a parameter under its full path, one paragraph a block, columns aligned throughout. Of
/// a list without elements, what one would hold.
[[nodiscard]] std::string text_table(const ParameterTable& table);

/// A heading (of `heading_level` signs "#") and a table for each block that has parameters.
[[nodiscard]] std::string markdown_tables(const ParameterTable& table, unsigned heading_level = 3);

/// TOML that load_config reads back to the same values, with each sentence as a comment.
[[nodiscard]] std::string to_toml(const ParameterTable& table);

/// One "path = value" a line, sorted by path, a list in one line: the same for equal
/// configurations, whatever the order and the wording of the declarations. Hash this. It is TOML,
/// and reads back.
[[nodiscard]] std::string canonical_text(const ParameterTable& table);

}  // namespace kilburn
