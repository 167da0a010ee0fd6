// A flattened device tree as maps, with phandles replaced by what they point to.
#pragma once

#include <gtest/gtest.h>
#include <libfdt.h>

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace kilburn::software::testing {

using Properties = std::map<std::string, std::string>;  ///< values as raw bytes
using Nodes = std::map<std::string, Properties>;        ///< by path

inline std::string cell(std::uint32_t value) {
  const fdt32_t big_endian = cpu_to_fdt32(value);
  return {reinterpret_cast<const char*>(&big_endian), sizeof big_endian};
}
inline std::string wide(std::uint64_t value) {
  return cell(static_cast<std::uint32_t>(value >> 32)) + cell(static_cast<std::uint32_t>(value));
}
/// With its terminating zero.
inline std::string text(std::string_view value) {
  return std::string(value) + '\0';
}

/// Every `stride`th cell from `first` on is a phandle: its node's path comes in its place.
inline std::string resolve(const void* tree, const std::string& value, std::size_t stride,
                           std::size_t first = 0) {
  std::string resolved;
  for (std::size_t i = 0; i + 4 <= value.size(); i += 4) {
    if (i / 4 % stride != first) {
      resolved += value.substr(i, 4);
      continue;
    }
    char path[256] = {};
    const std::uint32_t phandle = fdt32_ld(reinterpret_cast<const fdt32_t*>(value.data() + i));
    EXPECT_EQ(fdt_get_path(tree, fdt_node_offset_by_phandle(tree, phandle), path, sizeof path), 0);
    resolved += path;
  }
  return resolved;
}

inline Nodes nodes_of(std::span<const std::byte> blob) {
  const void* const tree = blob.data();
  EXPECT_EQ(fdt_check_full(tree, blob.size()), 0);
  Nodes nodes;
  for (int node = fdt_next_node(tree, -1, nullptr); node >= 0;
       node = fdt_next_node(tree, node, nullptr)) {
    char path[256] = {};
    EXPECT_EQ(fdt_get_path(tree, node, path, sizeof path), 0);
    Properties& properties = nodes[path];
    int offset = 0;
    fdt_for_each_property_offset(offset, tree, node) {
      const char* name = nullptr;
      int length = 0;
      const void* value = fdt_getprop_by_offset(tree, offset, &name, &length);
      properties[name] = {static_cast<const char*>(value), static_cast<std::size_t>(length)};
    }
    properties.erase("phandle");
    for (const char* reference :
         {"interrupt-parent", "regmap", "cpu", "msi-parent", "riscv,children"}) {
      const auto found = properties.find(reference);
      if (found != properties.end()) found->second = resolve(tree, found->second, 1);
    }
    const auto lines = properties.find("interrupts-extended");
    if (lines != properties.end()) lines->second = resolve(tree, lines->second, 2);
    // Three cells of an address, a pin, the controller, its input: one cell or two.
    const auto pins = properties.find("interrupt-map");
    if (pins != properties.end()) {
      constexpr std::size_t entries = 16;
      pins->second = resolve(tree, pins->second, pins->second.size() / 4 / entries, 4);
    }
    for (const char* name : {"riscv,delegation", "riscv,delegate"}) {
      const auto found = properties.find(name);
      if (found != properties.end()) found->second = resolve(tree, found->second, 3);
    }
  }
  return nodes;
}

}  // namespace kilburn::software::testing
