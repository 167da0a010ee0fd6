#include "platform/sweep/space_tree.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/parameter_values.h"

namespace kilburn::platform::sweep {

namespace {

constexpr unsigned max_depth = 16;

class LeafCollector {
 public:
  explicit LeafCollector(const std::function<Named(std::string_view)>& named) : named_(named) {}
  void add_table(const toml::table& table, const std::string& path, unsigned depth) {
    for (const auto& [key, node] : table) {
      add(node, key.source().begin, join_path(path, key.str()), depth);
    }
  }
  std::vector<Leaf> take() { return std::move(leaves_); }

 private:
  void add(const toml::node& node, toml::source_position at, const std::string& path,
           unsigned depth) {
    const auto* table = node.as_table();
    const auto* array = node.as_array();
    const Named what = named_(path);
    if (what == Named::list && array != nullptr) {
      // What is no element is told by who reads the list.
      for (std::size_t i = 0; i < array->size(); ++i) {
        const auto* element = (*array)[i].as_table();
        if (element != nullptr && depth < max_depth) {
          add_table(*element, join_path(path, std::to_string(i)), depth + 1);
        }
      }
    } else if (table == nullptr || what == Named::parameter) {
      leaves_.push_back({path, at, &node});
    } else if (depth < max_depth) {
      add_table(*table, path, depth + 1);
    }
  }

  const std::function<Named(std::string_view)>& named_;
  std::vector<Leaf> leaves_;
};

}  // namespace

std::vector<Leaf> leaves_of(const toml::table& table,
                            const std::function<Named(std::string_view path)>& named) {
  LeafCollector collector(named);
  collector.add_table(table, "", 0);
  std::vector<Leaf> leaves = collector.take();
  std::ranges::stable_sort(
      leaves, {}, [](const Leaf& leaf) { return std::pair(leaf.at.line, leaf.at.column); });
  return leaves;
}

void erase_leaf(toml::table& root, std::string_view path) {
  toml::node* node = &root;
  while (true) {
    const std::size_t dot = path.find('.');
    const std::string_view name = path.substr(0, dot);
    auto* const table = node->as_table();
    auto* const array = node->as_array();
    if (dot == std::string_view::npos) {
      if (table != nullptr) table->erase(name);
      return;
    }
    if (array != nullptr && is_index(name)) {
      node = array->get(static_cast<std::size_t>(*parse_digits(name)));
    } else {
      node = table != nullptr ? table->get(name) : nullptr;
    }
    if (node == nullptr) return;
    path.remove_prefix(dot + 1);
  }
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
