// soft_float against the host's floating-point unit, in the four modes that it has.
#include <gtest/gtest.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include <cfenv>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "float_operands.h"
#include "float_outcome.h"
#include "riscv/float/soft_float.h"

#if defined(__clang__)
#pragma STDC FENV_ACCESS ON
#endif

namespace kilburn::riscv {
namespace {

constexpr std::uint64_t seed = 101;
constexpr std::size_t tuples = 2'000'000;

/// The operands of all tests of a width: drawing them takes longer than any operation.
template <FloatBits B>
const std::vector<Operands<B>>& all_operands() {
  static const std::vector<Operands<B>> operands = [] {
    OperandSource<B> source(seed);
    std::vector<Operands<B>> drawn(tuples);
    for (Operands<B>& tuple : drawn) tuple = source.next();
    return drawn;
  }();
  return operands;
}

struct HostMode {
  Rounding rounding;
  int host;
};
constexpr std::array host_modes{
    HostMode{Rounding::nearest_even, FE_TONEAREST}, HostMode{Rounding::to_zero, FE_TOWARDZERO},
    HostMode{Rounding::down, FE_DOWNWARD}, HostMode{Rounding::up, FE_UPWARD}};

class HostRounding {
 public:
  explicit HostRounding(int mode) { std::fesetround(mode); }
  HostRounding(const HostRounding&) = delete;
  HostRounding& operator=(const HostRounding&) = delete;
  ~HostRounding() { std::fesetround(FE_TONEAREST); }
};

std::uint8_t host_flags() {
  const int raised = std::fetestexcept(FE_ALL_EXCEPT);
  const auto bit = [raised](int exception, std::uint8_t flag) -> unsigned {
    return (raised & exception) != 0 ? flag : 0;
  };
  return static_cast<std::uint8_t>(
      bit(FE_INEXACT, float_flag::inexact) | bit(FE_UNDERFLOW, float_flag::underflow) |
      bit(FE_OVERFLOW, float_flag::overflow) | bit(FE_DIVBYZERO, float_flag::divide_by_zero) |
      bit(FE_INVALID, float_flag::invalid));
}

/// feclearexcept clears x87's flags, too, which takes longer than all the rest of a comparison.
void clear_host_flags() {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() & ~static_cast<unsigned>(_MM_EXCEPT_MASK));
#else
  std::feclearexcept(FE_ALL_EXCEPT);
#endif
}

/// IEEE 754 leaves the choice open. x86's SSE detects tininess after rounding, as RISC-V does;
/// elsewhere the flag is left to the comparison with exact arithmetic.
#if defined(__x86_64__)
constexpr std::uint8_t comparable = 31;
#else
constexpr std::uint8_t comparable = 31 & ~float_flag::underflow;
#endif

/// A copy that the compiler can neither look through nor move across the calls that set and read
/// the host's floating-point environment.
template <class T>
T opaque(T value) {
  volatile T copy = value;
  return copy;
}

template <class Result>
auto bits_of(Result result) {
  if constexpr (std::same_as<Result, float>) {
    // RISC-V: a NaN that an operation yields is the canonical one; the host passes payloads on.
    return std::isnan(result) ? std::uint32_t{0x7fc00000} : to_bits<std::uint32_t>(result);
  } else if constexpr (std::same_as<Result, double>) {
    return std::isnan(result) ? std::uint64_t{0x7ff8} << 48 : to_bits<std::uint64_t>(result);
  } else {
    return result;
  }
}

template <class Operation, class... Values>
auto on_host(Operation operation, Values... values) {
  clear_host_flags();
  const auto result = opaque(operation(opaque(values)...));
  const std::uint8_t flags = host_flags();
  return Outcome<decltype(bits_of(result))>{bits_of(result), flags};
}

template <class Bits>
bool agree(const Outcome<Bits>& ours, const Outcome<Bits>& host) {
  return ours.result == host.result && ((ours.flags ^ host.flags) & comparable) == 0;
}

/// `soft(operands, rounding, flags)` against `host(operands)`, an Outcome. Each mode takes a
/// quarter of the operands.
template <FloatBits B, class Soft, class Host>
void compare(Soft soft, Host host) {
  SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << 8 * sizeof(B) << " bits");
  const std::span<const Operands<B>> all = all_operands<B>();
  constexpr std::size_t quarter = tuples / host_modes.size();
  for (std::size_t i = 0; i < host_modes.size(); ++i) {
    const HostMode mode = host_modes[i];
    const HostRounding host_rounding(mode.host);
    for (const Operands<B>& operands : all.subspan(i * quarter, quarter)) {
      const auto ours =
          outcome_of([&](std::uint8_t& flags) { return soft(operands, mode.rounding, flags); });
      const auto hosts = host(operands);
      if (!agree(ours, hosts)) {
        FAIL() << std::hex << "a 0x" << operands.a << " b 0x" << operands.b << " c 0x" << operands.c
               << " mode " << static_cast<int>(mode.rounding) << ": soft_float " << ours
               << ", host " << hosts;
      }
    }
  }
}

