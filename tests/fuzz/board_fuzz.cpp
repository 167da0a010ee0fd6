// Any bytes as what a board is given beside a program: a device-tree overlay, a kernel (plain or by
// gzip), a console script. Read, or refused by an InputError. The first byte says which.
#include <fcntl.h>
#include <fmt/format.h>
#include <libfdt.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "platform/host/script_console.h"
#include "platform/software/device_tree.h"
#include "platform/software/file_bytes.h"
#include "platform/software/kernel_image.h"

namespace {

using namespace kilburn;

constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20;

/// A tree with any overlay on it is a tree.
void overlay(std::span<const std::byte> bytes) {
  static const std::vector<std::byte> tree =
      software::device_tree({.isa = "rv64imafdc", .memory = {BOARD_DRAM, std::uint64_t{1} << 30}});
  const int file = memfd_create("overlay", 0);
  if (write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    __builtin_trap();
  try {
    const auto result = software::apply_overlay(tree, fmt::format("/proc/self/fd/{}", file));
    if (fdt_check_full(result.data(), result.size()) != 0) __builtin_trap();
  } catch (const kilburn::InputError&) {
  }
  close(file);
}

void kernel(std::span<const std::byte> bytes) {
  try {
    std::vector<std::byte> content(bytes.begin(), bytes.end());
    if (software::is_gzip(bytes)) content = software::gunzip(bytes, "fuzz.gz", most_bytes);
    if (content.size() > most_bytes && software::is_gzip(bytes)) __builtin_trap();
    if (software::is_kernel_image(content) &&
        software::read_kernel_image(content, "fuzz").memory_bytes < content.size()) {
      __builtin_trap();
    }
  } catch (const kilburn::InputError&) {
  }
}

void script(std::span<const std::byte> bytes) {
  try {
    (void)host::parse_script({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                             "fuzz.script");
  } catch (const kilburn::InputError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      overlay(bytes);
      break;
    case 1:
      kernel(bytes);
      break;
    default:
      script(bytes);
      break;
  }
  return 0;
}
