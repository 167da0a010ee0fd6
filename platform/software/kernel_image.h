// The RISC-V boot image header of Linux: where a kernel's Image wants to be.
// Source: Linux, Documentation/riscv/boot-image-header.rst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace kilburn::software {

struct KernelImage {
  std::uint64_t text_offset = 0;   ///< from the start of memory to where it is loaded
  std::uint64_t memory_bytes = 0;  ///< what it takes up, its zeroed part included
};

/// Does the file have the header, "RSC\x05" at 0x38?
[[nodiscard]] bool is_kernel_image(std::span<const std::byte> bytes);

/// Throws InputError naming the file as `name` where the kernel is of another byte order, or
/// text_offset no multiple of 2 MiB.
[[nodiscard]] KernelImage read_kernel_image(std::span<const std::byte> bytes,
                                            const std::string& name);

}  // namespace kilburn::software
