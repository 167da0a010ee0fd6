// Sum, product, quotient, square root: exact on wide integers, then rounded once.
#include <utility>

#include "riscv/float/soft_float_number.h"

namespace kilburn::riscv::soft_float {
namespace {

/// An operation with a NaN among its operands: only a signalling one is an exception.
Number nan_result(const Number& x, const Number& y, std::uint8_t& flags) {
  if (x.kind == Kind::signalling_nan || y.kind == Kind::signalling_nan) {
    return invalid_result(flags);
  }
  return {.kind = Kind::quiet_nan};
}

/// The value with the leading one at bit 126 of the significand.
Number normalised(const Number& x) {
  const int unit = x.leading() - 126;
  return {x.kind, x.negative, x.in_units(unit), unit};
}

/// The sum of finite numbers. Nothing is lost where the exponents are near; where they differ by
/// two or more, cancellation takes at most one bit, so that a sticky bit stays far below the
/// rounding.
Number finite_sum(const Number& x, const Number& y, Rounding rounding) {
  Number large = normalised(x);
  Number small = normalised(y);
  if (large.exponent < small.exponent) std::swap(large, small);
  small = {small.kind, small.negative, small.in_units(large.exponent), large.exponent};

  if (large.negative == small.negative) {
    large.significand += small.significand;
    return large;
  }
  if (large.significand == small.significand) {
    return {Kind::zero, rounding == Rounding::down};
  }
  if (large.significand < small.significand) std::swap(large, small);
  large.significand -= small.significand;
  return large;
}

/// `rounding` decides the sign of an exact zero (IEEE 754, 6.3).
Number sum(const Number& x, const Number& y, Rounding rounding, std::uint8_t& flags) {
  if (x.is_nan() || y.is_nan()) return nan_result(x, y, flags);
  if (x.kind == Kind::infinity && y.kind == Kind::infinity && x.negative != y.negative) {
    return invalid_result(flags);
  }
  if (x.kind == Kind::infinity) return x;
  if (y.kind == Kind::infinity) return y;
  if (x.kind == Kind::zero && y.kind == Kind::zero && x.negative != y.negative) {
    return {Kind::zero, rounding == Rounding::down};
  }
  if (x.kind == Kind::zero) return y;
  if (y.kind == Kind::zero) return x;
  return finite_sum(x, y, rounding);
}

Number product(const Number& x, const Number& y, std::uint8_t& flags) {
  if (x.is_nan() || y.is_nan()) return nan_result(x, y, flags);
  const bool negative = x.negative != y.negative;
  const bool zero = x.kind == Kind::zero || y.kind == Kind::zero;
  const bool infinite = x.kind == Kind::infinity || y.kind == Kind::infinity;
  if (zero && infinite) return invalid_result(flags);
  if (zero) return {Kind::zero, negative};
  if (infinite) return {Kind::infinity, negative};
  return {Kind::finite, negative, x.significand * y.significand, x.exponent + y.exponent};
}

Number quotient(const Number& x, const Number& y, std::uint8_t& flags) {
  if (x.is_nan() || y.is_nan()) return nan_result(x, y, flags);
  const bool negative = x.negative != y.negative;
  if (x.kind == y.kind && x.kind != Kind::finite) return invalid_result(flags);
  if (x.kind == Kind::infinity) return {Kind::infinity, negative};
  if (x.kind == Kind::zero || y.kind == Kind::infinity) return {Kind::zero, negative};
  if (y.kind == Kind::zero) {
    flags |= float_flag::divide_by_zero;
    return {Kind::infinity, negative};
  }
  const Number dividend = normalised(x);  // 127 bits by at most 53: 74 or more
  const Wide whole = dividend.significand / y.significand;
  const bool inexact = whole * y.significand != dividend.significand;
  return {Kind::finite, negative, whole | (inexact ? 1 : 0), dividend.exponent - y.exponent};
}

/// The largest integer whose square is not above `x`, a bit at a time.
std::uint64_t whole_square_root(Wide x) {
  Wide rest = x;
  Wide root = 0;
  for (Wide bit = Wide{1} << 126; bit != 0; bit >>= 2) {
    if (rest >= root + bit) {
      rest -= root + bit;
      root = (root >> 1) + bit;
    } else {
      root >>= 1;
    }
  }
  return static_cast<std::uint64_t>(root);
}

Number root(const Number& x, std::uint8_t& flags) {
  if (x.is_nan()) return nan_result(x, x, flags);
  if (x.kind == Kind::zero) return x;  // -0, too
  if (x.negative) return invalid_result(flags);
  if (x.kind == Kind::infinity) return x;
  Number square = normalised(x);
  if (square.exponent % 2 != 0) {
    square.significand <<= 1;
    square.exponent -= 1;
  }
  const std::uint64_t whole = whole_square_root(square.significand);  // 64 bits
  const bool inexact = Wide{whole} * whole != square.significand;
  return {Kind::finite, false, whole | (inexact ? 1u : 0u), square.exponent / 2};
}

}  // namespace

template <FloatBits B>
B add(B a, B b, Rounding rounding, std::uint8_t& flags) {
  return pack<B>(sum(unpack(a), unpack(b), rounding, flags), rounding, flags);
}

template <FloatBits B>
B subtract(B a, B b, Rounding rounding, std::uint8_t& flags) {
  return add<B>(a, b ^ Format<B>::sign, rounding, flags);
}

template <FloatBits B>
B multiply(B a, B b, Rounding rounding, std::uint8_t& flags) {
  return pack<B>(product(unpack(a), unpack(b), flags), rounding, flags);
}

template <FloatBits B>
B divide(B a, B b, Rounding rounding, std::uint8_t& flags) {
  return pack<B>(quotient(unpack(a), unpack(b), flags), rounding, flags);
}

template <FloatBits B>
B square_root(B a, Rounding rounding, std::uint8_t& flags) {
  return pack<B>(root(unpack(a), flags), rounding, flags);
}

/// The product comes first, so that infinity * 0 raises invalid whatever the addend.
template <FloatBits B>
B multiply_add(B a, B b, B c, Rounding rounding, std::uint8_t& flags) {
  const Number exact = product(unpack(a), unpack(b), flags);
  return pack<B>(sum(exact, unpack(c), rounding, flags), rounding, flags);
}

using B32 = std::uint32_t;
using B64 = std::uint64_t;
template B32 add(B32 a, B32 b, Rounding rounding, std::uint8_t& flags);
template B64 add(B64 a, B64 b, Rounding rounding, std::uint8_t& flags);
template B32 subtract(B32 a, B32 b, Rounding rounding, std::uint8_t& flags);
template B64 subtract(B64 a, B64 b, Rounding rounding, std::uint8_t& flags);
template B32 multiply(B32 a, B32 b, Rounding rounding, std::uint8_t& flags);
template B64 multiply(B64 a, B64 b, Rounding rounding, std::uint8_t& flags);
template B32 divide(B32 a, B32 b, Rounding rounding, std::uint8_t& flags);
template B64 divide(B64 a, B64 b, Rounding rounding, std::uint8_t& flags);
template B32 square_root(B32 a, Rounding rounding, std::uint8_t& flags);
template B64 square_root(B64 a, Rounding rounding, std::uint8_t& flags);
template B32 multiply_add(B32 a, B32 b, B32 c, Rounding rounding, std::uint8_t& flags);
template B64 multiply_add(B64 a, B64 b, B64 c, Rounding rounding, std::uint8_t& flags);

}  // namespace kilburn::riscv::soft_float
