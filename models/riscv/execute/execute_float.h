// Floating-point operations on the f registers: singles are NaN-boxed in 64 bits.
// Source: RISC-V Unprivileged ISA 20191213, chapters 11 and 12.
#pragma once

#include <cstdint>

#include "riscv/float/host_float.h"
#include "riscv/float/soft_float.h"

namespace kilburn::riscv {

inline constexpr std::uint64_t box = 0xFFFF'FFFF'0000'0000;
inline constexpr std::uint32_t canonical_single_nan = 0x7FC0'0000;

/// The single in an f register; one that is not boxed counts as the canonical NaN.
template <FloatBits B>
[[nodiscard]] constexpr B unboxed(std::uint64_t value) {
  if constexpr (sizeof(B) == sizeof(std::uint64_t)) {
    return value;
  } else {
    return value >= box ? static_cast<std::uint32_t>(value) : canonical_single_nan;
  }
}
template <FloatBits B>
[[nodiscard]] constexpr std::uint64_t boxed(B value) {
  return sizeof(B) == sizeof(std::uint64_t) ? value : box | value;
}

template <FloatBits B>
inline constexpr B float_sign = B{1} << (8 * sizeof(B) - 1);

/// fsgnj, fsgnjn and fsgnjx.
template <FloatBits B>
[[nodiscard]] constexpr B with_sign(B magnitude, B sign) {
  return static_cast<B>((magnitude & static_cast<B>(~float_sign<B>)) | (sign & float_sign<B>));
}

}  // namespace kilburn::riscv
