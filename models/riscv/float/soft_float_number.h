// Inside of soft_float: the two formats, a datum taken apart, and the one place that rounds.
#pragma once

#include <bit>
#include <cstdint>

#include "riscv/float/soft_float.h"

namespace kilburn::riscv::soft_float {

__extension__ using Wide = unsigned __int128;

/// A binary interchange format of IEEE 754, 3.4. `exponent_max` is its bias, too.
template <FloatBits B>
struct Format {
  static constexpr int precision = sizeof(B) == 4 ? 24 : 53;
  static constexpr int exponent_max = sizeof(B) == 4 ? 127 : 1023;
  static constexpr int exponent_min = 1 - exponent_max;
  /// The exponent of a subnormal's last place.
  static constexpr int unit_min = exponent_min - (precision - 1);

  static constexpr B hidden = B{1} << (precision - 1);  ///< a normal significand's leading one
  static constexpr B sign = B{1} << (8 * sizeof(B) - 1);
  static constexpr B infinity = sign - hidden;
  static constexpr B quiet = hidden >> 1;
  static constexpr B canonical_nan = infinity | quiet;
};

enum class Kind : std::uint8_t { zero, finite, infinity, quiet_nan, signalling_nan };

/// A datum, or the exact result of an operation on data. Where finite, it is
/// (-1)^negative * significand * 2^exponent with a significand that is not 0.
///
/// A significand too long for 128 bits has a sticky last bit: 1 where anything below it is not 0.
/// Rounding at two or more places above that bit gives what the whole significand would.
struct Number {
  Kind kind = Kind::zero;
  bool negative = false;
  Wide significand = 0;
  int exponent = 0;

  [[nodiscard]] bool is_nan() const {
    return kind == Kind::quiet_nan || kind == Kind::signalling_nan;
  }
  /// The exponent of the leading one.
  [[nodiscard]] int leading() const {
    const auto high = static_cast<std::uint64_t>(significand >> 64);
    const auto low = static_cast<std::uint64_t>(significand);
    const int width = high != 0 ? 64 + static_cast<int>(std::bit_width(high))
                                : static_cast<int>(std::bit_width(low));
    return exponent + width - 1;
  }
  /// The significand in units of 2^unit, its last bit sticky.
  [[nodiscard]] Wide in_units(int unit) const {
    const int shift = unit - exponent;
    if (shift <= 0) return significand << -shift;
    if (shift > 127) return significand != 0 ? 1 : 0;
    const Wide lost = significand & ((Wide{1} << shift) - 1);
    return significand >> shift | (lost != 0 ? 1 : 0);
  }
};

template <FloatBits B>
Number unpack(B bits);

/// |x| as an integer, in units of some power of two.
struct Rounded {
  Wide units = 0;
  bool inexact = false;
};
/// Rounds |x| to a multiple of 2^unit.
Rounded round_to(const Number& x, int unit, Rounding rounding);

/// The datum that `x` rounds to; raises overflow, underflow and inexact (IEEE 754, 4.3 and 7.4 to
/// 7.6). NaNs become the canonical NaN.
template <FloatBits B>
B pack(const Number& x, Rounding rounding, std::uint8_t& flags);

/// The result of an operation that has none (IEEE 754, 7.2).
inline Number invalid_result(std::uint8_t& flags) {
  flags |= float_flag::invalid;
  return {.kind = Kind::quiet_nan};
}

}  // namespace kilburn::riscv::soft_float
