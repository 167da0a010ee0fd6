// RISC-V programs: ELF files with their segments and symbols.
// Source: Tool Interface Standard, ELF 1.2; ELF-64 Object File Format 1.5; RISC-V ELF psABI 1.0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/types.h"
#include "platform/software/symbol_table.h"

namespace kilburn::software {

/// What memory holds of a program: the file's bytes, then zeros.
struct ElfSegment {
  Address address = 0;  ///< physical
  Address virtual_address = 0;
  std::span<const std::byte> content;
  std::uint64_t memory_bytes = 0;  ///< at least content.size()
  /// Of the content's first bytes, how many are the file's own headers and zeros behind them.
  std::uint64_t header_bytes = 0;
};

/// A program of 64 bits, little-endian, linked for its addresses (EXEC) or relocating itself (DYN,
/// static-pie). A DYN's addresses count from `base`. Everything is checked against the file's size
/// when it is read; whether memory has room is the loader's.
class ElfFile {
 public:
  /// Throws InputError naming `path`, the offset in the file, and what is allowed.
  ElfFile(const std::string& path, Address base);
  /// Reads a file from memory; errors give `name` as the file.
  ElfFile(std::vector<std::byte> bytes, std::string name, Address base);
  ElfFile(const ElfFile&) = delete;
  ElfFile& operator=(const ElfFile&) = delete;
  ElfFile(ElfFile&&) = default;
  ElfFile& operator=(ElfFile&&) = default;
  ~ElfFile() = default;

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Of the entry point: physical. The file may give either a virtual or a physical address.
  [[nodiscard]] Address entry() const { return entry_; }
  /// Those that take up memory, in the file's order.
  [[nodiscard]] const std::vector<ElfSegment>& segments() const { return segments_; }
  /// Empty for a stripped program.
  [[nodiscard]] const SymbolTable& symbols() const { return symbols_; }
  /// Where a virtual address of the program is loaded.
  [[nodiscard]] std::optional<Address> physical(Address virtual_address) const;
  /// Physical address of a symbol such as tohost.
  [[nodiscard]] std::optional<Address> physical(std::string_view symbol) const;

 private:
  void read_segments(Address base);
  void leave_zeros_to_the_program();
  void read_entry();
  void read_symbols();

  std::vector<std::byte> bytes_;
  std::string name_;
  Address base_ = 0;  ///< added to the file's addresses; 0 for EXEC
  Address entry_ = 0;
  std::vector<ElfSegment> segments_;
  SymbolTable symbols_;
};

}  // namespace kilburn::software
