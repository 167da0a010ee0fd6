// The leaves of a space's TOML: what is fixed, and what stands for several values.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
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

/// What a path of the configuration names.
enum class Named : std::uint8_t { block, parameter, list };

/// All leaves of `table` in the order of the file. A table is a range, and so a leaf, where a
/// parameter stands; of a list, those of each element, which its index names. Deeper nesting than
/// any configuration has is left out.
[[nodiscard]] std::vector<Leaf> leaves_of(const toml::table& table,
                                          const std::function<Named(std::string_view path)>& named);

/// Removes the leaf at `path` of names without dots.
void erase_leaf(toml::table& root, std::string_view path);

/// A tree that holds `value` at `path`, all of its keys placed at `at`.
[[nodiscard]] toml::table tree_of(std::string_view path, toml::source_position at,
                                  const toml::node& value);

}  // namespace kilburn::platform::sweep
