// Programs of a few instructions whose every access is known: ELF files made by hand.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include "trace_support.h"

namespace kilburn::trace::test {

enum class Machine : std::uint16_t { x86_64 = 62, aarch64 = 183, riscv64 = 243, sparc = 43 };

inline constexpr Address elf_base = 0x400000;            ///< 12 KiB, readable, writable, executable
inline constexpr Address elf_code = elf_base + 64 + 56;  ///< after the ELF and program headers

/// One instruction and the data accesses it makes.
struct Instruction {
  std::string bytes;
  std::vector<Record> accesses;
};

inline Instruction instruction(std::initializer_list<int> bytes,
                               std::vector<Record> accesses = {}) {
  Instruction result{{}, std::move(accesses)};
  for (const int byte : bytes) result.bytes.push_back(static_cast<char>(byte));
  return result;
}
/// A 4-byte instruction, as RISC-V and Arm have them.
inline Instruction instruction(std::uint32_t word, std::vector<Record> accesses = {}) {
  Instruction result{std::string(4, '\0'), std::move(accesses)};
  std::memcpy(result.bytes.data(), &word, 4);
  return result;
}
inline Record load(Address address, std::uint8_t size) {
  return {.address = address, .kind = Kind::load, .size = size};
}
inline Record store(Address address, std::uint8_t size) {
  return {.address = address, .kind = Kind::store, .size = size};
}

/// What executing `program` once from front to back does.
inline std::vector<Record> straight_run(const std::vector<Instruction>& program) {
  std::vector<Record> records;
  Address address = elf_code;
  for (const Instruction& i : program) {
    records.push_back({.address = address,
                       .kind = Kind::fetch,
                       .size = static_cast<std::uint8_t>(i.bytes.size())});
    records.insert(records.end(), i.accesses.begin(), i.accesses.end());
    address += i.bytes.size();
  }
  return records;
}

inline void write_program(const std::filesystem::path& path,
                          const std::vector<Instruction>& program,
                          Machine machine = Machine::x86_64) {
  std::string code;
  for (const Instruction& i : program) code += i.bytes;
  const auto append = [](std::string& to, auto value) {
    to.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  std::string elf(
      "\x7F"
      "ELF\x02\x01\x01",
      7);  // 64-bit, little-endian, version 1
  elf.resize(16);
  append(elf, std::uint16_t{2});  // ET_EXEC
  append(elf, static_cast<std::uint16_t>(machine));
  append(elf, std::uint32_t{1});  // version
  append(elf, std::uint64_t{elf_code});
  append(elf, std::uint64_t{64});  // program headers
  append(elf, std::uint64_t{0});   // no sections
  append(elf, std::uint32_t{0});
  for (const int half : {64, 56, 1, 0, 0, 0}) append(elf, static_cast<std::uint16_t>(half));
  append(elf, std::uint32_t{1});  // PT_LOAD
  append(elf, std::uint32_t{7});  // RWX
  append(elf, std::uint64_t{0});  // file offset
  append(elf, std::uint64_t{elf_base});
  append(elf, std::uint64_t{elf_base});
  append(elf, std::uint64_t{64 + 56 + code.size()});
  append(elf, std::uint64_t{0x3000});  // size in memory
  append(elf, std::uint64_t{0x1000});
  write_file(path, elf + code);
  chmod(path.c_str(), 0755);
}

}  // namespace kilburn::trace::test
