// The device tree of a board: what firmware and operating systems learn about the hardware.
// Source: Devicetree Specification 0.4; QEMU 7.2 (`virt`) for names and values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "device/tree_nodes.h"
#include "kilburn/board.h"
#include "platform/software/address_range.h"

namespace kilburn::software {

/// What the tree says.
struct BoardConfig {
  unsigned harts = 1;
  std::string isa;                      ///< "rv64imafdch_zicsr_zifencei_sstc"
  std::string mmu_type = "riscv,sv57";  ///< the largest mode; "riscv,none": no translation
  AddressRange memory{BOARD_DRAM, 0};
  std::uint64_t timebase_hz = BOARD_TIMEBASE_HZ;
  std::vector<device::TreeNodes> devices{};          ///< what they say of themselves, in this order
  std::string bootargs;                              ///< empty: none
  std::optional<AddressRange> initrd;                ///< where the loader has put it
  std::string stdout_path = "/soc/serial@10000000";  ///< empty: none
  std::uint64_t seed = 1;                            ///< of chosen/rng-seed
};

/// A flattened tree. It has a __symbols__ node, so that overlays can name nodes by these labels:
/// soc, cpu0, cpu0_intc, ..., clint, plic, and of the devices that the board has uart, rtc, test,
/// rmu.
[[nodiscard]] std::vector<std::byte> device_tree(const BoardConfig& config);

/// `tree` with the overlay (.dtbo) at `path` applied. Throws InputError naming `path` where it is
/// no overlay, or refers to what the board has not.
[[nodiscard]] std::vector<std::byte> apply_overlay(const std::vector<std::byte>& tree,
                                                   const std::string& path);

}  // namespace kilburn::software
