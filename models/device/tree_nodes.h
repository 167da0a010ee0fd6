// What a device says of itself in the device tree.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/types.h"
#include "device/tree_writer.h"

namespace kilburn::device {

/// Nodes that a device adds. Source of names and values: QEMU 7.2 (`virt`), where it has the
/// device.
struct TreeNodes {
  std::function<void(TreeWriter&)> bus{};   ///< under /soc; empty: none
  std::function<void(TreeWriter&)> root{};  ///< in the root, behind /soc; empty: none
  /// Of the interrupt controller for devices.
  std::optional<WiredController> wired{};
};

/// "uart@10000000".
[[nodiscard]] inline std::string node_name(const char* name, Address address) {
  return fmt::format("{}@{:x}", name, address);
}
[[nodiscard]] inline std::string hart_controller(unsigned hart) {
  return fmt::format("cpu{}_intc", hart);
}

/// What a second cell of `interrupts` says of a level.
inline constexpr std::uint32_t level_high = 4;

/// The node's interrupts are these inputs of the interrupt controller for devices.
inline void wired_interrupts(TreeWriter& tree, std::initializer_list<std::uint32_t> sources) {
  const WiredController& controller = tree.wired_controller();
  tree.cells("interrupt-parent", {tree.phandle(controller.label)});
  std::vector<std::uint32_t> cells;
  for (const std::uint32_t source : sources) {
    cells.push_back(source);
    if (controller.senses) cells.push_back(level_high);
  }
  tree.cells("interrupts", cells);
}
inline void wired_interrupt(TreeWriter& tree, std::uint32_t source) {
  wired_interrupts(tree, {source});
}
/// The node drives one line of each hart.
inline void line_to_harts(TreeWriter& tree, unsigned harts, std::uint32_t line) {
  std::vector<std::uint32_t> lines;
  for (unsigned hart = 0; hart < harts; ++hart) {
    lines.insert(lines.end(), {tree.phandle(hart_controller(hart)), line});
  }
  tree.cells("interrupts-extended", lines);
}
/// The node drives two lines of each hart.
inline void lines_to_harts(TreeWriter& tree, unsigned harts, std::uint32_t first,
                           std::uint32_t second) {
  std::vector<std::uint32_t> lines;
  for (unsigned hart = 0; hart < harts; ++hart) {
    const std::uint32_t controller = tree.phandle(hart_controller(hart));
    lines.insert(lines.end(), {controller, first, controller, second});
  }
  tree.cells("interrupts-extended", lines);
}

}  // namespace kilburn::device
