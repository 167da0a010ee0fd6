// Comparisons, minimum and maximum, classes: questions about bit patterns that never round.
#include "riscv/float/soft_float_number.h"

namespace kilburn::riscv::soft_float {
namespace {

template <FloatBits B>
bool is_nan(B a) {
  return (a & ~Format<B>::sign) > Format<B>::infinity;
}

template <FloatBits B>
bool is_signalling(B a) {
  return is_nan(a) && (a & Format<B>::quiet) == 0;
}

/// In the order of the numbers' values; both zeros are 0.
template <FloatBits B>
std::int64_t order(B a) {
  const auto magnitude = static_cast<std::int64_t>(a & ~Format<B>::sign);
  return (a & Format<B>::sign) != 0 ? -magnitude : magnitude;
}

template <FloatBits B>
void raise_for_signalling(B a, B b, std::uint8_t& flags) {
  if (is_signalling(a) || is_signalling(b)) flags |= float_flag::invalid;
}

/// True where the comparison is unordered, which a signalling comparison reports.
template <FloatBits B>
bool raise_for_nan(B a, B b, std::uint8_t& flags) {
  const bool unordered = is_nan(a) || is_nan(b);
  if (unordered) flags |= float_flag::invalid;
  return unordered;
}

}  // namespace

template <FloatBits B>
B minimum(B a, B b, std::uint8_t& flags) {
  raise_for_signalling(a, b, flags);
  if (is_nan(a) && is_nan(b)) return Format<B>::canonical_nan;
  if (is_nan(a)) return b;
  if (is_nan(b)) return a;
  if (order(a) == order(b)) return a | b;  // the same datum, or zeros: -0 where either is
  return order(a) < order(b) ? a : b;
}

template <FloatBits B>
B maximum(B a, B b, std::uint8_t& flags) {
  raise_for_signalling(a, b, flags);
  if (is_nan(a) && is_nan(b)) return Format<B>::canonical_nan;
  if (is_nan(a)) return b;
  if (is_nan(b)) return a;
  if (order(a) == order(b)) return a & b;  // the same datum, or zeros: +0 where either is
  return order(a) > order(b) ? a : b;
}

template <FloatBits B>
bool equal(B a, B b, std::uint8_t& flags) {
  raise_for_signalling(a, b, flags);
  return !is_nan(a) && !is_nan(b) && order(a) == order(b);
}

template <FloatBits B>
bool less(B a, B b, std::uint8_t& flags) {
  return !raise_for_nan(a, b, flags) && order(a) < order(b);
}

template <FloatBits B>
bool less_equal(B a, B b, std::uint8_t& flags) {
  return !raise_for_nan(a, b, flags) && order(a) <= order(b);
}

/// Bits 0 to 3 are -infinity, negative normal, negative subnormal and -0; 4 to 7 their mirror
/// image.
template <FloatBits B>
std::uint64_t classify(B a) {
  using F = Format<B>;
  if (is_nan(a)) return is_signalling(a) ? 1u << 8 : 1u << 9;
  const B magnitude = a & ~F::sign;
  const unsigned from_zero = magnitude == 0            ? 0
                             : magnitude < F::hidden   ? 1
                             : magnitude < F::infinity ? 2
                                                       : 3;
  return (a & F::sign) != 0 ? 1u << (3 - from_zero) : 1u << (4 + from_zero);
}

using B32 = std::uint32_t;
using B64 = std::uint64_t;
template B32 minimum(B32 a, B32 b, std::uint8_t& flags);
template B64 minimum(B64 a, B64 b, std::uint8_t& flags);
template B32 maximum(B32 a, B32 b, std::uint8_t& flags);
template B64 maximum(B64 a, B64 b, std::uint8_t& flags);
template bool equal(B32 a, B32 b, std::uint8_t& flags);
template bool equal(B64 a, B64 b, std::uint8_t& flags);
template bool less(B32 a, B32 b, std::uint8_t& flags);
template bool less(B64 a, B64 b, std::uint8_t& flags);
template bool less_equal(B32 a, B32 b, std::uint8_t& flags);
template bool less_equal(B64 a, B64 b, std::uint8_t& flags);
template std::uint64_t classify(B32 a);
template std::uint64_t classify(B64 a);

}  // namespace kilburn::riscv::soft_float
