#include "platform/software/kernel_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "common/error.h"

namespace kilburn::software {
namespace {

constexpr std::string_view magic("RSC\x05", 4);
constexpr std::uint64_t alignment = std::uint64_t{2} << 20;  // of the kernel's first page table
constexpr std::size_t text_offset_at = 8;
constexpr std::size_t image_size_at = 16;
constexpr std::size_t flags_at = 24;
constexpr std::size_t magic_at = 56;
constexpr std::size_t header_bytes = 64;

std::uint64_t word(std::span<const std::byte> bytes, std::size_t offset) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace

bool is_kernel_image(std::span<const std::byte> bytes) {
  return bytes.size() >= header_bytes &&
         std::memcmp(bytes.data() + magic_at, magic.data(), magic.size()) == 0;
}

KernelImage read_kernel_image(std::span<const std::byte> bytes, const std::string& name) {
  const std::uint64_t text_offset = word(bytes, text_offset_at);
  if (text_offset % alignment != 0) {
    throw InputError(fmt::format("{}: at 0x{:x}: text_offset 0x{:x}: allowed multiples of 0x{:x}",
                                 name, text_offset_at, text_offset, alignment));
  }
  if ((word(bytes, flags_at) & 1) != 0) {
    throw InputError(fmt::format("{}: at 0x{:x}: a big-endian kernel: allowed little-endian ones",
                                 name, flags_at));
  }
  return {.text_offset = text_offset,
          .memory_bytes = std::max<std::uint64_t>(word(bytes, image_size_at), bytes.size())};
}

}  // namespace kilburn::software
