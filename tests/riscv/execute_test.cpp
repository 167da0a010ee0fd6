// Every operation of registers against an expression of its own, over random operands.
#include <functional>

#include "riscv/execute_machine.h"

namespace kilburn::riscv {
namespace {

struct Binary {
  Op operation;
  std::function<U64(U64, U64)> expected;
};

U64 rotate_left(U64 a, unsigned by, unsigned width) {
  U64 result = 0;
  for (unsigned bit = 0; bit < width; ++bit) {
    if ((a >> bit & 1) != 0) result |= U64{1} << (bit + by) % width;
  }
  return result;
}

const std::vector<Binary>& binary_operations() {
  static const std::vector<Binary> all = {
      {Op::add, [](U64 a, U64 b) { return a + b; }},
      {Op::sub, [](U64 a, U64 b) { return a - b; }},
      {Op::sll, [](U64 a, U64 b) { return a << (b % 64); }},
      {Op::slt, [](U64 a, U64 b) { return U64{static_cast<S64>(a) < static_cast<S64>(b)}; }},
      {Op::sltu, [](U64 a, U64 b) { return U64{a < b}; }},
      {Op::xor_, [](U64 a, U64 b) { return a ^ b; }},
      {Op::srl, [](U64 a, U64 b) { return a >> (b % 64); }},
      {Op::sra, [](U64 a, U64 b) { return static_cast<U64>(static_cast<S64>(a) >> (b % 64)); }},
      {Op::or_, [](U64 a, U64 b) { return a | b; }},
      {Op::and_, [](U64 a, U64 b) { return a & b; }},
      {Op::addw, [](U64 a, U64 b) { return word(a + b); }},
      {Op::subw, [](U64 a, U64 b) { return word(a - b); }},
      {Op::sllw, [](U64 a, U64 b) { return word(a << (b % 32)); }},
      {Op::srlw, [](U64 a, U64 b) { return word((a & 0xFFFF'FFFF) >> (b % 32)); }},
      {Op::sraw,
       [](U64 a, U64 b) { return static_cast<U64>(static_cast<S64>(word(a)) >> (b % 32)); }},
      {Op::mul, [](U64 a, U64 b) { return a * b; }},
      {Op::mulh,
       [](U64 a, U64 b) {
         return static_cast<U64>(S128{static_cast<S64>(a)} * static_cast<S64>(b) >> 64);
       }},
      {Op::mulhsu,
       [](U64 a, U64 b) { return static_cast<U64>(S128{static_cast<S64>(a)} * S128{b} >> 64); }},
      {Op::mulhu,
       [](U64 a, U64 b) {  // schoolbook, in halves
         const U64 low = 0xFFFF'FFFF;
         const U64 cross = (a >> 32) * (b & low) + ((a & low) * (b & low) >> 32);
         const U64 other = (a & low) * (b >> 32) + (cross & low);
         return (a >> 32) * (b >> 32) + (cross >> 32) + (other >> 32);
       }},
      {Op::div,
       [](U64 a, U64 b) {
         if (b == 0) return ~U64{0};
         return static_cast<U64>(S128{static_cast<S64>(a)} / static_cast<S64>(b));
       }},
      {Op::divu, [](U64 a, U64 b) { return b == 0 ? ~U64{0} : a / b; }},
      {Op::rem,
       [](U64 a, U64 b) {
         return b == 0 ? a : static_cast<U64>(S128{static_cast<S64>(a)} % static_cast<S64>(b));
       }},
      {Op::remu, [](U64 a, U64 b) { return b == 0 ? a : a % b; }},
      {Op::mulw, [](U64 a, U64 b) { return word(a * b); }},
      {Op::divw,
       [](U64 a, U64 b) {
         if (static_cast<U32>(b) == 0) return ~U64{0};
         return word(static_cast<U64>(S64{static_cast<S32>(a)} / S64{static_cast<S32>(b)}));
       }},
      {Op::divuw,
       [](U64 a, U64 b) {
         return static_cast<U32>(b) == 0 ? ~U64{0}
                                         : word(static_cast<U32>(a) / static_cast<U32>(b));
       }},
      {Op::remw,
       [](U64 a, U64 b) {
         if (static_cast<U32>(b) == 0) return word(a);
         return word(static_cast<U64>(S64{static_cast<S32>(a)} % S64{static_cast<S32>(b)}));
       }},
      {Op::remuw,
       [](U64 a, U64 b) {
         return static_cast<U32>(b) == 0 ? word(a)
                                         : word(static_cast<U32>(a) % static_cast<U32>(b));
       }},
      {Op::add_uw, [](U64 a, U64 b) { return (a & 0xFFFF'FFFF) + b; }},
      {Op::sh1add, [](U64 a, U64 b) { return a * 2 + b; }},
      {Op::sh2add, [](U64 a, U64 b) { return a * 4 + b; }},
      {Op::sh3add, [](U64 a, U64 b) { return a * 8 + b; }},
      {Op::sh1add_uw, [](U64 a, U64 b) { return (a & 0xFFFF'FFFF) * 2 + b; }},
      {Op::sh2add_uw, [](U64 a, U64 b) { return (a & 0xFFFF'FFFF) * 4 + b; }},
      {Op::sh3add_uw, [](U64 a, U64 b) { return (a & 0xFFFF'FFFF) * 8 + b; }},
      {Op::andn, [](U64 a, U64 b) { return a & ~b; }},
      {Op::orn, [](U64 a, U64 b) { return a | ~b; }},
      {Op::xnor, [](U64 a, U64 b) { return ~(a ^ b); }},
      {Op::max, [](U64 a, U64 b) { return static_cast<S64>(a) < static_cast<S64>(b) ? b : a; }},
      {Op::maxu, [](U64 a, U64 b) { return a < b ? b : a; }},
      {Op::min, [](U64 a, U64 b) { return static_cast<S64>(b) < static_cast<S64>(a) ? b : a; }},
      {Op::minu, [](U64 a, U64 b) { return b < a ? b : a; }},
      {Op::rol, [](U64 a, U64 b) { return rotate_left(a, b % 64, 64); }},
      {Op::ror, [](U64 a, U64 b) { return rotate_left(a, 64 - b % 64, 64); }},
      {Op::rolw, [](U64 a, U64 b) { return word(rotate_left(a & 0xFFFF'FFFF, b % 32, 32)); }},
      {Op::rorw, [](U64 a, U64 b) { return word(rotate_left(a & 0xFFFF'FFFF, 32 - b % 32, 32)); }},
      {Op::bclr, [](U64 a, U64 b) { return a & ~(U64{1} << (b % 64)); }},
      {Op::bext, [](U64 a, U64 b) { return a >> (b % 64) & 1; }},
      {Op::binv, [](U64 a, U64 b) { return a ^ (U64{1} << (b % 64)); }},
      {Op::bset, [](U64 a, U64 b) { return a | (U64{1} << (b % 64)); }},
  };
  return all;
}

TEST(Execute, OperationsOfTwoRegistersGiveWhatTheIsaSays) {
  constexpr unsigned seed = 1;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  Machine machine;
  for (const auto& [operation, expected] : binary_operations()) {
    for (int n = 0; n < 200; ++n) {
      const U64 a = operand(random);
      const U64 b = operand(random);
      machine.hart().set_x(5, a);
      machine.hart().set_x(6, b);
      machine.run(r(operation, 7, 5, 6));
      ASSERT_EQ(machine.hart().x(7), expected(a, b))
          << mnemonic(operation) << std::hex << " " << a << ", " << b;
    }
  }
}

TEST(Execute, ImmediateFormsDoWhatTheirRegisterFormsDo) {
  struct Pair {
    Op immediate;
    Op with_register;
    bool shift;
    unsigned bits;
  };
  constexpr Pair pairs[] = {
      {Op::addi, Op::add, false, 0},   {Op::slti, Op::slt, false, 0},
      {Op::sltiu, Op::sltu, false, 0}, {Op::xori, Op::xor_, false, 0},
      {Op::ori, Op::or_, false, 0},    {Op::andi, Op::and_, false, 0},
      {Op::addiw, Op::addw, false, 0}, {Op::slli, Op::sll, true, 6},
      {Op::srli, Op::srl, true, 6},    {Op::srai, Op::sra, true, 6},
      {Op::slliw, Op::sllw, true, 5},  {Op::srliw, Op::srlw, true, 5},
      {Op::sraiw, Op::sraw, true, 5},  {Op::rori, Op::ror, true, 6},
      {Op::roriw, Op::rorw, true, 5},  {Op::bclri, Op::bclr, true, 6},
      {Op::bexti, Op::bext, true, 6},  {Op::binvi, Op::binv, true, 6},
      {Op::bseti, Op::bset, true, 6},
  };
  constexpr unsigned seed = 2;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  Machine machine;
  for (const Pair& pair : pairs) {
    const auto& all = binary_operations();
    const auto same = std::ranges::find(all, pair.with_register, &Binary::operation);
    ASSERT_NE(same, all.end());
    for (int n = 0; n < 60; ++n) {
      const U64 a = operand(random);
      const int immediate = pair.shift ? static_cast<int>(random() % (1u << pair.bits))
                                       : static_cast<int>(random() % 4096) - 2048;
      machine.hart().set_x(5, a);
      machine.run(i(pair.immediate, 7, 5, immediate));
      ASSERT_EQ(machine.hart().x(7), same->expected(a, static_cast<U64>(S64{immediate})))
          << mnemonic(pair.immediate) << std::hex << " " << a << ", " << immediate;
    }
  }
}

TEST(Execute, OperationsOfOneRegisterGiveWhatTheIsaSays) {
  const auto count = [](U64 a, unsigned width) {
    U64 ones = 0;
    for (unsigned bit = 0; bit < width; ++bit) ones += a >> bit & 1;
    return ones;
  };
  const auto leading = [](U64 a, unsigned width) {
    U64 zeros = 0;
    while (zeros < width && (a >> (width - 1 - zeros) & 1) == 0) ++zeros;
    return zeros;
  };
  const auto trailing = [](U64 a, unsigned width) {
    U64 zeros = 0;
    while (zeros < width && (a >> zeros & 1) == 0) ++zeros;
    return zeros;
  };
  const auto by_byte = [](U64 a, const auto& f) {
    U64 result = 0;
    for (unsigned byte = 0; byte < 8; ++byte) result |= f(a, byte) << 8 * byte;
    return result;
  };
  struct Unary {
    Op operation;
    std::function<U64(U64)> expected;
  };
  const std::vector<Unary> all = {
      {Op::clz, [&](U64 a) { return leading(a, 64); }},
      {Op::ctz, [&](U64 a) { return trailing(a, 64); }},
      {Op::cpop, [&](U64 a) { return count(a, 64); }},
      {Op::clzw, [&](U64 a) { return leading(a, 32); }},
      {Op::ctzw, [&](U64 a) { return trailing(a, 32); }},
      {Op::cpopw, [&](U64 a) { return count(a, 32); }},
      {Op::sext_b, [](U64 a) { return static_cast<U64>(S64{static_cast<std::int8_t>(a)}); }},
      {Op::sext_h, [](U64 a) { return static_cast<U64>(S64{static_cast<std::int16_t>(a)}); }},
      {Op::zext_h, [](U64 a) { return a % 65536; }},
      {Op::orc_b,
       [&](U64 a) {
         return by_byte(a,
                        [](U64 v, unsigned n) { return (v >> 8 * n & 255) != 0 ? U64{255} : 0; });
       }},
      {Op::rev8,
       [&](U64 a) {
         return by_byte(a, [](U64 v, unsigned n) { return v >> (56 - 8 * n) & 255; });
       }},
  };
  constexpr unsigned seed = 3;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  Machine machine;
  for (const auto& [operation, expected] : all) {
    for (int n = 0; n < 100; ++n) {
      const U64 a = operand(random) & (n % 3 == 0 ? 0xFF00'00FF'0000'FF00 : ~U64{0});
      machine.hart().set_x(5, a);
      machine.run(r(operation, 7, 5));
      ASSERT_EQ(machine.hart().x(7), expected(a)) << mnemonic(operation) << std::hex << " " << a;
    }
  }
  for (int n = 0; n < 100; ++n) {
    const U64 a = operand(random);
    machine.hart().set_x(5, a);
    machine.run(i(Op::slli_uw, 7, 5, n % 64));
    ASSERT_EQ(machine.hart().x(7), (a & 0xFFFF'FFFF) << n % 64);
  }
}

TEST(Execute, UpperImmediatesAreSignExtendedAndAuipcAddsThePc) {
  Machine machine;
  for (const std::uint32_t value : {0u, 0x1000u, 0x7FFFF000u, 0x80000000u, 0xFFFFF000u}) {
    machine.run(upper(Op::lui, 7, value));
    EXPECT_EQ(machine.hart().x(7), word(value));
    machine.run(upper(Op::auipc, 7, value));
    EXPECT_EQ(machine.hart().x(7), ram_base + word(value));
  }
}

TEST(Execute, WritesToX0AreLost) {
  Machine machine;
  machine.hart().set_x(5, 42);
  for (const std::uint32_t code : {i(Op::addi, 0, 5, 1), r(Op::mul, 0, 5, 5), jal(0, 4)}) {
    machine.run(code);
    EXPECT_EQ(machine.hart().x(0), 0u);
  }
  machine.run(r(Op::add, 7, 0, 5));
  EXPECT_EQ(machine.hart().x(7), 42u);
}

}  // namespace
}  // namespace kilburn::riscv
