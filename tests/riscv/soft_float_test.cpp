// What the ISA manual says of floating point, sentence by sentence (Unprivileged ISA 20191213,
// chapters 11 "F" and 12 "D"). Rounding itself: soft_float_exact_test and soft_float_host_test.
#include "riscv/float/soft_float.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "float_operands.h"
#include "float_outcome.h"

namespace kilburn::riscv {
namespace {

constexpr std::uint8_t nx = float_flag::inexact;
constexpr std::uint8_t uf = float_flag::underflow;
constexpr std::uint8_t of = float_flag::overflow;
constexpr std::uint8_t dz = float_flag::divide_by_zero;
constexpr std::uint8_t nv = float_flag::invalid;
constexpr Rounding nearest = Rounding::nearest_even;

/// Data by their bits.
template <FloatBits B>
struct Data {
  static constexpr bool narrow = sizeof(B) == 4;
  static constexpr B zero = 0;
  static constexpr B one = static_cast<B>(narrow ? 0x3f800000 : 0x3ff0000000000000);
  static constexpr B smallest_normal = static_cast<B>(narrow ? 0x00800000 : 0x0010000000000000);
  static constexpr B largest = static_cast<B>(narrow ? 0x7f7fffff : 0x7fefffffffffffff);
  static constexpr B infinity = static_cast<B>(narrow ? 0x7f800000 : 0x7ff0000000000000);
  static constexpr B canonical_nan = static_cast<B>(narrow ? 0x7fc00000 : 0x7ff8000000000000);
  static constexpr B quiet_nan = static_cast<B>(narrow ? 0xffc12345 : 0xfff8000000012345);
  static constexpr B signalling_nan = static_cast<B>(narrow ? 0x7f812345 : 0x7ff0000000012345);
};
template <FloatBits B>
B minus(B a) {
  return a ^ B { 1 } << (8 * sizeof(B) - 1);
}
template <FloatBits B>
B number(double value) {
  return to_bits<B>(static_cast<HostFloat<B>>(value));
}

template <FloatBits B>
Outcome<B> add(B a, B b, Rounding mode = nearest) {
  return outcome_of([&](auto& flags) { return soft_float::add(a, b, mode, flags); });
}
template <FloatBits B>
Outcome<B> subtract(B a, B b, Rounding mode = nearest) {
  return outcome_of([&](auto& flags) { return soft_float::subtract(a, b, mode, flags); });
}
template <FloatBits B>
Outcome<B> multiply(B a, B b, Rounding mode = nearest) {
  return outcome_of([&](auto& flags) { return soft_float::multiply(a, b, mode, flags); });
}
template <FloatBits B>
Outcome<B> divide(B a, B b) {
  return outcome_of([&](auto& flags) { return soft_float::divide(a, b, nearest, flags); });
}
template <FloatBits B>
Outcome<B> square_root(B a) {
  return outcome_of([&](auto& flags) { return soft_float::square_root(a, nearest, flags); });
}
template <FloatBits B>
Outcome<B> multiply_add(B a, B b, B c, Rounding mode = nearest) {
  return outcome_of([&](auto& flags) { return soft_float::multiply_add(a, b, c, mode, flags); });
}
template <FloatBits B>
Outcome<B> minimum(B a, B b) {
  return outcome_of([&](auto& flags) { return soft_float::minimum(a, b, flags); });
}
template <FloatBits B>
Outcome<B> maximum(B a, B b) {
  return outcome_of([&](auto& flags) { return soft_float::maximum(a, b, flags); });
}
template <class Integer, FloatBits B>
Outcome<Integer> to_integer(B a, Rounding mode = nearest) {
  return outcome_of([&](auto& flags) { return soft_float::to_integer<Integer>(a, mode, flags); });
}
Outcome<std::uint64_t> widen(std::uint32_t a) {
  return outcome_of([&](auto& flags) { return soft_float::widen(a, flags); });
}
Outcome<std::uint32_t> narrow(std::uint64_t a, Rounding mode = nearest) {
  return outcome_of([&](auto& flags) { return soft_float::narrow(a, mode, flags); });
}

template <class B>
class SoftFloat : public testing::Test {};
using Widths = testing::Types<std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(SoftFloat, Widths);

// "Except when otherwise stated, if the result of a floating-point operation is NaN, it is the
// canonical NaN."
TYPED_TEST(SoftFloat, NanResultsAreTheCanonicalNan) {
  using B = TypeParam;
  using D = Data<B>;
  const Outcome<B> quietly{D::canonical_nan, 0};
  EXPECT_EQ(add(D::quiet_nan, D::one), quietly);
  EXPECT_EQ(subtract(D::one, D::quiet_nan), quietly);
  EXPECT_EQ(multiply(D::quiet_nan, D::quiet_nan), quietly);
  EXPECT_EQ(divide(D::quiet_nan, D::zero), quietly);
  EXPECT_EQ(square_root(D::quiet_nan), quietly);
  EXPECT_EQ(multiply_add(D::one, D::one, D::quiet_nan), quietly);
}

// IEEE 754, 7.2: an operation on a signalling NaN is invalid.
TYPED_TEST(SoftFloat, SignallingNansRaiseInvalid) {
  using B = TypeParam;
  using D = Data<B>;
  const Outcome<B> invalidly{D::canonical_nan, nv};
  EXPECT_EQ(add(D::one, D::signalling_nan), invalidly);
  EXPECT_EQ(subtract(D::quiet_nan, D::signalling_nan), invalidly);
  EXPECT_EQ(multiply(D::signalling_nan, D::zero), invalidly);
  EXPECT_EQ(divide(D::signalling_nan, D::zero), invalidly);
  EXPECT_EQ(square_root(minus(D::signalling_nan)), invalidly);
  EXPECT_EQ(multiply_add(D::one, D::quiet_nan, D::signalling_nan), invalidly);
}

// IEEE 754, 7.2: magnitude subtraction of infinities, 0 times and over its inverse, roots of
// negative numbers.
TYPED_TEST(SoftFloat, OperationsWithoutAResultRaiseInvalid) {
  using B = TypeParam;
  using D = Data<B>;
  const Outcome<B> invalidly{D::canonical_nan, nv};
  EXPECT_EQ(add(D::infinity, minus(D::infinity)), invalidly);
  EXPECT_EQ(subtract(D::infinity, D::infinity), invalidly);
  EXPECT_EQ(multiply(D::infinity, D::zero), invalidly);
  EXPECT_EQ(divide(D::zero, minus(D::zero)), invalidly);
  EXPECT_EQ(divide(D::infinity, D::infinity), invalidly);
  EXPECT_EQ(square_root(minus(D::one)), invalidly);
  EXPECT_EQ(square_root(minus(D::infinity)), invalidly);
  EXPECT_EQ(multiply_add(D::infinity, D::one, minus(D::infinity)), invalidly);
}

// IEEE 754, 6.1 and 6.3: arithmetic with infinities is exact; the square root of -0 is -0.
TYPED_TEST(SoftFloat, InfinitiesAndZerosAreExact) {
  using B = TypeParam;
  using D = Data<B>;
  EXPECT_EQ(add(D::infinity, D::infinity), (Outcome<B>{D::infinity, 0}));
  EXPECT_EQ(subtract(D::one, D::infinity), (Outcome<B>{minus(D::infinity), 0}));
  EXPECT_EQ(multiply(minus(D::infinity), D::one), (Outcome<B>{minus(D::infinity), 0}));
  EXPECT_EQ(divide(minus(D::one), D::infinity), (Outcome<B>{minus(D::zero), 0}));
  EXPECT_EQ(divide(minus(D::infinity), D::zero), (Outcome<B>{minus(D::infinity), 0}));
  EXPECT_EQ(square_root(minus(D::zero)), (Outcome<B>{minus(D::zero), 0}));
  EXPECT_EQ(square_root(D::infinity), (Outcome<B>{D::infinity, 0}));
}

// IEEE 754, 6.3: a sum of opposites is +0, but -0 towards negative; like zeros keep their sign.
TYPED_TEST(SoftFloat, AnExactZeroSumIsPositiveUnlessRoundingDown) {
  using B = TypeParam;
  using D = Data<B>;
  for (const Rounding mode : all_roundings) {
    const Outcome<B> zero{mode == Rounding::down ? minus(D::zero) : D::zero, 0};
    EXPECT_EQ(add(D::one, minus(D::one), mode), zero);
    EXPECT_EQ(add(D::zero, minus(D::zero), mode), zero);
    EXPECT_EQ(subtract(D::zero, D::zero, mode), zero);
    EXPECT_EQ(multiply_add(D::one, D::one, minus(D::one), mode), zero);
    EXPECT_EQ(multiply_add(D::zero, D::one, minus(D::zero), mode), zero);
    EXPECT_EQ(add(minus(D::zero), minus(D::zero), mode), (Outcome<B>{minus(D::zero), 0}));
    EXPECT_EQ(subtract(minus(D::zero), D::zero, mode), (Outcome<B>{minus(D::zero), 0}));
  }
}

// IEEE 754, 7.3: a finite number over zero is an infinity with the sign of both.
TYPED_TEST(SoftFloat, DivisionByZeroRaisesItsFlagAlone) {
  using B = TypeParam;
  using D = Data<B>;
  EXPECT_EQ(divide(D::one, D::zero), (Outcome<B>{D::infinity, dz}));
  EXPECT_EQ(divide(D::one, minus(D::zero)), (Outcome<B>{minus(D::infinity), dz}));
}

// "The fused multiply-add instructions must set the invalid operation exception flag when the
// multiplicands are infinity and zero, even when the addend is a quiet NaN."
TYPED_TEST(SoftFloat, MultiplyAddOfInfinityAndZeroIsInvalidEvenWithAQuietNan) {
  using B = TypeParam;
  using D = Data<B>;
  const Outcome<B> invalidly{D::canonical_nan, nv};
  EXPECT_EQ(multiply_add(D::infinity, D::zero, D::quiet_nan), invalidly);
  EXPECT_EQ(multiply_add(minus(D::zero), D::infinity, D::quiet_nan), invalidly);
  EXPECT_EQ(multiply_add(D::infinity, D::zero, D::one), invalidly);
}

// (1 + ulp)(1 - ulp) - 1 = -ulp^2: a product rounded by itself would be 1.
TYPED_TEST(SoftFloat, MultiplyAddRoundsOnce) {
  using B = TypeParam;
  using D = Data<B>;
  const double ulp = std::numeric_limits<HostFloat<B>>::epsilon();
  EXPECT_EQ(multiply_add(number<B>(1 + ulp), number<B>(1 - ulp), minus(D::one)),
            (Outcome<B>{number<B>(-ulp * ulp), 0}));
}

// Table 11.1, RMM: "Round to Nearest, ties to Max Magnitude."
TYPED_TEST(SoftFloat, NearestAwayTakesTiesToTheLargerMagnitude) {
  using B = TypeParam;
  using D = Data<B>;
  const B half_ulp = number<B>(std::numeric_limits<HostFloat<B>>::epsilon() / 2);
  EXPECT_EQ(add(D::one, half_ulp, Rounding::nearest_even), (Outcome<B>{D::one, nx}));
  EXPECT_EQ(add(D::one, half_ulp, Rounding::nearest_away), (Outcome<B>{D::one + 1, nx}));
  EXPECT_EQ(subtract(minus(D::one), half_ulp, Rounding::nearest_away),
            (Outcome<B>{minus<B>(D::one + 1), nx}));
  EXPECT_EQ(add<B>(D::one, half_ulp - 1, Rounding::nearest_away), (Outcome<B>{D::one, nx}));
}

// IEEE 754, 7.4: each mode has its own overflow.
TYPED_TEST(SoftFloat, OverflowGoesToInfinityOrToTheLargestNumber) {
  using B = TypeParam;
  using D = Data<B>;
  constexpr std::uint8_t raised = of | nx;
  for (const Rounding mode : all_roundings) {
    SCOPED_TRACE(testing::Message() << "mode " << static_cast<int>(mode));
    const bool positive_stops = mode == Rounding::to_zero || mode == Rounding::down;
    const bool negative_stops = mode == Rounding::to_zero || mode == Rounding::up;
    EXPECT_EQ(add(D::largest, D::largest, mode),
              (Outcome<B>{positive_stops ? D::largest : D::infinity, raised}));
    EXPECT_EQ(multiply(D::largest, minus(D::largest), mode),
              (Outcome<B>{minus(negative_stops ? D::largest : D::infinity), raised}));
  }
}

// "Tininess is detected after rounding": by what the result would be, were the exponent unbounded.
TYPED_TEST(SoftFloat, TininessIsDetectedAfterRounding) {
  using B = TypeParam;
  using D = Data<B>;
  constexpr double ulp = std::numeric_limits<HostFloat<B>>::epsilon();
  // The smallest normal number times 1 - ulp/2 is less by one bit too many for a subnormal: tiny,
  // although the tie goes back to the smallest normal number.
  EXPECT_EQ(multiply(D::smallest_normal, number<B>(1 - ulp / 2)),
            (Outcome<B>{D::smallest_normal, uf | nx}));
  // Times (1 + ulp)(1 - ulp) = 1 - ulp^2, it rounds to itself at any exponent: not tiny. Downwards
  // it rounds to 1 - ulp/2 of itself.
  const B above = D::smallest_normal + 1;
  EXPECT_EQ(multiply(above, number<B>(1 - ulp)), (Outcome<B>{D::smallest_normal, nx}));
  EXPECT_EQ(multiply(above, number<B>(1 - ulp), Rounding::down),
            (Outcome<B>{D::smallest_normal - 1, uf | nx}));
}

// IEEE 754, 7.5: an exact subnormal result raises nothing.
TYPED_TEST(SoftFloat, ExactSubnormalResultsRaiseNothing) {
  using B = TypeParam;
  using D = Data<B>;
  EXPECT_EQ(multiply(D::smallest_normal, number<B>(0.5)), (Outcome<B>{D::smallest_normal / 2, 0}));
  EXPECT_EQ(subtract<B>(D::smallest_normal + 1, D::smallest_normal), (Outcome<B>{1, 0}));
  EXPECT_EQ(multiply(B{1}, number<B>(0.5), Rounding::up), (Outcome<B>{1, uf | nx}));
}

// "Each ORs what it raises into `flags`": the accrued flags stay.
TYPED_TEST(SoftFloat, FlagsAccrue) {
  using B = TypeParam;
  using D = Data<B>;
  std::uint8_t flags = uf;
  soft_float::divide(D::one, D::zero, nearest, flags);
  EXPECT_EQ(flags, uf | dz);
  soft_float::add(D::one, D::one, nearest, flags);
  EXPECT_EQ(flags, uf | dz);
}

// "FMIN and FMAX ... For the purposes of these instructions only, the value -0.0 is considered to
// be less than the value +0.0. If both inputs are NaNs, the result is the canonical NaN. If only
// one operand is a NaN, the result is the non-NaN operand. Signaling NaN inputs set the invalid
// operation exception flag, even when the result is not NaN."
TYPED_TEST(SoftFloat, MinimumAndMaximumPreferNumbersAndOrderZeros) {
  using B = TypeParam;
  using D = Data<B>;
  for (const auto& [a, b] : {std::array{D::zero, minus(D::zero)}, {minus(D::zero), D::zero}}) {
    EXPECT_EQ(minimum(a, b), (Outcome<B>{minus(D::zero), 0}));
    EXPECT_EQ(maximum(a, b), (Outcome<B>{D::zero, 0}));
  }
  EXPECT_EQ(minimum(D::quiet_nan, D::signalling_nan), (Outcome<B>{D::canonical_nan, nv}));
  EXPECT_EQ(maximum(D::quiet_nan, D::quiet_nan), (Outcome<B>{D::canonical_nan, 0}));
  EXPECT_EQ(minimum(D::quiet_nan, D::infinity), (Outcome<B>{D::infinity, 0}));
  EXPECT_EQ(maximum(D::one, D::quiet_nan), (Outcome<B>{D::one, 0}));
  EXPECT_EQ(minimum(D::one, D::signalling_nan), (Outcome<B>{D::one, nv}));
  EXPECT_EQ(maximum(D::signalling_nan, D::one), (Outcome<B>{D::one, nv}));
}

// "FLT and FLE perform what the IEEE 754 standard refers to as signaling comparisons ... FEQ
// performs a quiet comparison ... For all three instructions, the result is 0 if either operand is
// NaN."
TYPED_TEST(SoftFloat, FeqIsQuietAndFltAndFleSignal) {
  using B = TypeParam;
  using D = Data<B>;
  const auto compare = [](B a, B b) {
    return std::array{outcome_of([&](auto& flags) { return soft_float::equal(a, b, flags); }),
                      outcome_of([&](auto& flags) { return soft_float::less(a, b, flags); }),
                      outcome_of([&](auto& flags) { return soft_float::less_equal(a, b, flags); })};
  };
  using Three = std::array<Outcome<bool>, 3>;
  EXPECT_EQ(compare(D::quiet_nan, D::quiet_nan), (Three{{{false, 0}, {false, nv}, {false, nv}}}));
  EXPECT_EQ(compare(D::one, D::signalling_nan), (Three{{{false, nv}, {false, nv}, {false, nv}}}));
  EXPECT_EQ(compare(minus(D::zero), D::zero), (Three{{{true, 0}, {false, 0}, {true, 0}}}));
  EXPECT_EQ(compare(minus(D::infinity), D::zero), (Three{{{false, 0}, {true, 0}, {true, 0}}}));
}

// Table 11.5, "Format of result of FCLASS instruction."
TYPED_TEST(SoftFloat, ClassifySetsTheTenBitsOfFclass) {
  using B = TypeParam;
  using D = Data<B>;
  const std::array<B, 10> by_bit{
      minus(D::infinity), minus(D::one),     minus(B{1}), minus(D::zero), D::zero, B{1}, D::one,
      D::infinity,        D::signalling_nan, D::quiet_nan};
  for (unsigned bit = 0; bit < by_bit.size(); ++bit) {
    EXPECT_EQ(soft_float::classify(by_bit[bit]), 1u << bit) << "bit " << bit;
  }
  EXPECT_EQ(soft_float::classify<B>(D::smallest_normal - 1), 1u << 5);
  EXPECT_EQ(soft_float::classify(D::smallest_normal), 1u << 6);
}

template <class Integer, FloatBits B>
void expect_limits() {
  using D = Data<B>;
  using Limits = std::numeric_limits<Integer>;
  const Outcome<Integer> least{Limits::min(), nv};
  const Outcome<Integer> most{Limits::max(), nv};
  EXPECT_EQ(to_integer<Integer>(minus(D::infinity)), least);
  EXPECT_EQ(to_integer<Integer>(minus(D::largest)), least);
  EXPECT_EQ(to_integer<Integer>(D::largest), most);
  EXPECT_EQ(to_integer<Integer>(D::infinity), most);
  EXPECT_EQ(to_integer<Integer>(D::quiet_nan), most);
  EXPECT_EQ(to_integer<Integer>(minus(D::quiet_nan)), most);
  EXPECT_EQ(to_integer<Integer>(D::signalling_nan), most);
  EXPECT_EQ(to_integer<Integer>(number<B>(std::ldexp(1.0, Limits::digits))), most);
  const double lowest =
      std::numeric_limits<Integer>::is_signed ? -std::ldexp(1, Limits::digits) : 0;
  EXPECT_EQ(to_integer<Integer>(number<B>(lowest)), (Outcome<Integer>{Limits::min(), 0}));
}

// Table 11.4, "Domains of float-to-integer conversions and behavior for invalid inputs."
TYPED_TEST(SoftFloat, ConversionToIntegersClipsAsTheTableSays) {
  expect_limits<std::int32_t, TypeParam>();
  expect_limits<std::uint32_t, TypeParam>();
  expect_limits<std::int64_t, TypeParam>();
  expect_limits<std::uint64_t, TypeParam>();
}

// "If the rounded result is not representable in the destination format, it is clipped to the
// nearest value and the invalid flag is set": what rounds into the range is merely inexact.
// "[Conversions] set the Inexact exception flag if the rounded result differs from the operand
// value and the Invalid exception flag is not set."
TYPED_TEST(SoftFloat, ConversionToIntegersClipsTheRoundedResult) {
  using B = TypeParam;
  using U = std::uint32_t;
  EXPECT_EQ(to_integer<U>(number<B>(-0.5)), (Outcome<U>{0, nx}));
  EXPECT_EQ(to_integer<U>(number<B>(-0.5), Rounding::nearest_away), (Outcome<U>{0, nv}));
  EXPECT_EQ(to_integer<U>(number<B>(-0.25), Rounding::down), (Outcome<U>{0, nv}));
  EXPECT_EQ(to_integer<U>(number<B>(-0.75), Rounding::up), (Outcome<U>{0, nx}));
  EXPECT_EQ(to_integer<std::int64_t>(number<B>(-1.5), Rounding::to_zero),
            (Outcome<std::int64_t>{-1, nx}));
  EXPECT_EQ(to_integer<std::int64_t>(number<B>(2.5), Rounding::nearest_away),
            (Outcome<std::int64_t>{3, nx}));
}

TEST(SoftFloat, ABinary64NearInt32sEndsRoundsBeforeItIsClipped) {
  using I = std::int32_t;
  const auto d = number<std::uint64_t>;
  EXPECT_EQ(to_integer<I>(d(2147483647.5), Rounding::down), (Outcome<I>{2147483647, nx}));
  EXPECT_EQ(to_integer<I>(d(2147483647.5), Rounding::up), (Outcome<I>{2147483647, nv}));
  EXPECT_EQ(to_integer<I>(d(-2147483648.5)), (Outcome<I>{-2147483647 - 1, nx}));
  EXPECT_EQ(to_integer<I>(d(-2147483648.5), Rounding::down), (Outcome<I>{-2147483647 - 1, nv}));
}

// "A floating-point register can be initialized to floating-point positive zero using FCVT.S.W rd,
// x0, which will never set any exception flags."
TYPED_TEST(SoftFloat, IntegerZeroBecomesPositiveZeroInAllModes) {
  for (const Rounding mode : all_roundings) {
    EXPECT_EQ(outcome_of([&](auto& flags) {
                return soft_float::from_integer<TypeParam>(std::int32_t{0}, mode, flags);
              }),
              (Outcome<TypeParam>{0, 0}));
  }
}

// "FCVT.D.W[U] always produces an exact result and is unaffected by rounding mode."
TEST(SoftFloat, Int32BecomesBinary64Exactly) {
  for (const Rounding mode : all_roundings) {
    for (const std::int32_t value : {INT32_MIN, -3, 1, INT32_MAX}) {
      EXPECT_EQ(outcome_of([&](auto& flags) {
                  return soft_float::from_integer<std::uint64_t>(value, mode, flags);
                }),
                (Outcome<std::uint64_t>{number<std::uint64_t>(value), 0}));
    }
  }
}

// "FCVT.D.S will never round"; subnormals become normal. A NaN result is the canonical NaN.
TEST(SoftFloat, WideningIsExact) {
  using S = Data<std::uint32_t>;
  using D = Data<std::uint64_t>;
  using Is = Outcome<std::uint64_t>;
  EXPECT_EQ(widen(1), (Is{number<std::uint64_t>(0x1p-149), 0}));
  EXPECT_EQ(widen(minus(S::largest)), (Is{number<std::uint64_t>(-0x1.fffffep127), 0}));
  EXPECT_EQ(widen(minus(S::zero)), (Is{minus(D::zero), 0}));
  EXPECT_EQ(widen(S::infinity), (Is{D::infinity, 0}));
  EXPECT_EQ(widen(S::quiet_nan), (Is{D::canonical_nan, 0}));
  EXPECT_EQ(widen(S::signalling_nan), (Is{D::canonical_nan, nv}));
}

// "FCVT.S.D rounds according to the RM field."
TEST(SoftFloat, NarrowingRounds) {
  using S = Data<std::uint32_t>;
  using D = Data<std::uint64_t>;
  using Is = Outcome<std::uint32_t>;
  const auto tie = number<std::uint64_t>(1 + 0x1p-24);
  EXPECT_EQ(narrow(tie), (Is{S::one, nx}));
  EXPECT_EQ(narrow(tie, Rounding::nearest_away), (Is{S::one + 1, nx}));
  EXPECT_EQ(narrow(tie, Rounding::up), (Is{S::one + 1, nx}));
  EXPECT_EQ(narrow(minus(tie), Rounding::up), (Is{minus(S::one), nx}));
  EXPECT_EQ(narrow(D::largest), (Is{S::infinity, of | nx}));
  EXPECT_EQ(narrow(D::smallest_normal), (Is{S::zero, uf | nx}));
  EXPECT_EQ(narrow(D::quiet_nan), (Is{S::canonical_nan, 0}));
  EXPECT_EQ(narrow(D::signalling_nan), (Is{S::canonical_nan, nv}));
}

}  // namespace
}  // namespace kilburn::riscv
