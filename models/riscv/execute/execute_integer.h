// Integer operations of M, Zba, Zbb and Zbs that are more than an operator of C++.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>

namespace kilburn::riscv {

/// The lower 32 bits, sign-extended: what the W instructions write.
[[nodiscard]] constexpr std::uint64_t sign_extend_word(std::uint64_t value) {
  return static_cast<std::uint64_t>(static_cast<std::int32_t>(value));
}

/// What a load writes: `value` extended as its type says.
template <std::integral Integer>
[[nodiscard]] constexpr std::uint64_t to_register(Integer value) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
}

__extension__ using SignedWide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

[[nodiscard]] constexpr std::uint64_t multiply_high(std::uint64_t a, std::uint64_t b) {
  const SignedWide product =
      SignedWide{static_cast<std::int64_t>(a)} * static_cast<std::int64_t>(b);
  return static_cast<std::uint64_t>(product >> 64);
}
[[nodiscard]] constexpr std::uint64_t multiply_high_unsigned(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::uint64_t>(UnsignedWide{a} * b >> 64);
}
/// a signed, b unsigned.
[[nodiscard]] constexpr std::uint64_t multiply_high_mixed(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t high = multiply_high_unsigned(a, b);
  return static_cast<std::int64_t>(a) < 0 ? high - b : high;
}

/// By zero all ones; the most negative number by -1 itself. `Signed` is int32_t or int64_t.
template <class Signed>
[[nodiscard]] constexpr Signed divide(Signed a, Signed b) {
  if (b == 0) return -1;
  if (a == std::numeric_limits<Signed>::min() && b == -1) return a;
  return a / b;
}
template <class Signed>
[[nodiscard]] constexpr Signed remainder(Signed a, Signed b) {
  if (b == 0) return a;
  if (a == std::numeric_limits<Signed>::min() && b == -1) return 0;
  return a % b;
}
template <class Unsigned>
[[nodiscard]] constexpr Unsigned divide_unsigned(Unsigned a, Unsigned b) {
  return b == 0 ? std::numeric_limits<Unsigned>::max() : a / b;
}
template <class Unsigned>
[[nodiscard]] constexpr Unsigned remainder_unsigned(Unsigned a, Unsigned b) {
  return b == 0 ? a : a % b;
}

/// Zbb orc.b: each byte that is not zero becomes all ones.
[[nodiscard]] constexpr std::uint64_t or_combine_bytes(std::uint64_t value) {
  constexpr std::uint64_t low = 0x0101'0101'0101'0101;
  constexpr std::uint64_t high = low << 7;
  const std::uint64_t not_zero = (((value & ~high) + ~high) | value) & high;
  return (not_zero >> 7) * 0xFF;
}

[[nodiscard]] constexpr std::uint64_t reverse_bytes(std::uint64_t value) {
  return __builtin_bswap64(value);
}

[[nodiscard]] constexpr std::uint64_t single_bit(std::uint64_t number) {
  return std::uint64_t{1} << (number & 63);
}

}  // namespace kilburn::riscv
