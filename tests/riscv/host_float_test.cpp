// host_float: the same outcome as soft_float always, and the host's own arithmetic where it
// matters.
#include "riscv/float/host_float.h"

#include <gtest/gtest.h>

#include <array>
#include <cfenv>
#include <cmath>
#include <functional>

#include "float_operands.h"
#include "float_outcome.h"
#include "riscv/float/soft_float.h"

namespace kilburn::riscv {
namespace {

constexpr std::uint64_t seed = 301;
constexpr unsigned tuples = 300'000;

template <FloatBits B>
using Operation = std::function<B(const Operands<B>&, Rounding, std::uint8_t&)>;

template <FloatBits B>
struct Pair {
  const char* name;
  Operation<B> host;
  Operation<B> soft;
};

template <FloatBits B>
Operation<B> of_one(B (*function)(B, Rounding, std::uint8_t&)) {
  return [=](const auto& o, Rounding mode, auto& flags) { return function(o.a, mode, flags); };
}
template <FloatBits B>
Operation<B> of_two(B (*function)(B, B, Rounding, std::uint8_t&)) {
  return [=](const auto& o, Rounding mode, auto& flags) { return function(o.a, o.b, mode, flags); };
}
template <FloatBits B>
Operation<B> of_three(B (*function)(B, B, B, Rounding, std::uint8_t&)) {
  return [=](const auto& o, Rounding mode, auto& flags) {
    return function(o.a, o.b, o.c, mode, flags);
  };
}

template <FloatBits B>
std::array<Pair<B>, 6> operations() {
  return {{
      {"add", of_two<B>(host_float::add), of_two<B>(soft_float::add)},
      {"subtract", of_two<B>(host_float::subtract), of_two<B>(soft_float::subtract)},
      {"multiply", of_two<B>(host_float::multiply), of_two<B>(soft_float::multiply)},
      {"divide", of_two<B>(host_float::divide), of_two<B>(soft_float::divide)},
      {"square_root", of_one<B>(host_float::square_root), of_one<B>(soft_float::square_root)},
      {"multiply_add", of_three<B>(host_float::multiply_add),
       of_three<B>(soft_float::multiply_add)},
  }};
}

template <class B>
class HostFloatTest : public testing::Test {};
using Widths = testing::Types<std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(HostFloatTest, Widths);

template <FloatBits B>
void expect_same(const Pair<B>& pair, const Operands<B>& o, Rounding mode, std::uint8_t before) {
  Outcome<B> host{0, before};
  Outcome<B> soft{0, before};
  host.result = pair.host(o, mode, host.flags);
  soft.result = pair.soft(o, mode, soft.flags);
  if (host == soft) return;
  FAIL() << std::hex << "a 0x" << o.a << " b 0x" << o.b << " c 0x" << o.c << " mode "
         << static_cast<int>(mode) << ": host_float " << host << ", soft_float " << soft;
}

/// Mostly in the two states in which the host is asked; in all modes and with all flags, too.
TYPED_TEST(HostFloatTest, GivesResultAndFlagsOfSoftFloat) {
  for (const auto& pair : operations<TypeParam>()) {
    SCOPED_TRACE(testing::Message() << pair.name << ", seed " << seed);
    OperandSource<TypeParam> source(seed);
    for (unsigned i = 0; i < tuples && !this->HasFatalFailure(); ++i) {
      const bool usual = i % 8 != 0;
      const Rounding mode = usual ? Rounding::nearest_even : all_roundings[i / 8 % 5];
      const auto flags = static_cast<std::uint8_t>(usual ? i % 2 : i / 40 % 32);
      static_assert(float_flag::inexact == 1);
      expect_same(pair, source.next(), mode, flags);
    }
  }
}

/// Short significands, so that results are exact now and then, with exponents round `exponent`.
template <FloatBits B>
B short_number(OperandSource<B>& source, int exponent) {
  constexpr unsigned precision = std::numeric_limits<HostFloat<B>>::digits;
  const unsigned places = 1 + static_cast<unsigned>(source.random() % precision);
  const std::uint64_t significand =
      std::uint64_t{1} << (places - 1) | source.random() >> (64 - places);
  const auto magnitude = static_cast<HostFloat<B>>(significand);
  const int wobble = static_cast<int>(source.random() % 9) - 4;
  const HostFloat<B> number =
      std::ldexp(magnitude, exponent + wobble - static_cast<int>(places) + 1);
  return to_bits<B>(source.random() % 2 == 0 ? number : -number);
}

/// From the smallest subnormal to above the place where a residual may underflow; and usual ones.
template <FloatBits B>
int low_exponent(OperandSource<B>& source) {
  using Limits = std::numeric_limits<HostFloat<B>>;
  constexpr int lowest = Limits::min_exponent - Limits::digits;
  return source.random() % 4 == 0
             ? 0
             : lowest + static_cast<int>(source.random() % (3 * Limits::digits));
}

/// Of two factors, or of a divisor and a quotient, whose product has `exponent`.
template <FloatBits B>
Operands<B> factors(OperandSource<B>& source, int exponent) {
  const int first = static_cast<int>(source.random() % 60) - 30;
  return {short_number(source, first), short_number(source, exponent - first), 0};
}

TYPED_TEST(HostFloatTest, TellsExactFromInexactWhereResidualsUnderflow) {
  using B = TypeParam;
  const auto cases = operations<B>();
  for (std::size_t which = 0; which < cases.size(); ++which) {
    const Pair<B>& pair = cases[which];
    SCOPED_TRACE(testing::Message() << pair.name << ", seed " << seed);
    const bool divides = which == 3;
    const bool root = which == 4;
    OperandSource<B> source(seed);
    std::array<unsigned, 2> seen{};
    for (unsigned i = 0; i < tuples && !this->HasFatalFailure(); ++i) {
      const int exponent = low_exponent(source);
      Operands<B> o = factors(source, exponent);
      const B product = to_bits<B>(to_host(o.a) * to_host(o.b));
      // Half of the dividends and squares are rounded products: their results are exact, or nearly.
      if (divides) o.a = i % 2 == 0 ? product : short_number(source, exponent);
      if (root) {
        const auto half = std::abs(to_host(short_number(source, exponent / 2)));
        o.a = i % 2 == 0 ? to_bits<B>(half * half) : o.a & ~(B{1} << (8 * sizeof(B) - 1));
      }
      o.c = i % 3 == 0 ? product ^ B { 1 } << (8 * sizeof(B) - 1) : short_number(source, exponent);
      if (which < 2) o.b = short_number(source, exponent + static_cast<int>(source.random() % 60));
      expect_same(pair, o, Rounding::nearest_even, 0);
      std::uint8_t flags = 0;
      pair.soft(o, Rounding::nearest_even, flags);
      ++seen.at(flags & float_flag::inexact);
    }
    EXPECT_GT(seen[0], tuples / 20) << "exact results";
    EXPECT_GT(seen[1], tuples / 20) << "inexact results";
  }
}

/// Turns the host's rounding upwards: what the host then computes is seen by its last place.
class HostRoundsUp {
 public:
  HostRoundsUp() { std::fesetround(FE_UPWARD); }
  HostRoundsUp(const HostRoundsUp&) = delete;
  HostRoundsUp& operator=(const HostRoundsUp&) = delete;
  ~HostRoundsUp() { std::fesetround(FE_TONEAREST); }
};

template <FloatBits B>
B with_host_rounding_up(const Operation<B>& operation, const Operands<B>& o, Rounding mode,
                        std::uint8_t flags) {
  const HostRoundsUp host;
  return operation(o, mode, flags);
}

template <FloatBits B>
B correctly(const Operation<B>& soft, const Operands<B>& o, Rounding mode) {
  std::uint8_t flags = 0;
  return soft(o, mode, flags);
}

/// From 2^-8 to 2: no result comes near an end of the format.
template <FloatBits B>
B usual_value(OperandSource<B>& source) {
  const double fraction = static_cast<double>(source.random() >> 11) * 0x1p-53;
  const int exponent = -static_cast<int>(source.random() % 8);
  return to_bits<B>(static_cast<HostFloat<B>>(std::ldexp(1 + fraction, exponent)));
}

TYPED_TEST(HostFloatTest, AsksTheHostForUsualValues) {
  for (const auto& [name, host, soft] : operations<TypeParam>()) {
    SCOPED_TRACE(testing::Message() << name << ", seed " << seed);
    OperandSource<TypeParam> source(seed);
    unsigned told_apart = 0;
    for (unsigned i = 0; i < 1000; ++i) {
      Operands<TypeParam> o{usual_value(source), usual_value(source), usual_value(source)};
      const TypeParam up = correctly(soft, o, Rounding::up);
      if (up != correctly(soft, o, Rounding::nearest_even)) ++told_apart;
      ASSERT_EQ(with_host_rounding_up(host, o, Rounding::nearest_even, float_flag::inexact), up);
      ASSERT_EQ(with_host_rounding_up(host, o, Rounding::nearest_even, 31), up);
      for (const Rounding mode : {Rounding::to_zero, Rounding::down, Rounding::nearest_away}) {
        ASSERT_EQ(with_host_rounding_up(host, o, mode, float_flag::inexact),
                  correctly(soft, o, mode));
      }
      // Inexact may be news. Of a product and a sum the host is asked where the product is exact.
      o.b = to_bits<TypeParam>(HostFloat<TypeParam>(0.375));
      o.a &= ~TypeParam{7};
      ASSERT_EQ(with_host_rounding_up(host, o, Rounding::nearest_even, 30),
                correctly(soft, o, Rounding::up));
    }
    EXPECT_GT(told_apart, 100u) << "such values must tell the host's rounding from soft_float's";
  }
}

}  // namespace
}  // namespace kilburn::riscv
