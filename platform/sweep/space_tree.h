// The leaves of a space's TOML: what is fixed, and what stands for several values.
#pragma once

#include <toml++/toml.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kilburn::platform::sweep {

/// A value, a list, or a range.
struct Leaf {
  std::string path;  ///< "mmu.dtlb.entries", whether its dots are TOML's or within quotes
  toml::source_position at;
  const toml::node* node;
};

/// All leaves of `table` in the order of the file. A table is a range, and so a leaf, where
/// `may_be_range` says so of its path. Deeper nesting than any configuration has is left out.
[[nodiscard]] std::vector<Leaf> leaves_of(
    const toml::table& table, const std::function<bool(std::string_view path)>& may_be_range);

/// Removes the leaf at `path` of names without dots.
void erase_leaf(toml::table& root, std::string_view path);

/// A tree that holds `value` at `path`, all of its keys placed at `at`.
[[nodiscard]] toml::table tree_of(std::string_view path, toml::source_position at,
                                  const toml::node& value);

}  // namespace kilburn::platform::sweep
