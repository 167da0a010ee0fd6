// Arithmetic on the host's floating-point unit where that is certain to give what RISC-V demands,
// and soft_float elsewhere. Names and results are soft_float's; speed is the only difference.
//
// Why the host's result is exact. Under round-to-nearest-even, the host's rounding mode that
// nothing in a Kilburn process changes, IEEE 754 leaves no freedom in the result of these six
// operations other than a NaN's payload. The flags need no look at the host's: with inexact already
// set in fflags, an operation changes neither result nor flags by being taken here, if it raises
// none of the other four; and that is seen from the result alone:
//  - invalid gives a NaN, divide-by-zero an infinity, overflow to nearest an infinity: none of them
//    a finite number. A NaN operand gives a NaN, whatever its kind.
//  - underflow comes from an inexact result that is tiny: less than the smallest normal number
//    before it was rounded to subnormal precision, so at most that number after it. A result above
//    the smallest normal number raised none.
//  - a sum or difference of two numbers is a multiple of the smallest subnormal, so where it is
//  tiny
//    it is exact: any finite result will do.
//  - a square root is never tiny.
#pragma once

#include <bit>
#include <cfloat>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "riscv/soft_float.h"

namespace kilburn::riscv::host_float {

namespace detail {

static_assert(FLT_EVAL_METHOD == 0, "float and double are computed in their own precision");
static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559);

template <FloatBits B>
using Host = std::conditional_t<std::same_as<B, std::uint32_t>, float, double>;

template <FloatBits B>
inline constexpr B sign_bit = B{1} << (8 * sizeof(B) - 1);
template <FloatBits B>
inline constexpr B smallest_normal = std::bit_cast<B>(std::numeric_limits<Host<B>>::min());
template <FloatBits B>
inline constexpr B infinity = std::bit_cast<B>(std::numeric_limits<Host<B>>::infinity());

[[nodiscard]] constexpr bool host_may_round(Rounding rounding, std::uint8_t flags) {
  return rounding == Rounding::nearest_even && (flags & float_flag::inexact) != 0;
}

template <FloatBits B>
[[nodiscard]] constexpr bool is_finite(B result) {
  return (result & ~sign_bit<B>) < infinity<B>;
}

template <FloatBits B>
[[nodiscard]] constexpr bool is_finite_above_smallest_normal(B result) {
  const B magnitude = result & ~sign_bit<B>;
  return magnitude > smallest_normal<B> && magnitude < infinity<B>;
}

}  // namespace detail

template <FloatBits B>
B add(B a, B b, Rounding rounding, std::uint8_t& flags) {
  using Host = detail::Host<B>;
  if (detail::host_may_round(rounding, flags)) [[likely]] {
    const auto result = std::bit_cast<B>(std::bit_cast<Host>(a) + std::bit_cast<Host>(b));
    if (detail::is_finite(result)) [[likely]]
      return result;
  }
  return soft_float::add(a, b, rounding, flags);
}

template <FloatBits B>
B subtract(B a, B b, Rounding rounding, std::uint8_t& flags) {
  using Host = detail::Host<B>;
  if (detail::host_may_round(rounding, flags)) [[likely]] {
    const auto result = std::bit_cast<B>(std::bit_cast<Host>(a) - std::bit_cast<Host>(b));
    if (detail::is_finite(result)) [[likely]]
      return result;
  }
  return soft_float::subtract(a, b, rounding, flags);
}

template <FloatBits B>
B multiply(B a, B b, Rounding rounding, std::uint8_t& flags) {
  using Host = detail::Host<B>;
  if (detail::host_may_round(rounding, flags)) [[likely]] {
    const auto result = std::bit_cast<B>(std::bit_cast<Host>(a) * std::bit_cast<Host>(b));
    if (detail::is_finite_above_smallest_normal(result)) [[likely]]
      return result;
  }
  return soft_float::multiply(a, b, rounding, flags);
}

template <FloatBits B>
B divide(B a, B b, Rounding rounding, std::uint8_t& flags) {
  using Host = detail::Host<B>;
  if (detail::host_may_round(rounding, flags)) [[likely]] {
    const auto result = std::bit_cast<B>(std::bit_cast<Host>(a) / std::bit_cast<Host>(b));
    if (detail::is_finite_above_smallest_normal(result)) [[likely]]
      return result;
  }
  return soft_float::divide(a, b, rounding, flags);
}

template <FloatBits B>
B square_root(B a, Rounding rounding, std::uint8_t& flags) {
  using Host = detail::Host<B>;
  if (detail::host_may_round(rounding, flags)) [[likely]] {
    const auto result = std::bit_cast<B>(std::sqrt(std::bit_cast<Host>(a)));
    if (detail::is_finite(result)) [[likely]]
      return result;
  }
  return soft_float::square_root(a, rounding, flags);
}

/// The C library's fma picks the host's instruction where there is one.
template <FloatBits B>
B multiply_add(B a, B b, B c, Rounding rounding, std::uint8_t& flags) {
  using Host = detail::Host<B>;
  if (detail::host_may_round(rounding, flags)) [[likely]] {
    const auto result = std::bit_cast<B>(
        std::fma(std::bit_cast<Host>(a), std::bit_cast<Host>(b), std::bit_cast<Host>(c)));
    if (detail::is_finite_above_smallest_normal(result)) [[likely]]
      return result;
  }
  return soft_float::multiply_add(a, b, c, rounding, flags);
}

}  // namespace kilburn::riscv::host_float
