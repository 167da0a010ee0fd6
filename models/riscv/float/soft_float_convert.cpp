// Conversions: to and from integers, between the formats.
#include <limits>

#include "riscv/float/soft_float_number.h"

namespace kilburn::riscv::soft_float {

/// A value that does not fit gives the limit on its side, a NaN the largest integer; invalid then
/// takes inexact's place (ISA, "Domains of float-to-integer conversions").
template <std::integral Integer, FloatBits B>
Integer to_integer(B a, Rounding rounding, std::uint8_t& flags) {
  constexpr Integer lowest = std::numeric_limits<Integer>::min();
  constexpr Integer largest = std::numeric_limits<Integer>::max();
  const Number x = unpack(a);
  if (x.is_nan()) {
    flags |= float_flag::invalid;
    return largest;
  }
  const Wide limit = x.negative ? Wide{0} - static_cast<Wide>(lowest) : static_cast<Wide>(largest);
  const bool huge = x.kind == Kind::infinity || x.leading() > 64;
  const Rounded rounded = huge ? Rounded{} : round_to(x, 0, rounding);
  if (huge || rounded.units > limit) {
    flags |= float_flag::invalid;
    return x.negative ? lowest : largest;
  }
  if (rounded.inexact) flags |= float_flag::inexact;
  return static_cast<Integer>(x.negative ? Wide{0} - rounded.units : rounded.units);
}

template <FloatBits B, std::integral Integer>
B from_integer(Integer value, Rounding rounding, std::uint8_t& flags) {
  if (value == 0) return 0;
  const bool negative = value < 0;
  const Wide magnitude = negative ? Wide{0} - static_cast<Wide>(value) : static_cast<Wide>(value);
  return pack<B>({Kind::finite, negative, magnitude, 0}, rounding, flags);
}

namespace {

template <FloatBits To, FloatBits From>
To convert(From a, Rounding rounding, std::uint8_t& flags) {
  const Number x = unpack(a);
  return pack<To>(x.kind == Kind::signalling_nan ? invalid_result(flags) : x, rounding, flags);
}

}  // namespace

/// Every binary32 is a binary64: no mode of rounding matters.
std::uint64_t widen(std::uint32_t a, std::uint8_t& flags) {
  return convert<std::uint64_t>(a, Rounding::nearest_even, flags);
}

std::uint32_t narrow(std::uint64_t a, Rounding rounding, std::uint8_t& flags) {
  return convert<std::uint32_t>(a, rounding, flags);
}

using B32 = std::uint32_t;
using B64 = std::uint64_t;
template std::int32_t to_integer(B32 a, Rounding rounding, std::uint8_t& flags);
template std::int32_t to_integer(B64 a, Rounding rounding, std::uint8_t& flags);
template std::uint32_t to_integer(B32 a, Rounding rounding, std::uint8_t& flags);
template std::uint32_t to_integer(B64 a, Rounding rounding, std::uint8_t& flags);
template std::int64_t to_integer(B32 a, Rounding rounding, std::uint8_t& flags);
template std::int64_t to_integer(B64 a, Rounding rounding, std::uint8_t& flags);
template std::uint64_t to_integer(B32 a, Rounding rounding, std::uint8_t& flags);
template std::uint64_t to_integer(B64 a, Rounding rounding, std::uint8_t& flags);
template B32 from_integer(std::int32_t value, Rounding rounding, std::uint8_t& flags);
template B64 from_integer(std::int32_t value, Rounding rounding, std::uint8_t& flags);
template B32 from_integer(std::uint32_t value, Rounding rounding, std::uint8_t& flags);
template B64 from_integer(std::uint32_t value, Rounding rounding, std::uint8_t& flags);
template B32 from_integer(std::int64_t value, Rounding rounding, std::uint8_t& flags);
template B64 from_integer(std::int64_t value, Rounding rounding, std::uint8_t& flags);
template B32 from_integer(std::uint64_t value, Rounding rounding, std::uint8_t& flags);
template B64 from_integer(std::uint64_t value, Rounding rounding, std::uint8_t& flags);

}  // namespace kilburn::riscv::soft_float
