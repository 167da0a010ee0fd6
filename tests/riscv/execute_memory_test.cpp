// Jumps, and what reads and writes memory, against what the specification says.
#include <functional>

#include "riscv/execute_machine.h"

namespace kilburn::riscv {
namespace {

TEST(Execute, BranchesGoWhereTheirConditionSays) {
  struct Branch {
    Op operation;
    std::function<bool(U64, U64)> taken;
  };
  const std::vector<Branch> all = {
      {Op::beq, [](U64 a, U64 b) { return a == b; }},
      {Op::bne, [](U64 a, U64 b) { return a != b; }},
      {Op::blt, [](U64 a, U64 b) { return static_cast<S64>(a) < static_cast<S64>(b); }},
      {Op::bge, [](U64 a, U64 b) { return static_cast<S64>(a) >= static_cast<S64>(b); }},
      {Op::bltu, [](U64 a, U64 b) { return a < b; }},
      {Op::bgeu, [](U64 a, U64 b) { return a >= b; }},
  };
  constexpr unsigned seed = 4;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  Machine machine;
  for (const auto& [operation, taken] : all) {
    for (int n = 0; n < 60; ++n) {
      const U64 a = operand(random);
      const U64 b = n % 4 == 0 ? a : operand(random);
      const int offset = (static_cast<int>(random() % 4096) - 2048) * 2;
      machine.hart().set_x(5, a);
      machine.hart().set_x(6, b);
      machine.run(branch(operation, 5, 6, offset));
      const U64 target = ram_base + static_cast<U64>(S64{offset});
      ASSERT_EQ(machine.hart().pc(), taken(a, b) ? target : ram_base + 4) << mnemonic(operation);
    }
  }
}

TEST(Execute, JumpsLinkAndJalrClearsTheLowestBit) {
  Machine machine;
  machine.run(jal(1, -4096));
  EXPECT_EQ(machine.hart().pc(), ram_base - 4096);
  EXPECT_EQ(machine.hart().x(1), ram_base + 4);
  machine.hart().set_x(5, ram_base + 0x1001);
  machine.run(i(Op::jalr, 5, 5, -16));  // the target is taken before the link is written
  EXPECT_EQ(machine.hart().pc(), ram_base + 0xFF0);
  EXPECT_EQ(machine.hart().x(5), ram_base + 4);
}

TEST(Execute, LoadsExtendAndStoresWriteNoMoreThanTheirWidth) {
  Machine machine;
  constexpr Address at = ram_base + 0x2000;
  constexpr U64 pattern = 0x8182'8384'8586'8788;
  machine.memory().set(at, pattern);
  machine.hart().set_x(5, at + 8);
  const auto loaded = [&](Op operation) {
    machine.run(i(operation, 7, 5, -8));
    return machine.hart().x(7);
  };
  EXPECT_EQ(loaded(Op::lb), 0xFFFF'FFFF'FFFF'FF88);
  EXPECT_EQ(loaded(Op::lbu), 0x88u);
  EXPECT_EQ(loaded(Op::lh), 0xFFFF'FFFF'FFFF'8788);
  EXPECT_EQ(loaded(Op::lhu), 0x8788u);
  EXPECT_EQ(loaded(Op::lw), 0xFFFF'FFFF'8586'8788);
  EXPECT_EQ(loaded(Op::lwu), 0x8586'8788u);
  EXPECT_EQ(loaded(Op::ld), pattern);
  machine.hart().set_x(6, 0x1122'3344'5566'7788);
  const auto stored = [&](Op operation) {
    machine.memory().set(at, ~U64{0});
    machine.run(store(operation, 6, 5, -8));
    return machine.memory().get<U64>(at);
  };
  EXPECT_EQ(stored(Op::sb), 0xFFFF'FFFF'FFFF'FF88);
  EXPECT_EQ(stored(Op::sh), 0xFFFF'FFFF'FFFF'7788);
  EXPECT_EQ(stored(Op::sw), 0xFFFF'FFFF'5566'7788);
  EXPECT_EQ(stored(Op::sd), 0x1122'3344'5566'7788u);
}

TEST(Execute, AtomicOperationsReturnWhatWasThereAndCombineBothWidths) {
  struct Amo {
    Op word_form;
    Op double_form;
    std::function<U64(U64, U64)> expected;  ///< operands of a word sign-extended
  };
  const auto is_less = [](U64 a, U64 b) { return static_cast<S64>(a) < static_cast<S64>(b); };
  const std::vector<Amo> all = {
      {Op::amoswap_w, Op::amoswap_d, [](U64, U64 b) { return b; }},
      {Op::amoadd_w, Op::amoadd_d, [](U64 a, U64 b) { return a + b; }},
      {Op::amoxor_w, Op::amoxor_d, [](U64 a, U64 b) { return a ^ b; }},
      {Op::amoand_w, Op::amoand_d, [](U64 a, U64 b) { return a & b; }},
      {Op::amoor_w, Op::amoor_d, [](U64 a, U64 b) { return a | b; }},
      {Op::amomin_w, Op::amomin_d, [&](U64 a, U64 b) { return is_less(a, b) ? a : b; }},
      {Op::amomax_w, Op::amomax_d, [&](U64 a, U64 b) { return is_less(a, b) ? b : a; }},
      {Op::amominu_w, Op::amominu_d, [](U64 a, U64 b) { return a < b ? a : b; }},
      {Op::amomaxu_w, Op::amomaxu_d, [](U64 a, U64 b) { return a < b ? b : a; }},
  };
  constexpr unsigned seed = 5;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  Machine machine;
  constexpr Address at = ram_base + 0x2000;
  for (const Amo& amo : all) {
    for (int n = 0; n < 100; ++n) {
      const U64 memory = operand(random);
      const U64 value = operand(random);
      machine.memory().set(at, memory);
      machine.hart().set_x(5, at);
      machine.hart().set_x(6, value);
      machine.run(r(amo.double_form, 7, 5, 6));
      ASSERT_EQ(machine.hart().x(7), memory);
      ASSERT_EQ(machine.memory().get<U64>(at), amo.expected(memory, value))
          << mnemonic(amo.double_form);
      // Sign extension keeps the order of words, signed and unsigned.
      machine.memory().set(at, memory);
      machine.run(r(amo.word_form, 7, 5, 6));
      ASSERT_EQ(machine.hart().x(7), word(memory));
      const U64 result = amo.expected(word(memory), word(value));
      ASSERT_EQ(machine.memory().get<U64>(at),
                (memory & 0xFFFF'FFFF'0000'0000) | (result & 0xFFFF'FFFF))
          << mnemonic(amo.word_form);
    }
  }
}

}  // namespace
}  // namespace kilburn::riscv
