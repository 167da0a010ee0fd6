// A program that uses no device and reads no device tree: loads, stores and atomic operations under
// Sv39, which hit and miss in every cache.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/page_table.h"
#include "kilburn/board.h"
#include "riscv/assembler.h"
#include "software/elf_builder.h"

namespace kilburn::platform::memory_guest {

using namespace riscv::test;  // NOLINT(google-build-using-namespace): the assembler's short names
using software::testing::ElfBuilder;

/// Physical, in pages of memory: the machine mode's way in, the program, its tables, its data.
inline constexpr Address way_in = BOARD_DRAM;
inline constexpr Address program = BOARD_DRAM + 1 * page_bytes;
inline constexpr unsigned program_pages = 3;
inline constexpr Address tables = BOARD_DRAM + 4 * page_bytes;
inline constexpr Address to_host = BOARD_DRAM + 7 * page_bytes;
inline constexpr Address data = BOARD_DRAM + 8 * page_bytes;
inline constexpr unsigned data_pages =
    24;  ///< one line of each: three times what a set of the L1D holds
/// Virtual, all in one table of the last level.
inline constexpr Address virtual_program = 0x40'0000;
inline constexpr Address virtual_data = virtual_program + program_pages * page_bytes;
inline constexpr Address virtual_to_host = virtual_data + data_pages * page_bytes;

inline constexpr unsigned pages_base = 8;
inline constexpr unsigned page = 9;
inline constexpr unsigned left = 10;
inline constexpr unsigned rounds = 11;
inline constexpr unsigned there = 12;
inline constexpr unsigned stride = 13;
inline constexpr unsigned even = 14;
inline constexpr unsigned twelve = 15;
inline constexpr unsigned back = 1;

template <class T>
void put(std::string& memory, Address at, const T& value) {
  memory.replace(at - BOARD_DRAM, sizeof value, reinterpret_cast<const char*>(&value),
                 sizeof value);
}

inline void put_code(std::string& memory, Address at, const Code& code) {
  for (const std::uint32_t word : code) {
    put(memory, at, word);
    at += 4;
  }
}

/// From the boot ROM to the program, in supervisor mode under Sv39: none of it is translated.
inline Code code_of_the_way_in() {
  Code code;
  const auto set = [&](unsigned number, std::uint64_t value) {
    load_constant(code, 5, value);
    code.push_back(csr(Op::csrrw, 0, number, 5));
  };
  set(0x3B0, ~std::uint64_t{0});                              // pmpaddr0
  set(0x3A0, 0x1F);                                           // pmpcfg0: all of memory
  set(0x180, std::uint64_t{8} << 60 | tables >> page_shift);  // satp
  set(0x341, virtual_program);                                // mepc
  set(0x300, 1u << 11);                                       // mstatus.MPP: supervisor
  code.push_back(plain(Op::mret));
  return code;
}

/// Lines that miss in every level, lines that miss in the first, lines that are written back,
/// accesses and instructions in two lines, a call into another page and back; atomic operations.
inline void put_program(std::string& memory, bool atomics) {
  // Instructions of four bytes from an odd half-word on: each line's last lies in the next, too.
  constexpr std::uint16_t compressed_nop = 0x0001;
  put(memory, program, compressed_nop);
  Code code;
  load_constant(code, pages_base, virtual_data);
  load_constant(code, there, virtual_program + 2 * page_bytes - 6);
  load_constant(code, stride, page_bytes);
  code.push_back(i(Op::addi, twelve, 0, page_shift));
  code.push_back(i(Op::addi, rounds, 0, 40));
  const std::size_t round = code.size();
  code.push_back(i(Op::addi, page, pages_base, 0));
  code.push_back(i(Op::addi, left, 0, data_pages));
  const std::size_t next_page = code.size();
  code.push_back(i(Op::ld, 5, page, 0x100));
  code.push_back(store(Op::sd, left, page, 0x108));
  code.push_back(i(Op::ld, 5, page, 0x13C));  // in two lines
  code.push_back(store(Op::sw, 5, page, 0x17E));
  code.push_back(r(Op::bclr, even, page, twelve));  // of half the pages
  code.push_back(i(Op::ld, 5, even, 0x240));
  if (atomics) {
    code.push_back(i(Op::addi, 6, page, 0x200));
    code.push_back(r(Op::amoadd_d, 5, 6, left));
    code.push_back(r(Op::lr_d, 5, 6, 0));
    code.push_back(r(Op::sc_d, 7, 6, left));
    code.push_back(r(Op::sc_d, 7, 6, left));  // fails
  }
  code.push_back(i(Op::jalr, back, there, 0));
  code.push_back(r(Op::add, page, page, stride));
  code.push_back(i(Op::addi, left, left, -1));
  const auto distance = [&](std::size_t to) {
    return 4 * (static_cast<int>(to) - static_cast<int>(code.size()));
  };
  code.push_back(branch(Op::bne, left, 0, distance(next_page)));
  code.push_back(i(Op::addi, rounds, rounds, -1));
  code.push_back(branch(Op::bne, rounds, 0, distance(round)));
  load_constant(code, 5, virtual_to_host);
  code.push_back(i(Op::addi, 6, 0, 1));
  code.push_back(store(Op::sd, 6, 5, 0));
  code.push_back(jal(0, 0));
  put_code(memory, program + 2, code);
  // The way back lies in two pages.
  put_code(memory, program + 2 * page_bytes - 6,
           {i(Op::ld, 5, page, 0x7FC), i(Op::jalr, 0, back, 0)});
}

inline void put_tables(std::string& memory) {
  constexpr std::uint64_t leaf =
      pte::valid | pte::read | pte::write | pte::execute | pte::accessed | pte::dirty;
  const auto slot = [](unsigned level, Address va) {
    return tables + (2 - level) * page_bytes + 8 * (va >> (page_shift + 9 * level) & 511);
  };
  for (const unsigned level : {2u, 1u}) {
    put(memory, slot(level, virtual_program),
        pte::make((tables + (3 - level) * page_bytes) >> page_shift, pte::valid));
  }
  const auto map = [&](Address va, Address pa) {
    put(memory, slot(0, va), pte::make(pa >> page_shift, leaf));
  };
  for (unsigned n = 0; n < program_pages; ++n) {
    map(virtual_program + n * page_bytes, program + n * page_bytes);
  }
  for (unsigned n = 0; n < data_pages; ++n) {
    map(virtual_data + n * page_bytes, data + n * page_bytes);
  }
  map(virtual_to_host, to_host);
}

inline std::vector<std::byte> guest_file(bool atomics) {
  std::string memory(data + data_pages * page_bytes - BOARD_DRAM, '\0');
  put_code(memory, way_in, code_of_the_way_in());
  put_program(memory, atomics);
  put_tables(memory);
  ElfBuilder elf;
  elf.segments = {{BOARD_DRAM, memory, memory.size()}};
  elf.symbols = {{"tohost", to_host, 8, STT_OBJECT}};
  return elf.build();
}

}  // namespace kilburn::platform::memory_guest
