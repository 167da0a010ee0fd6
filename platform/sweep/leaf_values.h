// What stands at a leaf of a space's TOML, as the type that is wanted there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/sweep/space_tree.h"

namespace kilburn::platform::sweep {

/// Each throws InputError, which names place and path, where something else stands there.
class LeafValues {
 public:
  explicit LeafValues(std::string file) : file_(std::move(file)) {}

  /// "space.toml:5:1"; the file alone where the place is not known.
  [[nodiscard]] std::string place(toml::source_position at) const;
  /// "space.toml:5:1: mmu.dtlb.entries".
  [[nodiscard]] std::string what(const Leaf& leaf) const;

  [[nodiscard]] std::string string(const Leaf& leaf) const;
  [[nodiscard]] const toml::table& table(const Leaf& leaf) const;
  [[nodiscard]] const toml::array& list(const Leaf& leaf) const;
  /// `node`: at the leaf, or in its list.
  [[nodiscard]] std::uint64_t positive(const toml::node& node, const Leaf& leaf,
                                       std::string_view unit) const;
  /// The place of the word among `names`.
  [[nodiscard]] std::size_t choice(const Leaf& leaf,
                                   const std::vector<std::string_view>& names) const;

 private:
  std::string file_;
};

}  // namespace kilburn::platform::sweep
