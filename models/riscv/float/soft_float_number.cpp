// Taking data apart, rounding, and packing results.
#include "riscv/float/soft_float_number.h"

#include <algorithm>

namespace kilburn::riscv::soft_float {
namespace {

/// What lies below a result's last place: 0 nothing, 1 less than half, 2 half, 3 more than half.
using Quarters = unsigned;

bool rounds_away_from_zero(Rounding rounding, bool negative, bool odd, Quarters rest) {
  switch (rounding) {
    case Rounding::nearest_even:
      return rest > 2 || (rest == 2 && odd);
    case Rounding::to_zero:
      return false;
    case Rounding::down:
      return negative && rest != 0;
    case Rounding::up:
      return !negative && rest != 0;
    case Rounding::nearest_away:
      return rest >= 2;
  }
  return false;
}

/// IEEE 754, 7.4: to nearest carries all overflows to infinity; the directed modes stop at the
/// largest finite number where infinity lies the other way.
template <FloatBits B>
B overflow(bool negative, Rounding rounding, std::uint8_t& flags) {
  flags |= float_flag::overflow | float_flag::inexact;
  const bool stops =
      rounding == Rounding::to_zero || rounding == (negative ? Rounding::up : Rounding::down);
  return stops ? Format<B>::infinity - 1 : Format<B>::infinity;
}

/// Rounded to the format's precision as if the exponent had no bound, |x| is less than the smallest
/// normal number (IEEE 754, 7.5, "after rounding").
template <FloatBits B>
bool is_tiny(const Number& x, Rounding rounding) {
  using F = Format<B>;
  const int leading = x.leading();
  if (leading != F::exponent_min - 1) return leading < F::exponent_min;
  return round_to(x, leading - (F::precision - 1), rounding).units < 2 * Wide{F::hidden};
}

template <FloatBits B>
B pack_magnitude(const Number& x, Rounding rounding, std::uint8_t& flags) {
  using F = Format<B>;
  const int leading = x.leading();
  if (leading > F::exponent_max) return overflow<B>(x.negative, rounding, flags);

  const int unit = std::max(leading, F::exponent_min) - (F::precision - 1);
  const Rounded rounded = round_to(x, unit, rounding);
  // A normal number's leading one adds 1 to the exponent field; a carry into the next power of two
  // adds the 1 more that it needs.
  const B magnitude =
      static_cast<B>(unit - F::unit_min) * F::hidden + static_cast<B>(rounded.units);
  if (magnitude >= F::infinity) return overflow<B>(x.negative, rounding, flags);

  if (rounded.inexact) {
    flags |= float_flag::inexact;
    if (is_tiny<B>(x, rounding)) flags |= float_flag::underflow;
  }
  return magnitude;
}

}  // namespace

template <FloatBits B>
Number unpack(B bits) {
  using F = Format<B>;
  const bool negative = (bits & F::sign) != 0;
  const B magnitude = bits & ~F::sign;
  if (magnitude == 0) return {Kind::zero, negative};
  if (magnitude == F::infinity) return {Kind::infinity, negative};
  if (magnitude > F::infinity) {
    return {(bits & F::quiet) != 0 ? Kind::quiet_nan : Kind::signalling_nan, negative};
  }
  const B fraction = magnitude % F::hidden;
  const int exponent_field = static_cast<int>(magnitude / F::hidden);
  if (exponent_field == 0) return {Kind::finite, negative, fraction, F::unit_min};
  return {Kind::finite, negative, F::hidden | fraction, F::unit_min + exponent_field - 1};
}

Rounded round_to(const Number& x, int unit, Rounding rounding) {
  const Wide quarters = x.in_units(unit - 2);
  const auto rest = static_cast<Quarters>(quarters & 3);
  Wide units = quarters >> 2;
  if (rounds_away_from_zero(rounding, x.negative, (units & 1) != 0, rest)) ++units;
  return {units, rest != 0};
}

template <FloatBits B>
B pack(const Number& x, Rounding rounding, std::uint8_t& flags) {
  using F = Format<B>;
  const B sign = x.negative ? F::sign : B{0};
  switch (x.kind) {
    case Kind::zero:
      return sign;
    case Kind::finite:
      return sign | pack_magnitude<B>(x, rounding, flags);
    case Kind::infinity:
      return sign | F::infinity;
    case Kind::quiet_nan:
    case Kind::signalling_nan:
      break;
  }
  return F::canonical_nan;
}

template Number unpack(std::uint32_t bits);
template Number unpack(std::uint64_t bits);
template std::uint32_t pack(const Number& x, Rounding rounding, std::uint8_t& flags);
template std::uint64_t pack(const Number& x, Rounding rounding, std::uint8_t& flags);

}  // namespace kilburn::riscv::soft_float
