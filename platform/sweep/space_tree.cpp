#include "platform/sweep/space_tree.h"

#include <algorithm>
#include <utility>

#include "common/parameter_values.h"

namespace kilburn::platform::sweep {

namespace {

constexpr unsigned max_depth = 16;

void add_leaves(const toml::table& table, const std::string& prefix, unsigned depth,
                const std::function<bool(std::string_view)>& may_be_range,
                std::vector<Leaf>& leaves) {
  for (const auto& [key, node] : table) {
    const std::string path = join_path(prefix, key.str());
    const auto* inner = node.as_table();
    if (inner == nullptr || may_be_range(path)) {
      leaves.push_back({path, key.source().begin, &node});
    } else if (depth < max_depth) {
      add_leaves(*inner, path, depth + 1, may_be_range, leaves);
    }
  }
}

}  // namespace

std::vector<Leaf> leaves_of(const toml::table& table,
                            const std::function<bool(std::string_view)>& may_be_range) {
  std::vector<Leaf> leaves;
  add_leaves(table, "", 0, may_be_range, leaves);
  std::ranges::stable_sort(
      leaves, {}, [](const Leaf& leaf) { return std::pair(leaf.at.line, leaf.at.column); });
  return leaves;
}

void erase_leaf(toml::table& root, std::string_view path) {
  toml::table* table = &root;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    toml::node* inner = table->get(path.substr(0, dot));
    if (inner == nullptr || !inner->is_table()) return;
    table = inner->as_table();
    path.remove_prefix(dot + 1);
  }
  table->erase(path);
}

toml::table tree_of(std::string_view path, toml::source_position at, const toml::node& value) {
  const std::size_t dot = path.find('.');
  const toml::key key(path.substr(0, dot), toml::source_region{at, at, nullptr});
  toml::table tree;
  if (dot == std::string_view::npos) {
    value.visit([&](const auto& typed) { tree.insert_or_assign(key, typed); });
  } else {
    tree.insert_or_assign(key, tree_of(path.substr(dot + 1), at, value));
  }
  return tree;
}

}  // namespace kilburn::platform::sweep
