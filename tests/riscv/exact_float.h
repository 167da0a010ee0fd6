// A reference for rounding that shares no method with soft_float: exact arithmetic on integers of
// any length, and a search among the format's numbers, which lie in the order of their bit
// patterns.
#pragma once

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <functional>

#include "float_operands.h"
#include "float_outcome.h"
#include "riscv/float/soft_float.h"

namespace kilburn::riscv {

using boost::multiprecision::cpp_int;

/// significand * 2^exponent.
struct Dyadic {
  cpp_int significand;
  int exponent = 0;

  [[nodiscard]] cpp_int in_units(int unit) const { return significand << (exponent - unit); }
  friend Dyadic operator*(const Dyadic& x, const Dyadic& y) {
    return {x.significand * y.significand, x.exponent + y.exponent};
  }
  friend Dyadic operator+(const Dyadic& x, const Dyadic& y) {
    const int unit = std::min(x.exponent, y.exponent);
    return {x.in_units(unit) + y.in_units(unit), unit};
  }
};

/// The sign of x - y.
inline int compare(const Dyadic& x, const Dyadic& y) {
  const int unit = std::min(x.exponent, y.exponent);
  return x.in_units(unit).compare(y.in_units(unit));
}

template <FloatBits B>
struct BitLayout {
  static constexpr int fraction_bits = std::numeric_limits<HostFloat<B>>::digits - 1;
  static constexpr int bias = std::numeric_limits<HostFloat<B>>::max_exponent - 1;
  static constexpr B sign = B{1} << (8 * sizeof(B) - 1);
  static constexpr B infinity = std::bit_cast<B>(std::numeric_limits<HostFloat<B>>::infinity());
  static constexpr B smallest_normal = std::bit_cast<B>(std::numeric_limits<HostFloat<B>>::min());
};

/// IEEE 754, 3.4, for a pattern without its sign. Infinity's stands for the number that would
/// follow the largest finite one.
template <FloatBits B>
Dyadic magnitude_of(B pattern) {
  using Layout = BitLayout<B>;
  const B fraction = pattern & ((B{1} << Layout::fraction_bits) - 1);
  const int field = static_cast<int>(pattern >> Layout::fraction_bits);
  const B leading = field == 0 ? B{0} : B{1} << Layout::fraction_bits;
  return {cpp_int(leading | fraction), std::max(field, 1) - Layout::bias - Layout::fraction_bits};
}

template <FloatBits B>
bool is_negative(B a) {
  return (a & BitLayout<B>::sign) != 0;
}
template <FloatBits B>
bool is_finite(B a) {
  return (a & ~BitLayout<B>::sign) < BitLayout<B>::infinity;
}
/// Of a finite number.
template <FloatBits B>
Dyadic value_of(B a) {
  Dyadic value = magnitude_of<B>(a & ~BitLayout<B>::sign);
  if (is_negative(a)) value.significand = -value.significand;
  return value;
}

/// Where a real magnitude lies among the numbers that can be had.
enum class Rest : std::uint8_t { none, below_half, half, above_half };
inline Rest rest_of(int against_lower, int against_middle) {
  if (against_lower == 0) return Rest::none;
  return against_middle < 0    ? Rest::below_half
         : against_middle == 0 ? Rest::half
                               : Rest::above_half;
}

/// IEEE 754, 4.3: does the magnitude become the larger of its two neighbours?
inline bool takes_larger(Rounding rounding, bool negative, bool lower_is_odd, Rest rest) {
  switch (rounding) {
    case Rounding::nearest_even:
      return rest == Rest::above_half || (rest == Rest::half && lower_is_odd);
    case Rounding::nearest_away:
      return rest == Rest::above_half || rest == Rest::half;
    case Rounding::down:
      return rest != Rest::none && negative;
    case Rounding::up:
      return rest != Rest::none && !negative;
    case Rounding::to_zero:
      break;
  }
  return false;
}

template <FloatBits B>
struct Position {
  B lower;  ///< the pattern of the largest number not above the magnitude
  Rest rest;
};

/// The sign of a real magnitude less its argument.
using Against = std::function<int(const Dyadic&)>;

/// The search starts at `guess`
/// and gallops outwards: a wrong guess costs time only.
template <FloatBits B>
Position<B> locate(const Against& against, B guess) {
  constexpr B limit = BitLayout<B>::infinity;
  const auto is_at_or_above = [&](B pattern) { return against(magnitude_of(pattern)) >= 0; };
  B lower = std::min(guess, limit);
  for (B step = 1; !is_at_or_above(lower); step *= 2) lower -= std::min(step, lower);
  B upper = lower;  // exclusive; `limit` + 1 where nothing is above
  for (B step = 1; upper <= limit && is_at_or_above(upper); step *= 2) {
    lower = upper;
    upper += std::min<B>(step, limit + 1 - upper);
  }
  while (upper - lower > 1) {
    const B middle = lower + (upper - lower) / 2;
    (is_at_or_above(middle) ? lower : upper) = middle;
  }
  Dyadic midpoint = magnitude_of(lower) + magnitude_of<B>(lower + 1);
  midpoint.exponent -= 1;
  return {lower, rest_of(against(magnitude_of(lower)), against(midpoint))};
}

/// The outcomes of one operation in all modes, from the sign of its exact result, which is not 0,
/// and from the comparison of that result's magnitude with numbers.
template <FloatBits B>
class ExactResult {
 public:
  ExactResult(bool negative, const Against& against, B guess)
      : negative_(negative),
        position_(locate<B>(against, guess & ~BitLayout<B>::sign)),
        scaled_(position_) {
    if (position_.lower >= Layout::smallest_normal) return;
    // The same magnitude 2^lift times as large: if it is near the smallest normal number, the
    // rounding there is that of an unbounded exponent.
    const Against against_lifted = [&](Dyadic number) {
      number.exponent -= lift;
      return against(number);
    };
    scaled_ = locate<B>(against_lifted, position_.lower);
  }

  [[nodiscard]] Outcome<B> rounded(Rounding rounding) const {
    const B sign = negative_ ? Layout::sign : B{0};
    const B magnitude = round(position_, rounding);
    if (magnitude >= Layout::infinity) {
      const bool largest =
          rounding == Rounding::to_zero || rounding == (negative_ ? Rounding::up : Rounding::down);
      return {sign | (Layout::infinity - (largest ? 1 : 0)),
              float_flag::overflow | float_flag::inexact};
    }
    if (position_.rest == Rest::none) return {sign | magnitude, 0};
    constexpr B lifted_normal = Layout::smallest_normal + (B{lift} << Layout::fraction_bits);
    const bool tiny =
        position_.lower < Layout::smallest_normal && round(scaled_, rounding) < lifted_normal;
    const unsigned flags = float_flag::inexact | (tiny ? float_flag::underflow : 0u);
    return {sign | magnitude, static_cast<std::uint8_t>(flags)};
  }

 private:
  using Layout = BitLayout<B>;
  static constexpr int lift = 64;

  [[nodiscard]] B round(const Position<B>& position, Rounding rounding) const {
    const bool odd = position.lower % 2 != 0;
    return position.lower + (takes_larger(rounding, negative_, odd, position.rest) ? 1 : 0);
  }

  bool negative_;
  Position<B> position_;
  Position<B> scaled_;
};

}  // namespace kilburn::riscv