template <class B>
class SoftFloatAndHost : public testing::Test {};
using Widths = testing::Types<std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(SoftFloatAndHost, Widths);

TYPED_TEST(SoftFloatAndHost, AgreeOnAddition) {
  using B = TypeParam;
  compare<B>(
      [](const auto& o, auto mode, auto& flags) { return soft_float::add(o.a, o.b, mode, flags); },
      [](const auto& o) {
        return on_host([](auto x, auto y) { return x + y; }, to_host(o.a), to_host(o.b));
      });
}

TYPED_TEST(SoftFloatAndHost, AgreeOnSubtraction) {
  using B = TypeParam;
  compare<B>([](const auto& o, auto mode,
                auto& flags) { return soft_float::subtract(o.a, o.b, mode, flags); },
             [](const auto& o) {
               return on_host([](auto x, auto y) { return x - y; }, to_host(o.a), to_host(o.b));
             });
}

TYPED_TEST(SoftFloatAndHost, AgreeOnMultiplication) {
  using B = TypeParam;
  compare<B>([](const auto& o, auto mode,
                auto& flags) { return soft_float::multiply(o.a, o.b, mode, flags); },
             [](const auto& o) {
               return on_host([](auto x, auto y) { return x * y; }, to_host(o.a), to_host(o.b));
             });
}

TYPED_TEST(SoftFloatAndHost, AgreeOnDivision) {
  using B = TypeParam;
  compare<B>([](const auto& o, auto mode,
                auto& flags) { return soft_float::divide(o.a, o.b, mode, flags); },
             [](const auto& o) {
               return on_host([](auto x, auto y) { return x / y; }, to_host(o.a), to_host(o.b));
             });
}

TYPED_TEST(SoftFloatAndHost, AgreeOnSquareRoot) {
  using B = TypeParam;
  compare<B>(
      [](const auto& o, auto mode, auto& flags) {
        return soft_float::square_root(o.a, mode, flags);
      },
      [](const auto& o) { return on_host([](auto x) { return std::sqrt(x); }, to_host(o.a)); });
}

TYPED_TEST(SoftFloatAndHost, AgreeOnMultiplyAdd) {
  using B = TypeParam;
  compare<B>([](const auto& o, auto mode,
                auto& flags) { return soft_float::multiply_add(o.a, o.b, o.c, mode, flags); },
             [](const auto& o) {
               const auto x = to_host(o.a);
               const auto y = to_host(o.b);
               const auto z = to_host(o.c);
               auto outcome =
                   on_host([](auto p, auto q, auto r) { return std::fma(p, q, r); }, x, y, z);
               // RISC-V raises invalid for infinity times zero whatever the addend; IEEE 754 leaves
               // it open for a quiet NaN, and x86 does not.
               if ((std::isinf(x) && y == 0) || (x == 0 && std::isinf(y))) {
                 outcome.flags |= float_flag::invalid;
               }
               return outcome;
             });
}

TYPED_TEST(SoftFloatAndHost, AgreeOnComparisons) {
  using B = TypeParam;
  compare<B>([](const auto& o, auto, auto& flags) { return soft_float::equal(o.a, o.b, flags); },
             [](const auto& o) {
               return on_host([](auto x, auto y) { return x == y; }, to_host(o.a), to_host(o.b));
             });
  compare<B>([](const auto& o, auto, auto& flags) { return soft_float::less(o.a, o.b, flags); },
             [](const auto& o) {
               return on_host([](auto x, auto y) { return x < y; }, to_host(o.a), to_host(o.b));
             });
  compare<B>(
      [](const auto& o, auto, auto& flags) { return soft_float::less_equal(o.a, o.b, flags); },
      [](const auto& o) {
        return on_host([](auto x, auto y) { return x <= y; }, to_host(o.a), to_host(o.b));
      });
}

template <FloatBits B>
bool is_signalling(B a) {
  const auto quiet_bit = B{1} << (std::numeric_limits<HostFloat<B>>::digits - 2);
  return std::isnan(to_host(a)) && (a & quiet_bit) == 0;
}

/// fmin (`sign` 1) or fmax (`sign` -1) by F 2.2's sentences.
template <FloatBits B>
Outcome<B> reference_minimum(B a, B b, int sign) {
  const auto x = to_host(a);
  const auto y = to_host(b);
  const std::uint8_t flags = is_signalling(a) || is_signalling(b) ? float_flag::invalid : 0;
  if (std::isnan(x) && std::isnan(y)) return {bits_of(x), flags};
  if (std::isnan(x)) return {b, flags};
  if (std::isnan(y)) return {a, flags};
  const bool a_is_less = x < y || (x == y && std::signbit(x) && !std::signbit(y));
  return {a_is_less == (sign > 0) ? a : b, flags};
}

TYPED_TEST(SoftFloatAndHost, AgreeOnMinimumAndMaximum) {
  using B = TypeParam;
  compare<B>([](const auto& o, auto, auto& flags) { return soft_float::minimum(o.a, o.b, flags); },
             [](const auto& o) { return reference_minimum(o.a, o.b, 1); });
  compare<B>([](const auto& o, auto, auto& flags) { return soft_float::maximum(o.a, o.b, flags); },
             [](const auto& o) { return reference_minimum(o.a, o.b, -1); });
}

