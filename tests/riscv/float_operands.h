// Operands for tests of floating-point arithmetic, thick where arithmetic goes wrong: at the ends
// of the formats, around powers of two, at exact halves, and related to one another.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "common/random.h"
#include "riscv/float/soft_float.h"

namespace kilburn::riscv {

template <FloatBits B>
using HostFloat = std::conditional_t<std::same_as<B, std::uint32_t>, float, double>;

template <FloatBits B>
HostFloat<B> to_host(B bits) {
  return std::bit_cast<HostFloat<B>>(bits);
}
template <FloatBits B>
B to_bits(HostFloat<B> value) {
  return std::bit_cast<B>(value);
}

template <FloatBits B>
struct Operands {
  B a;
  B b;
  B c;
};

template <FloatBits B>
class OperandSource {
 public:
  explicit OperandSource(std::uint64_t seed) : state_(seed) {}

  /// Half of all tuples are related: b close to a or to -a, the product at either end of the range,
  /// the addend close to the negative product or some sixty places away from it.
  Operands<B> next() {
    Operands<B> tuple{number(), number(), number()};
    switch (below(8)) {
      case 0:
        tuple.b = near(tuple.a) ^ (below(2) << (width - 1));
        break;
      case 1:
        tuple.b = with_exponent(tuple.b, bias - exponent(tuple.a) + edge());
        break;
      case 2:
        tuple.b = with_exponent(tuple.b, exponent(tuple.a) - bias + edge());
        break;
      case 3:
        tuple.c = near(to_bits<B>(-(to_host(tuple.a) * to_host(tuple.b))));
        break;
      case 4:
        tuple.c = with_exponent(tuple.c, exponent(tuple.a) + exponent(tuple.b) - bias +
                                             static_cast<int>(below(120)) - 60);
        break;
      default:
        break;
    }
    return tuple;
  }
  std::uint64_t random() { return next_random(state_); }

 private:
  static constexpr unsigned width = 8 * sizeof(B);
  static constexpr unsigned fraction_bits = std::numeric_limits<HostFloat<B>>::digits - 1;
  static constexpr int bias = std::numeric_limits<HostFloat<B>>::max_exponent - 1;
  static constexpr B infinity = std::bit_cast<B>(std::numeric_limits<HostFloat<B>>::infinity());

  B below(unsigned limit) { return static_cast<B>((random() >> 32) * limit >> 32); }

  static int exponent(B a) {
    return static_cast<int>(a >> fraction_bits & (infinity >> fraction_bits));
  }
  /// `field` is clipped to the format's range, infinity included.
  static B with_exponent(B a, int field) {
    const int largest = static_cast<int>(infinity >> fraction_bits);
    const int clipped = field < 0 ? 0 : field > largest ? largest : field;
    return (a & ~infinity) | static_cast<B>(clipped) << fraction_bits;
  }
  /// An exponent, less the bias, around which a product or quotient leaves the range.
  int edge() {
    const int wobble = static_cast<int>(below(6)) - 3;
    switch (below(3)) {
      case 0:
        return bias + wobble;
      case 1:
        return -bias + wobble;
      default:
        return -bias - static_cast<int>(below(fraction_bits + 3));
    }
  }
  B near(B a) { return a + below(9) - 4; }

  B number() {
    const B random_bits = static_cast<B>(random());
    const B sign = below(2) << (width - 1);
    switch (below(10)) {
      case 0:
        return sign | special();
      case 1:  // subnormal, or a few places above
        return sign | random_bits >> (width - 1 - fraction_bits + below(fraction_bits));
      case 2:  // a power of two and its neighbours
        return sign | near((random_bits & infinity) + (B{1} << fraction_bits));
      case 3:  // an integer, or a half, a quarter, ... of one
        return with_exponent(random_bits << below(fraction_bits),
                             bias + static_cast<int>(below(66)));
      case 4:  // few ones
        return (random_bits & infinity) | sign | B{1} << below(fraction_bits) |
               B{1} << below(fraction_bits);
      case 5:  // a run of ones to the last place
        return (random_bits & infinity) | sign | ((B{1} << below(fraction_bits)) - 1);
      case 6:  // near 1: usual values
      case 7:
        return with_exponent(random_bits, bias - 8 + static_cast<int>(below(16)));
      default:
        return random_bits;
    }
  }
  B special() {
    using Limits = std::numeric_limits<HostFloat<B>>;
    const std::array<B, 14> specials{
        0,
        1,
        to_bits<B>(Limits::min()) - 1,
        to_bits<B>(Limits::min()),
        to_bits<B>(Limits::min()) + 1,
        to_bits<B>(1),
        to_bits<B>(Limits::max()),
        infinity,
        infinity | 1,                         // signalling
        infinity | infinity >> 1,             // quiet
        to_bits<B>(Limits::quiet_NaN()) + 5,  // quiet with a payload
        to_bits<B>(HostFloat<B>(0x1p31)),
        to_bits<B>(HostFloat<B>(0x1p63)),
        to_bits<B>(HostFloat<B>(0.5)),
    };
    return specials[below(specials.size())];
  }

  std::uint64_t state_;
};

}  // namespace kilburn::riscv
