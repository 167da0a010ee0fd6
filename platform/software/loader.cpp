#include "platform/software/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/error.h"
#include "platform/software/file_bytes.h"
#include "platform/software/kernel_image.h"

namespace kilburn::software {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::uint64_t initrd_distance = 128 * mib;
constexpr std::uint64_t device_tree_alignment = 2 * mib;
constexpr Address device_tree_below = 3072 * mib;  // 32-bit kernels can map what lies below
constexpr std::uint64_t device_tree_growth = std::uint64_t{64} << 10;
constexpr std::size_t elf_magic_bytes = 4;

bool is_elf(std::span<const std::byte> bytes) {
  constexpr std::array magic = {std::byte{0x7F}, std::byte{'E'}, std::byte{'L'}, std::byte{'F'}};
  return bytes.size() >= elf_magic_bytes && std::ranges::equal(bytes.first(elf_magic_bytes), magic);
}

}  // namespace

Loader::Loader(AddressRange memory, MemoryWriter writer)
    : memory_(memory), writer_(std::move(writer)) {}

const Loader::Placement* Loader::in_the_way(AddressRange range) const {
  const auto found = std::ranges::find_if(
      placements_, [&](const Placement& placed) { return placed.range.overlaps(range); });
  return found == placements_.end() ? nullptr : &*found;
}

void Loader::place(const std::string& what, AddressRange range) {
  if (!memory_.contains(range)) {
    throw InputError(
        fmt::format("{}: {} lies outside memory, {}", what, to_string(range), to_string(memory_)));
  }
  if (const Placement* other = in_the_way(range)) {
    throw InputError(fmt::format("{}: {} overlaps {}, {}", what, to_string(range), other->what,
                                 to_string(other->range)));
  }
  placements_.push_back({what, range});
}

void Loader::write(const std::string& what, Address address, std::span<const std::byte> bytes) {
  if (bytes.empty() || writer_(address, bytes)) return;
  throw InputError(
      fmt::format("{}: memory refuses {}", what, to_string(AddressRange{address, bytes.size()})));
}

void Loader::write_zeros(const std::string& what, AddressRange range) {
  static constexpr std::array<std::byte, std::size_t{64} << 10> zeros{};
  for (std::uint64_t done = 0; done < range.bytes; done += zeros.size()) {
    const std::uint64_t count = std::min<std::uint64_t>(zeros.size(), range.bytes - done);
    write(what, range.first + done, std::span(zeros).first(count));
  }
}

ElfFile Loader::load_elf(const std::string& path) {
  ElfFile elf(path, memory_.first);
  load_segments(elf);
  return elf;
}

/// A plain link with -Ttext at memory's start puts the file's own headers into the page before:
/// nobody misses what of them has no memory.
ElfSegment Loader::in_memory(ElfSegment segment) const {
  if (segment.address >= memory_.first) return segment;
  const std::uint64_t below = memory_.first - segment.address;
  const std::uint64_t dropped = std::min({below, segment.header_bytes, segment.memory_bytes});
  if (dropped < std::min(below, segment.memory_bytes)) return segment;  // it will be refused
  segment.address += dropped;
  segment.virtual_address += dropped;
  segment.content = segment.content.subspan(std::min(dropped, segment.content.size()));
  segment.memory_bytes -= dropped;
  return segment;
}

void Loader::load_segments(const ElfFile& elf) {
  struct Placed {
    ElfSegment segment;
    std::string what;
  };
  std::vector<Placed> placed;
  for (const ElfSegment& each : elf.segments()) {
    const ElfSegment segment = in_memory(each);
    if (segment.memory_bytes == 0) continue;
    const AddressRange range{segment.address, segment.memory_bytes};
    std::string what = fmt::format("{} (segment at 0x{:x})", elf.name(), segment.virtual_address);
    if (!memory_.contains(range) && segment.address < memory_.first) {
      throw InputError(fmt::format(
          "{}: {} lies outside memory, {}: link the program for memory alone, with a linker script "
          "or with -Wl,-Ttext=0x{:x},-N,--build-id=none",
          what, to_string(range), to_string(memory_), memory_.first));
    }
    place(what, range);
    placed.push_back({segment, std::move(what)});
  }
  for (const auto& [segment, what] : placed) {
    write(what, segment.address, segment.content);
    write_zeros(what, {segment.address + segment.content.size(),
                       segment.memory_bytes - segment.content.size()});
  }
}

Address Loader::load_kernel(const std::string& path) {
  std::vector<std::byte> bytes = read_file_bytes(path, std::uint64_t{4} << 30);
  if (is_gzip(bytes)) bytes = gunzip(bytes, path, memory_.bytes);
  if (is_kernel_image(bytes)) return load_image(bytes, path);
  if (!is_elf(bytes)) {
    throw InputError(
        fmt::format("{}: no kernel: neither a RISC-V Linux Image (\"RSC\\x05\" at "
                    "0x38), plain or by gzip, nor an ELF file",
                    path));
  }
  const ElfFile elf(std::move(bytes), path, memory_.first);
  load_segments(elf);
  return elf.entry();
}

Address Loader::load_image(std::span<const std::byte> bytes, const std::string& path) {
  const KernelImage image = read_kernel_image(bytes, path);
  if (image.text_offset > UINT64_MAX - memory_.first) {
    throw InputError(fmt::format("{}: text_offset 0x{:x} lies outside memory, {}", path,
                                 image.text_offset, to_string(memory_)));
  }
  const Address address = memory_.first + image.text_offset;
  place(path, {address, image.memory_bytes});
  write(path, address, bytes);
  write_zeros(path, {address + bytes.size(), image.memory_bytes - bytes.size()});
  return address;
}

AddressRange Loader::load_raw(const std::string& path, Address address) {
  const std::vector<std::byte> bytes = read_file_bytes(path, memory_.bytes);
  const AddressRange range{address, bytes.size()};
  place(path, range);
  write(path, address, bytes);
  return range;
}

AddressRange Loader::load_initrd(const std::string& path, Address kernel_entry) {
  const Address wanted = kernel_entry + std::min(memory_.bytes / 2, initrd_distance);
  return load_raw(path, (wanted + page_bytes - 1) / page_bytes * page_bytes);
}

Address Loader::load_device_tree(std::span<const std::byte> blob) {
  const std::uint64_t bytes = blob.size() + device_tree_growth;
  const Address memory_end = memory_.first + memory_.bytes;
  const Address end =
      memory_.first < device_tree_below ? std::min(memory_end, device_tree_below) : memory_end;
  if (bytes > end - memory_.first) {
    throw InputError(
        fmt::format("device tree: {} bytes do not fit in memory, {}", bytes, to_string(memory_)));
  }
  Address address = (end - bytes) / device_tree_alignment * device_tree_alignment;
  while (address >= memory_.first && in_the_way({address, bytes}) != nullptr) {
    address -= device_tree_alignment;
  }
  place("device tree", {address, bytes});
  write("device tree", address, blob);
  return address;
}

}  // namespace kilburn::software
