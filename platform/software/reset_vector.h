// The boot ROM: the first instructions of every hart, and what they hand to firmware.
// Source: QEMU 7.2, hw/riscv/boot.c; OpenSBI, include/sbi/fw_dynamic.h.
#pragma once

#include <array>
#include <cstddef>

#include "common/types.h"

namespace kilburn::software {

struct BootTarget {
  Address entry = 0;        ///< of the firmware or bare program
  Address device_tree = 0;  ///< a1
  Address next = 0;         ///< of the kernel, which OpenSBI's fw_dynamic starts; 0: none
};

/// Code, then OpenSBI's fw_dynamic_info.
inline constexpr std::size_t reset_vector_bytes = 40 + 6 * 8;

/// For BOARD_ROM. A hart arrives at `entry` with a0 = its number, a1 = the device tree and a2 = the
/// address of the fw_dynamic_info, whose next mode is supervisor.
[[nodiscard]] std::array<std::byte, reset_vector_bytes> reset_vector(const BootTarget& target);

}  // namespace kilburn::software
