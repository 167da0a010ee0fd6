// Arithmetic on the host's floating-point unit where that is certain to give what RISC-V demands,
// and soft_float elsewhere. Names and results are soft_float's; speed is the only difference.
//
// Why the host's result is exact. Under round-to-nearest-even, the host's rounding mode that
// nothing in a Kilburn process changes, IEEE 754 leaves no freedom in the result of these six
// operations other than a NaN's payload.
//
// The flags other than inexact need no look at the host's: that an operation raises none of them is
// seen from its result.
//  - invalid gives a NaN, divide-by-zero an infinity, overflow to nearest an infinity: none of them
//    a finite number. A NaN operand gives a NaN, whatever its kind.
//  - underflow comes from an inexact result that is tiny: less than the smallest normal number
//    before it was rounded to subnormal precision, so at most that number after it. A result above
//    the smallest normal number raised none.
//  - a sum or difference of two numbers is a multiple of the smallest subnormal, so where it is
//    tiny it is exact: any finite result will do.
//  - a square root is never tiny.
//
// Inexact: where it is set in fflags already, nothing is left to find out. Else the error of the
// host's result is computed, of which only one thing counts: is it zero? p is the format's
// precision, u = 2^(emin - p + 1) its smallest subnormal, ulp(x) the weight of x's last place: at
// least 2^(e - p + 1) where 2^e <= |x| < 2^(e + 1), and at least u.
//  - sum: Knuth's TwoSum. Of an exact sum each step gives back an operand, and the error is 0; that
//    of a rounded sum is found exactly, unless a step overflows (underflow does no harm: tiny sums
//    are exact). An infinity makes each later step an infinity or a NaN: not 0, either.
//  - product q of a and b: fma(a, b, -q) is the error rounded once. The error is a multiple of
//    ulp(q) >= u, or of ulp(a) ulp(b) >= 2^(e(a) + e(b) - 2p + 2) if that is less; and since
//    |ab| < 2^(e(a) + e(b) + 2) (1 - 2^-p), e(a) + e(b) >= e(q) - 1. So from e(q) = emin + p on,
//    an error that is not zero is at least u, and is not rounded to zero.
//  - quotient q of a by b: fma(q, b, -a). qb - a is zero only where q is exact; else it is a
//    multiple of ulp(a), or of ulp(q) ulp(b) if that is less, where e(q) + e(b) >= e(a) - 1: from
//    e(a) = emin + p on, as above.
//  - root q of a: fma(q, q, -a), as a quotient with b = q.
//    No error overflows: it is less than the number subtracted.
//  - a product with a zero is exact.
//  - ab + c: where ab is exact, by the tests above, this is the sum of two numbers. Else it goes to
//    soft_float, which finds it inexact nearly always, and so is not asked again.
#pragma once

#include <bit>
#include <cfloat>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "riscv/float/soft_float.h"

namespace kilburn::riscv::host_float {

namespace detail {

static_assert(FLT_EVAL_METHOD == 0, "float and double are computed in their own precision");
static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559);

template <FloatBits B>
using Host = std::conditional_t<std::same_as<B, std::uint32_t>, float, double>;

template <FloatBits B>
[[nodiscard]] constexpr Host<B> value(B bits) {
  return std::bit_cast<Host<B>>(bits);
}
template <FloatBits B>
[[nodiscard]] constexpr B bits(Host<B> value) {
  return std::bit_cast<B>(value);
}

template <FloatBits B>
inline constexpr B sign_bit = B{1} << (8 * sizeof(B) - 1);
template <FloatBits B>
inline constexpr B smallest_normal = bits<B>(std::numeric_limits<Host<B>>::min());
template <FloatBits B>
inline constexpr B infinity = bits<B>(std::numeric_limits<Host<B>>::infinity());
template <FloatBits B>
inline constexpr B precision = std::numeric_limits<Host<B>>::digits;
/// 2^(emin + p). The smallest normal number is 2^emin, and 1 in the exponent's field.
template <FloatBits B>
inline constexpr B errors_show_from = (precision<B> + 1) * smallest_normal<B>;

template <FloatBits B>
[[nodiscard]] constexpr B magnitude(B a) {
  return a & static_cast<B>(~sign_bit<B>);
}
template <FloatBits B>
[[nodiscard]] constexpr bool is_finite(B a) {
  return magnitude(a) < infinity<B>;
}
template <FloatBits B>
[[nodiscard]] constexpr bool is_finite_above_smallest_normal(B a) {
  return magnitude(a) > smallest_normal<B> && is_finite(a);
}

/// `sum` is that of a and b to nearest, and finite.
template <FloatBits B>
[[nodiscard]] bool is_exact_sum(B a, B b, B sum) {
  const Host<B> from_b = value(sum) - value(a);
  const Host<B> from_a = value(sum) - from_b;
  return (value(a) - from_a) + (value(b) - from_b) == 0;
}

/// Is ab = c? One of the three was rounded to nearest for that; |c| is at least errors_show_from.
template <FloatBits B>
[[nodiscard]] bool is_exact_product(B a, B b, B c) {
  return std::fma(value(a), value(b), -value(c)) == 0;
}

template <FloatBits B>
[[nodiscard]] constexpr bool has_zero(B a, B b) {
  return magnitude(a) == 0 || magnitude(b) == 0;
}

[[nodiscard]] constexpr bool is_inexact_set(std::uint8_t flags) {
  return (flags & float_flag::inexact) != 0;
}

/// Raises inexact where ab is not c. False: the host cannot tell.
template <FloatBits B>
[[nodiscard]] bool raise_inexact_of_product(B a, B b, B c, std::uint8_t& flags) {
  if (is_inexact_set(flags)) [[likely]]
    return true;
  if (magnitude(c) < errors_show_from<B>) return false;
  if (!is_exact_product(a, b, c)) flags |= float_flag::inexact;
  return true;
}

}  // namespace detail

