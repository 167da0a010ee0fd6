// What a device says of itself in the device tree.
#pragma once

#include <cstdint>
#include <functional>
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
};

/// "uart@10000000".
[[nodiscard]] inline std::string node_name(const char* name, Address address) {
  return fmt::format("{}@{:x}", name, address);
}
[[nodiscard]] inline std::string hart_controller(unsigned hart) {
  return fmt::format("cpu{}_intc", hart);
}

/// The node's interrupt is input `source` of the PLIC.
inline void wired_interrupt(TreeWriter& tree, std::uint32_t source) {
  tree.cells("interrupt-parent", {tree.phandle("plic")});
  tree.cells("interrupts", {source});
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
