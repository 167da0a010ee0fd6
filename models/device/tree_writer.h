// Writes a flattened device tree, node by node, with libfdt.
#pragma once

#include <fmt/format.h>
#include <libfdt.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kilburn::device {

/// The node that devices' lines lead to.
struct WiredController {
  std::string label = "plic";
  bool senses = false;     ///< a second cell of `interrupts` says edge or level
  std::string messages{};  ///< the node that devices send messages to; empty: none
};

/// Properties of a node come before its children, as the format wants it. Nodes with a label get a
/// phandle of their own when the label is first mentioned, and an entry in __symbols__.
class TreeWriter {
 public:
  /// `bytes`: more than the tree takes up.
  explicit TreeWriter(std::size_t bytes) : blob_(bytes) {
    check(fdt_create(blob_.data(), static_cast<int>(blob_.size())));
    check(fdt_finish_reservemap(blob_.data()));
  }

  /// A node whose properties and children `fill` writes. The root has the empty name.
  template <class Fill>
  void node(const std::string& name, Fill fill) {
    const std::size_t parent_length = path_.size();
    if (path_ != "/") path_ += '/';
    path_ += name;
    check(fdt_begin_node(blob_.data(), name.c_str()));
    fill();
    check(fdt_end_node(blob_.data()));
    path_.resize(parent_length);
  }
  /// Labels the node that is being written.
  void label(const std::string& label) {
    symbols_.emplace_back(label, path_);
    cells("phandle", {phandle(label)});
  }
  std::uint32_t phandle(const std::string& label) {
    return phandles_.try_emplace(label, static_cast<std::uint32_t>(phandles_.size() + 1))
        .first->second;
  }

  void set_wired_controller(WiredController controller) { wired_ = std::move(controller); }
  [[nodiscard]] const WiredController& wired_controller() const { return wired_; }

  void cells(const char* name, std::span<const std::uint32_t> values) {
    std::vector<fdt32_t> big_endian;
    for (const std::uint32_t value : values) big_endian.push_back(cpu_to_fdt32(value));
    bytes(name, std::as_bytes(std::span(big_endian)));
  }
  void cells(const char* name, std::initializer_list<std::uint32_t> values) {
    cells(name, std::span(values.begin(), values.size()));
  }
  /// 64 bits each: two cells.
  void wide_cells(const char* name, std::initializer_list<std::uint64_t> values) {
    std::vector<std::uint32_t> halves;
    for (const std::uint64_t value : values) {
      halves.push_back(static_cast<std::uint32_t>(value >> 32));
      halves.push_back(static_cast<std::uint32_t>(value));
    }
    cells(name, halves);
  }
  /// One string after the other, each with its terminating zero.
  void texts(const char* name, std::initializer_list<std::string_view> values) {
    std::string all;
    for (const std::string_view value : values) all.append(value).push_back('\0');
    bytes(name, std::as_bytes(std::span(all)));
  }
  void flag(const char* name) { bytes(name, {}); }
  void bytes(const char* name, std::span<const std::byte> value) {
    check(fdt_property(blob_.data(), name, value.data(), static_cast<int>(value.size())));
  }

  /// Paths of all labels; in the root, last.
  void symbols() {
    node("__symbols__", [&] {
      for (const auto& [label, path] : symbols_) texts(label.c_str(), {path});
    });
  }
  [[nodiscard]] std::vector<std::byte> finish() {
    check(fdt_finish(blob_.data()));
    blob_.resize(fdt_totalsize(blob_.data()));
    return std::move(blob_);
  }

 private:
  static void check([[maybe_unused]] int error) {
    assert(error == 0 && "libfdt had room, and nodes and properties came in order");
  }

  std::vector<std::byte> blob_;
  std::string path_;
  WiredController wired_;
  std::map<std::string, std::uint32_t> phandles_;
  std::vector<std::pair<std::string, std::string>> symbols_;  ///< label, path
};

}  // namespace kilburn::device