template <FloatBits B>
B add(B a, B b, Rounding rounding, std::uint8_t& flags) {
  using namespace detail;
  if (rounding == Rounding::nearest_even) [[likely]] {
    const B sum = bits<B>(value(a) + value(b));
    if (is_finite(sum)) [[likely]] {
      if (!is_inexact_set(flags) && !is_exact_sum(a, b, sum)) flags |= float_flag::inexact;
      return sum;
    }
  }
  return soft_float::add(a, b, rounding, flags);
}

template <FloatBits B>
B subtract(B a, B b, Rounding rounding, std::uint8_t& flags) {
  return add<B>(a, b ^ detail::sign_bit<B>, rounding, flags);
}

template <FloatBits B>
B multiply(B a, B b, Rounding rounding, std::uint8_t& flags) {
  using namespace detail;
  if (rounding == Rounding::nearest_even) [[likely]] {
    const B product = bits<B>(value(a) * value(b));
    if (is_finite_above_smallest_normal(product)) [[likely]] {
      if (raise_inexact_of_product(a, b, product, flags)) [[likely]]
        return product;
    } else if (is_finite(product) && has_zero(a, b)) {
      return product;
    }
  }
  return soft_float::multiply(a, b, rounding, flags);
}

template <FloatBits B>
B divide(B a, B b, Rounding rounding, std::uint8_t& flags) {
  using namespace detail;
  if (rounding == Rounding::nearest_even) [[likely]] {
    const B quotient = bits<B>(value(a) / value(b));
    if (is_finite_above_smallest_normal(quotient) &&
        raise_inexact_of_product(quotient, b, a, flags)) [[likely]] {
      return quotient;
    }
  }
  return soft_float::divide(a, b, rounding, flags);
}

template <FloatBits B>
B square_root(B a, Rounding rounding, std::uint8_t& flags) {
  using namespace detail;
  if (rounding == Rounding::nearest_even) [[likely]] {
    const B root = bits<B>(std::sqrt(value(a)));
    if (is_finite(root) && raise_inexact_of_product(root, root, a, flags)) [[likely]]
      return root;
  }
  return soft_float::square_root(a, rounding, flags);
}

/// The C library's fma picks the host's instruction where there is one.
template <FloatBits B>
B multiply_add(B a, B b, B c, Rounding rounding, std::uint8_t& flags) {
  using namespace detail;
  if (rounding == Rounding::nearest_even) [[likely]] {
    if (is_inexact_set(flags)) [[likely]] {
      const B result = bits<B>(std::fma(value(a), value(b), value(c)));
      if (is_finite_above_smallest_normal(result)) [[likely]]
        return result;
    } else {
      const B product = bits<B>(value(a) * value(b));
      const bool exact = has_zero(a, b) || (magnitude(product) >= errors_show_from<B> &&
                                            is_exact_product(a, b, product));
      if (is_finite(product) && exact) return add(product, c, rounding, flags);
    }
  }
  return soft_float::multiply_add(a, b, c, rounding, flags);
}

}  // namespace kilburn::riscv::host_float
