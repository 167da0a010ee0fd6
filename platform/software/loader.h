// Puts programs, kernels, initial RAM disks and the device tree into memory before a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/software/address_range.h"
#include "platform/software/elf_file.h"

namespace kilburn::software {

/// Writes bytes to physical memory; false: there is none at some of the addresses.
using MemoryWriter = std::function<bool(Address, std::span<const std::byte>)>;

/// Every placement is checked against memory and against those before it; nothing is written for
/// one that fails. All throw InputError naming file, place and what is allowed. The places that are
/// nobody's choice are QEMU 7.2's (`virt`).
class Loader {
 public:
  Loader(AddressRange memory, MemoryWriter writer);

  /// A program, at its physical addresses; a static-pie at the start of memory. The file's own
  /// headers need no memory where a linker put them before it.
  ElfFile load_elf(const std::string& path);

  /// A Linux Image, plain or compressed by gzip, at memory's start plus its text_offset; or an ELF
  /// file. Returns its entry point.
  Address load_kernel(const std::string& path);

  /// The file as it is.
  AddressRange load_raw(const std::string& path, Address address);

  /// 128 MiB, or half of memory where that is less, above the kernel's entry point.
  AddressRange load_initrd(const std::string& path, Address kernel_entry);

  /// At the end of memory below 3 GiB, on a boundary of 2 MiB; lower where that is taken. Firmware
  /// extends the tree in place, so room behind it is kept free. Returns its address.
  Address load_device_tree(std::span<const std::byte> blob);

 private:
  struct Placement {
    std::string what;
    AddressRange range;
  };
  void load_segments(const ElfFile& elf);
  [[nodiscard]] ElfSegment in_memory(ElfSegment segment) const;
  Address load_image(std::span<const std::byte> bytes, const std::string& path);
  void place(const std::string& what, AddressRange range);
  [[nodiscard]] const Placement* in_the_way(AddressRange range) const;
  void write(const std::string& what, Address address, std::span<const std::byte> bytes);
  void write_zeros(const std::string& what, AddressRange range);

  AddressRange memory_;
  MemoryWriter writer_;
  std::vector<Placement> placements_;
};

}  // namespace kilburn::software
