// A hart that executes one instruction at a time, and operands for it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <random>

#include "riscv/assembler.h"
#include "riscv/hart_world.h"

namespace kilburn::riscv {

using namespace test;  // NOLINT(google-build-using-namespace): the assembler's short names

using U64 = std::uint64_t;
using S64 = std::int64_t;
using U32 = std::uint32_t;
using S32 = std::int32_t;
__extension__ using S128 = __int128;

/// Executes one instruction at the start of memory.
class Machine {
 public:
  Machine() { world_.hart().set_csr(0x300, 3u << 13); }  // mstatus.FS: on
  void run(std::uint32_t word) {
    Hart& hart = world_.hart();
    if (word != word_) {
      word_ = word;
      world_.memory.set(ram_base, word);
      world_.main_memory.written(ram_base, 4);
    }
    hart.set_pc(ram_base);
    ASSERT_EQ(hart.run(hart.cycles() + 1), RunEnd::time);
  }
  Hart& hart() { return world_.hart(); }
  WorldMemory& memory() { return world_.memory; }

 private:
  World world_;
  std::uint32_t word_ = 0;
};

inline U64 word(U64 value) {
  return static_cast<U64>(S64{static_cast<S32>(value)});
}

/// Operands that matter, and random ones.
inline U64 operand(std::mt19937_64& random) {
  static constexpr U64 special[] = {0,
                                    1,
                                    2,
                                    31,
                                    32,
                                    63,
                                    64,
                                    ~U64{0},
                                    U64{1} << 31,
                                    U64{1} << 63,
                                    0x7FFF'FFFF,
                                    0x7FFF'FFFF'FFFF'FFFF,
                                    0xFFFF'FFFF,
                                    0xFFFF'FFFF'8000'0000};
  const U64 choice = random() % 4;
  if (choice == 0) return special[random() % std::size(special)];
  return random() >> (choice == 1 ? random() % 64 : 0);
}

}  // namespace kilburn::riscv
