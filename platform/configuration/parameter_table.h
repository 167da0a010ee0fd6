// All parameters of a configuration as tables, as TOML, and as the text that identifies it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/parameter_values.h"

namespace kilburn {

/// One parameter as declared, with all values as text.
struct ParameterRow {
  std::string name;
  std::string type;     ///< integer, real, flag, choice
  std::string unit;     ///< empty where there is none
  std::string allowed;  ///< range or choices
  std::string default_value;
  std::string value;
  std::string toml;  ///< the value as TOML writes it
  std::string sentence;
};

struct ParameterBlock {
  std::string path;  ///< "mmu.dtlb", empty for the outermost block
  std::string sentence;
  std::vector<ParameterRow> rows;  ///< in the order of declaration
};
using ParameterTable = std::vector<ParameterBlock>;

namespace detail {
ParameterTable tabulate(const VisitParameters& config, const VisitParameters& defaults);
}  // namespace detail

/// Blocks in the order of declaration; a block without parameters of its own is there too.
template <class Config>
[[nodiscard]] ParameterTable parameter_table(const Config& config) {
  Config values = config;  // a configuration's visit may write, though here nothing does
  Config defaults;
  return detail::tabulate(parameters_of(values), parameters_of(defaults));
}

/// One line a parameter under its full path, one paragraph a block, columns aligned throughout.
[[nodiscard]] std::string text_table(const ParameterTable& table);

/// A heading (of `heading_level` signs "#") and a table for each block that has parameters.
[[nodiscard]] std::string markdown_tables(const ParameterTable& table, unsigned heading_level = 3);

/// TOML that load_config reads back to the same values, with each sentence as a comment.
[[nodiscard]] std::string to_toml(const ParameterTable& table);

/// One "path = value" a line, sorted by path: the same for equal configurations, whatever the order
/// and the wording of the declarations. Hash this.
[[nodiscard]] std::string canonical_text(const ParameterTable& table);

}  // namespace kilburn