/// Bits of fclass by the host's classification.
template <FloatBits B>
std::uint64_t reference_class(B a) {
  const bool negative = std::signbit(to_host(a));
  switch (std::fpclassify(to_host(a))) {
    case FP_INFINITE:
      return negative ? 1 << 0 : 1 << 7;
    case FP_NORMAL:
      return negative ? 1 << 1 : 1 << 6;
    case FP_SUBNORMAL:
      return negative ? 1 << 2 : 1 << 5;
    case FP_ZERO:
      return negative ? 1 << 3 : 1 << 4;
    default:
      return is_signalling(a) ? 1 << 8 : 1 << 9;
  }
}

TYPED_TEST(SoftFloatAndHost, AgreeOnClasses) {
  using B = TypeParam;
  compare<B>([](const auto& o, auto, auto&) { return soft_float::classify(o.a); },
             [](const auto& o) {
               return Outcome<std::uint64_t>{reference_class(o.a), 0};
             });
}

float round_to_integer(float x) {
  return opaque(&::rintf)(x);
}
double round_to_integer(double x) {
  return opaque(&::rint)(x);  // the library's: GCC's expansion is wrong in the directed modes
}

/// The host rounds to an integer in its own format; what does not fit then is RISC-V's business,
/// since x86 has one result for all of it.
template <class Integer, FloatBits B>
Outcome<Integer> reference_to_integer(B a) {
  using Limits = std::numeric_limits<Integer>;
  const auto rounded = on_host([](auto x) { return round_to_integer(x); }, to_host(a));
  const auto integer = to_host<B>(rounded.result);
  const auto first_above = std::ldexp(HostFloat<B>(1), Limits::digits);
  const auto lowest = static_cast<HostFloat<B>>(Limits::min());
  if (std::isnan(integer) || integer >= first_above) return {Limits::max(), float_flag::invalid};
  if (integer < lowest) return {Limits::min(), float_flag::invalid};
  return {static_cast<Integer>(integer), rounded.flags};
}

template <class Integer, FloatBits B>
void compare_to_integer() {
  compare<B>([](const auto& o, auto mode,
                auto& flags) { return soft_float::to_integer<Integer>(o.a, mode, flags); },
             [](const auto& o) { return reference_to_integer<Integer>(o.a); });
}

TYPED_TEST(SoftFloatAndHost, AgreeOnConversionToIntegers) {
  compare_to_integer<std::int32_t, TypeParam>();
  compare_to_integer<std::uint32_t, TypeParam>();
  compare_to_integer<std::int64_t, TypeParam>();
  compare_to_integer<std::uint64_t, TypeParam>();
}

/// The 64 bits of `a`, and few enough of them that exact results and ties occur.
template <class Integer, FloatBits B>
Integer some_integer(const Operands<B>& o) {
  const std::uint64_t bits = std::uint64_t{o.a} * 0x100000001 ^ o.b;
  return static_cast<Integer>(static_cast<std::int64_t>(bits) >> (o.c % 64));
}

template <class Integer, FloatBits B>
void compare_from_integer() {
  compare<B>(
      [](const auto& o, auto mode, auto& flags) {
        return soft_float::from_integer<B>(some_integer<Integer>(o), mode, flags);
      },
      [](const auto& o) {
        // Not 0: rounding down, compilers convert an unsigned one to -0.
        return on_host([](Integer i) { return i == 0 ? 0 : static_cast<HostFloat<B>>(i); },
                       some_integer<Integer>(o));
      });
}

TYPED_TEST(SoftFloatAndHost, AgreeOnConversionFromIntegers) {
  compare_from_integer<std::int32_t, TypeParam>();
  compare_from_integer<std::uint32_t, TypeParam>();
  compare_from_integer<std::int64_t, TypeParam>();
  compare_from_integer<std::uint64_t, TypeParam>();
}

TEST(SoftFloatAndHost, AgreeOnWidening) {
  compare<std::uint32_t>(
      [](const auto& o, auto, auto& flags) { return soft_float::widen(o.a, flags); },
      [](const auto& o) {
        return on_host([](float x) { return static_cast<double>(x); }, to_host(o.a));
      });
}

/// Half the operands have an exponent about binary32's, some at its ends.
std::uint64_t narrowable(const Operands<std::uint64_t>& o) {
  if (o.b % 2 == 0) return o.a;
  const std::uint64_t field = 1023 - 152 + o.b / 2 % (152 + 130);
  return (o.a & 0x800FFFFFFFFFFFFF) | field << 52;
}

TEST(SoftFloatAndHost, AgreeOnNarrowing) {
  compare<std::uint64_t>([](const auto& o, auto mode,
                            auto& flags) { return soft_float::narrow(narrowable(o), mode, flags); },
                         [](const auto& o) {
                           return on_host([](double x) { return static_cast<float>(x); },
                                          to_host(narrowable(o)));
                         });
}

}  // namespace
}  // namespace kilburn::riscv
