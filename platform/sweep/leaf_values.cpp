#include "platform/sweep/leaf_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/error.h"
#include "common/number_text.h"
#include "platform/configuration/toml_text.h"

namespace kilburn::platform::sweep {

std::string LeafValues::place(toml::source_position at) const {
  return at ? fmt::format("{}:{}:{}", file_, at.line, at.column) : file_;
}

std::string LeafValues::what(const Leaf& leaf) const {
  return fmt::format("{}: {}", place(leaf.at), printable(leaf.path));
}

std::string LeafValues::string(const Leaf& leaf) const {
  if (const auto* text = leaf.node->as_string()) return printable(text->get());
  throw InputError(fmt::format("{}: must be a string", what(leaf)));
}

const toml::table& LeafValues::table(const Leaf& leaf) const {
  if (const auto* table = leaf.node->as_table()) return *table;
  throw InputError(fmt::format("{}: must be a table, [{}]", what(leaf), printable(leaf.path)));
}

const toml::array& LeafValues::list(const Leaf& leaf) const {
  if (const auto* list = leaf.node->as_array(); list != nullptr && !list->empty()) return *list;
  throw InputError(fmt::format("{}: must be a list, and not an empty one", what(leaf)));
}

std::uint64_t LeafValues::positive(const toml::node& node, const Leaf& leaf,
                                   std::string_view unit) const {
  if (const auto* number = node.as_integer(); number != nullptr && number->get() > 0) {
    return static_cast<std::uint64_t>(number->get());
  }
  if (const auto* text = node.as_string()) {
    if (const auto number = parse_whole_number(text->get()); number && *number > 0) {
      return *number;
    }
  }
  throw InputError(
      fmt::format("{}: allowed is an integer from 1 on ({}), such as 1000, \"64k\" or "
                  "\"2^20\"",
                  what(leaf), unit));
}

std::size_t LeafValues::choice(const Leaf& leaf, const std::vector<std::string_view>& names) const {
  const auto* text = leaf.node->as_string();
  const auto found = std::ranges::find(names, text != nullptr ? text->get() : "");
  if (found == names.end()) {
    throw InputError(fmt::format("{}: allowed {}", what(leaf), fmt::join(names, ", ")));
  }
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace kilburn::platform::sweep
