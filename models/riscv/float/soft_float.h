// IEEE 754 arithmetic as RISC-V's F and D define it, on bit patterns.
// Source: IEEE 754-2019; RISC-V Unprivileged ISA 20191213, chapters 11 and 12. Behaviour of
// Berkeley SoftFloat: canonical NaNs, tininess detected after rounding.
#pragma once

#include <concepts>
#include <cstdint>

namespace kilburn::riscv {

/// frm's encoding.
enum class Rounding : std::uint8_t {
  nearest_even = 0,
  to_zero = 1,
  down = 2,
  up = 3,
  nearest_away = 4,  ///< ties to the larger magnitude (RMM)
};

/// Bits of fflags.
namespace float_flag {
inline constexpr std::uint8_t inexact = 1;
inline constexpr std::uint8_t underflow = 2;
inline constexpr std::uint8_t overflow = 4;
inline constexpr std::uint8_t divide_by_zero = 8;
inline constexpr std::uint8_t invalid = 16;
}  // namespace float_flag

/// std::uint32_t holds a binary32, std::uint64_t a binary64.
template <class T>
concept FloatBits = std::same_as<T, std::uint32_t> || std::same_as<T, std::uint64_t>;

/// Each ORs what it raises into `flags`.
namespace soft_float {
template <FloatBits B>
B add(B a, B b, Rounding rounding, std::uint8_t& flags);
template <FloatBits B>
B subtract(B a, B b, Rounding rounding, std::uint8_t& flags);
template <FloatBits B>
B multiply(B a, B b, Rounding rounding, std::uint8_t& flags);
template <FloatBits B>
B divide(B a, B b, Rounding rounding, std::uint8_t& flags);
template <FloatBits B>
B square_root(B a, Rounding rounding, std::uint8_t& flags);
/// a * b + c, rounded once.
template <FloatBits B>
B multiply_add(B a, B b, B c, Rounding rounding, std::uint8_t& flags);
/// fmin and fmax of F 2.2: a signalling NaN raises invalid, -0 is less than +0.
template <FloatBits B>
B minimum(B a, B b, std::uint8_t& flags);
template <FloatBits B>
B maximum(B a, B b, std::uint8_t& flags);
/// feq raises invalid for signalling NaNs only, flt and fle for any.
template <FloatBits B>
bool equal(B a, B b, std::uint8_t& flags);
template <FloatBits B>
bool less(B a, B b, std::uint8_t& flags);
template <FloatBits B>
bool less_equal(B a, B b, std::uint8_t& flags);
/// The ten-bit mask of fclass.
template <FloatBits B>
std::uint64_t classify(B a);
/// Out of range and NaN: the nearest limit as the ISA's table says, invalid raised. `Integer` is
/// int32_t, uint32_t, int64_t or uint64_t.
template <std::integral Integer, FloatBits B>
Integer to_integer(B a, Rounding rounding, std::uint8_t& flags);
template <FloatBits B, std::integral Integer>
B from_integer(Integer value, Rounding rounding, std::uint8_t& flags);
std::uint64_t widen(std::uint32_t a, std::uint8_t& flags);
std::uint32_t narrow(std::uint64_t a, Rounding rounding, std::uint8_t& flags);
}  // namespace soft_float

}  // namespace kilburn::riscv
