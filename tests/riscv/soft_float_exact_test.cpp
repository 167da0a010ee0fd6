// soft_float against exact arithmetic in all five modes: the only check of RMM, which no host has.
// Infinities, NaNs and divisions by zero never round: the other tests see to them.
#include <gtest/gtest.h>

#include <limits>

#include "exact_float.h"
#include "float_operands.h"
#include "float_outcome.h"
#include "riscv/float/soft_float.h"

namespace kilburn::riscv {
namespace {

constexpr std::uint64_t seed = 201;
constexpr unsigned tuples = 40'000;

template <FloatBits B>
bool all_finite(const Operands<B>& o) {
  return is_finite(o.a) && is_finite(o.b) && is_finite(o.c);
}

/// Calls `check(operands)` for tuples of finite numbers.
template <FloatBits B, class Check>
void for_finite_operands(Check check) {
  SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << 8 * sizeof(B) << " bits");
  OperandSource<B> source(seed);
  for (unsigned i = 0; i < tuples; ++i) {
    const Operands<B> operands = source.next();
    if (!all_finite(operands)) continue;
    SCOPED_TRACE(testing::Message() << std::hex << "a 0x" << operands.a << " b 0x" << operands.b
                                    << " c 0x" << operands.c);
    check(operands);
    if (testing::Test::HasFatalFailure()) return;
  }
}

/// `soft(rounding, flags)` against a result that is not 0.
template <FloatBits B, class Soft>
void expect_rounded(Soft soft, bool negative, const Against& against) {
  std::uint8_t ignored = 0;
  const ExactResult<B> exact(negative, against, soft(Rounding::to_zero, ignored));
  for (const Rounding rounding : all_roundings) {
    const auto ours = outcome_of([&](std::uint8_t& flags) { return soft(rounding, flags); });
    ASSERT_EQ(ours, exact.rounded(rounding)) << "mode " << static_cast<int>(rounding);
  }
}

template <FloatBits B, class Soft>
void expect_rounded(Soft soft, const Dyadic& value) {
  const Dyadic magnitude{abs(value.significand), value.exponent};
  expect_rounded<B>(soft, value.significand < 0,
                    [&](const Dyadic& number) { return compare(magnitude, number); });
}

/// IEEE 754, 6.3: the sum of numbers of unlike signs that is exactly 0 is +0, but -0 towards
/// negative infinity.
template <FloatBits B, class Soft>
void expect_zero_sum(Soft soft, bool both_negative, bool unlike) {
  for (const Rounding rounding : all_roundings) {
    const bool negative = both_negative || (unlike && rounding == Rounding::down);
    const Outcome<B> zero{negative ? BitLayout<B>::sign : B{0}, 0};
    ASSERT_EQ(outcome_of([&](std::uint8_t& flags) { return soft(rounding, flags); }), zero)
        << "mode " << static_cast<int>(rounding);
  }
}

template <FloatBits B, class Soft>
void expect_sum(Soft soft, const Dyadic& sum, bool first_negative, bool second_negative) {
  if (sum.significand == 0) {
    expect_zero_sum<B>(soft, first_negative && second_negative, first_negative != second_negative);
  } else {
    expect_rounded<B>(soft, sum);
  }
}

template <class B>
class SoftFloatExactly : public testing::Test {};
using Widths = testing::Types<std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(SoftFloatExactly, Widths);

TYPED_TEST(SoftFloatExactly, RoundsSumsInAllModes) {
  using B = TypeParam;
  for_finite_operands<B>([](const Operands<B>& o) {
    expect_sum<B>(
        [&](Rounding mode, auto& flags) { return soft_float::add(o.a, o.b, mode, flags); },
        value_of(o.a) + value_of(o.b), is_negative(o.a), is_negative(o.b));
  });
}

TYPED_TEST(SoftFloatExactly, RoundsDifferencesInAllModes) {
  using B = TypeParam;
  for_finite_operands<B>([](const Operands<B>& o) {
    Dyadic negated = value_of(o.b);
    negated.significand = -negated.significand;
    expect_sum<B>(
        [&](Rounding mode, auto& flags) { return soft_float::subtract(o.a, o.b, mode, flags); },
        value_of(o.a) + negated, is_negative(o.a), !is_negative(o.b));
  });
}

TYPED_TEST(SoftFloatExactly, RoundsProductsInAllModes) {
  using B = TypeParam;
  for_finite_operands<B>([](const Operands<B>& o) {
    const Dyadic product = value_of(o.a) * value_of(o.b);
    if (product.significand == 0) return;
    expect_rounded<B>(
        [&](Rounding mode, auto& flags) { return soft_float::multiply(o.a, o.b, mode, flags); },
        product);
  });
}

TYPED_TEST(SoftFloatExactly, RoundsMultiplyAddOnceInAllModes) {
  using B = TypeParam;
  for_finite_operands<B>([](const Operands<B>& o) {
    expect_sum<B>([&](Rounding mode,
                      auto& flags) { return soft_float::multiply_add(o.a, o.b, o.c, mode, flags); },
                  value_of(o.a) * value_of(o.b) + value_of(o.c),
                  is_negative(o.a) != is_negative(o.b), is_negative(o.c));
  });
}

TYPED_TEST(SoftFloatExactly, RoundsQuotientsInAllModes) {
  using B = TypeParam;
  for_finite_operands<B>([](const Operands<B>& o) {
    const Dyadic dividend = magnitude_of<B>(o.a & ~BitLayout<B>::sign);
    const Dyadic divisor = magnitude_of<B>(o.b & ~BitLayout<B>::sign);
    if (dividend.significand == 0 || divisor.significand == 0) return;
    expect_rounded<B>(
        [&](Rounding mode, auto& flags) { return soft_float::divide(o.a, o.b, mode, flags); },
        is_negative(o.a) != is_negative(o.b),
        [&](const Dyadic& number) { return compare(dividend, number * divisor); });
  });
}

TYPED_TEST(SoftFloatExactly, RoundsSquareRootsInAllModes) {
  using B = TypeParam;
  for_finite_operands<B>([](const Operands<B>& o) {
    const B radicand = o.a & ~BitLayout<B>::sign;
    if (radicand == 0) return;
    const Dyadic square = magnitude_of(radicand);
    expect_rounded<B>(
        [&](Rounding mode, auto& flags) { return soft_float::square_root(radicand, mode, flags); },
        false, [&](const Dyadic& number) { return compare(square, number * number); });
  });
}

/// The ISA: round to an integer of any size, then clip.
template <class Integer>
Outcome<Integer> reference_to_integer(const Dyadic& value, Rounding rounding) {
  using Limits = std::numeric_limits<Integer>;
  const bool negative = value.significand < 0;
  const Dyadic magnitude{abs(value.significand), value.exponent};
  cpp_int whole =
      magnitude.exponent < 0 ? magnitude.significand >> -magnitude.exponent : magnitude.in_units(0);
  const Rest rest =
      rest_of(compare(magnitude, {whole, 0}), compare(magnitude, {2 * whole + 1, -1}));
  if (takes_larger(rounding, negative, bit_test(whole, 0), rest)) ++whole;
  if (negative) whole = -whole;
  if (whole < Limits::min()) return {Limits::min(), float_flag::invalid};
  if (whole > Limits::max()) return {Limits::max(), float_flag::invalid};
  return {static_cast<Integer>(whole), rest == Rest::none ? std::uint8_t{0} : float_flag::inexact};
}

template <class Integer, FloatBits B>
void expect_to_integer(B a) {
  for (const Rounding rounding : all_roundings) {
    ASSERT_EQ(outcome_of([&](std::uint8_t& flags) {
                return soft_float::to_integer<Integer>(a, rounding, flags);
              }),
              reference_to_integer<Integer>(value_of(a), rounding))
        << "mode " << static_cast<int>(rounding);
  }
}

TYPED_TEST(SoftFloatExactly, RoundsToIntegersInAllModes) {
  using B = TypeParam;
  for_finite_operands<B>([](const Operands<B>& o) {
    expect_to_integer<std::int32_t>(o.a);
    expect_to_integer<std::uint32_t>(o.a);
    expect_to_integer<std::int64_t>(o.a);
    expect_to_integer<std::uint64_t>(o.a);
  });
}

template <FloatBits B, class Integer>
void expect_from_integer(Integer value) {
  if (value == 0) return;
  expect_rounded<B>(
      [&](Rounding mode, auto& flags) { return soft_float::from_integer<B>(value, mode, flags); },
      Dyadic{cpp_int(value), 0});
}

TYPED_TEST(SoftFloatExactly, RoundsIntegersInAllModes) {
  using B = TypeParam;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  OperandSource<B> source(seed);
  for (unsigned i = 0; i < tuples && !testing::Test::HasFatalFailure(); ++i) {
    // Every length, with few ones or a run of ones below the leading places: ties, too.
    const auto drawn = static_cast<std::int64_t>(source.random());
    const auto length = source.random() % 64;
    const auto head = static_cast<std::uint64_t>(drawn >> length) << source.random() % 40;
    const std::uint64_t tail = std::uint64_t{1} << source.random() % 40;
    const auto value = static_cast<std::int64_t>(i % 2 == 0 ? head + tail : head - tail);
    expect_from_integer<B>(static_cast<std::int32_t>(value));
    expect_from_integer<B>(static_cast<std::uint32_t>(value));
    expect_from_integer<B>(value);
    expect_from_integer<B>(static_cast<std::uint64_t>(value));
  }
}

TEST(SoftFloatExactly, NarrowsInAllModes) {
  using B = std::uint64_t;
  constexpr B sign_and_fraction = 0x800FFFFFFFFFFFFF;
  for_finite_operands<B>([](const Operands<B>& o) {
    // An exponent in binary32's range or just outside, and a fraction that may be short.
    const B field = 1023 - 152 + o.b % (152 + 130);
    const B short_fraction = o.c % 2 == 0 ? ~B{0} : ~B{0} << (24 + o.c / 2 % 28);
    const B a = (o.a & sign_and_fraction & short_fraction) | field << 52;
    expect_rounded<std::uint32_t>(
        [&](Rounding mode, auto& flags) { return soft_float::narrow(a, mode, flags); },
        value_of(a));
  });
}

}  // namespace
}  // namespace kilburn::riscv
