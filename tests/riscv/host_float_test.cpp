// host_float: the same outcome as soft_float always, and the host's own arithmetic where it
// matters.
#include "riscv/host_float.h"

#include <gtest/gtest.h>

#include <array>
#include <cfenv>
#include <cmath>
#include <functional>

#include "float_operands.h"
#include "float_outcome.h"
#include "riscv/soft_float.h"

namespace kilburn::riscv {
namespace {

constexpr std::uint64_t seed = 301;
constexpr unsigned tuples = 300'000;

template <FloatBits B>
using Operation = std::function<B(const Operands<B>&, Rounding, std::uint8_t&)>;

template <FloatBits B>
struct Pair {
  const char* name;
  Operation<B> host;
  Operation<B> soft;
};

template <FloatBits B>
Operation<B> of_one(B (*function)(B, Rounding, std::uint8_t&)) {
  return [=](const auto& o, Rounding mode, auto& flags) { return function(o.a, mode, flags); };
}
template <FloatBits B>
Operation<B> of_two(B (*function)(B, B, Rounding, std::uint8_t&)) {
  return [=](const auto& o, Rounding mode, auto& flags) { return function(o.a, o.b, mode, flags); };
}
template <FloatBits B>
Operation<B> of_three(B (*function)(B, B, B, Rounding, std::uint8_t&)) {
  return [=](const auto& o, Rounding mode, auto& flags) {
    return function(o.a, o.b, o.c, mode, flags);
  };
}

template <FloatBits B>
std::array<Pair<B>, 6> operations() {
  return {{
      {"add", of_two<B>(host_float::add), of_two<B>(soft_float::add)},
      {"subtract", of_two<B>(host_float::subtract), of_two<B>(soft_float::subtract)},
      {"multiply", of_two<B>(host_float::multiply), of_two<B>(soft_float::multiply)},
      {"divide", of_two<B>(host_float::divide), of_two<B>(soft_float::divide)},
      {"square_root", of_one<B>(host_float::square_root), of_one<B>(soft_float::square_root)},
      {"multiply_add", of_three<B>(host_float::multiply_add),
       of_three<B>(soft_float::multiply_add)},
  }};
}

template <class B>
class HostFloatTest : public testing::Test {};
using Widths = testing::Types<std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(HostFloatTest, Widths);

template <FloatBits B>
void expect_same(const Pair<B>& pair, const Operands<B>& o, Rounding mode, std::uint8_t before) {
  Outcome<B> host{0, before};
  Outcome<B> soft{0, before};
  host.result = pair.host(o, mode, host.flags);
  soft.result = pair.soft(o, mode, soft.flags);
  if (host == soft) return;
  FAIL() << std::hex << "a 0x" << o.a << " b 0x" << o.b << " c 0x" << o.c << " mode "
         << static_cast<int>(mode) << ": host_float " << host << ", soft_float " << soft;
}

/// Mostly in the state in which the host is asked; in all modes and with all flags, too.
TYPED_TEST(HostFloatTest, GivesResultAndFlagsOfSoftFloat) {
  for (const auto& pair : operations<TypeParam>()) {
    SCOPED_TRACE(testing::Message() << pair.name << ", seed " << seed);
    OperandSource<TypeParam> source(seed);
    for (unsigned i = 0; i < tuples && !this->HasFatalFailure(); ++i) {
      const bool usual = i % 8 != 0;
      const Rounding mode = usual ? Rounding::nearest_even : all_roundings[i / 8 % 5];
      const auto flags = static_cast<std::uint8_t>(usual ? float_flag::inexact : i / 40 % 32);
      expect_same(pair, source.next(), mode, flags);
    }
  }
}

/// Turns the host's rounding upwards: what the host then computes is seen by its last place.
class HostRoundsUp {
 public:
  HostRoundsUp() { std::fesetround(FE_UPWARD); }
  HostRoundsUp(const HostRoundsUp&) = delete;
  HostRoundsUp& operator=(const HostRoundsUp&) = delete;
  ~HostRoundsUp() { std::fesetround(FE_TONEAREST); }
};

template <FloatBits B>
B with_host_rounding_up(const Operation<B>& operation, const Operands<B>& o, Rounding mode,
                        std::uint8_t flags) {
  const HostRoundsUp host;
  return operation(o, mode, flags);
}

template <FloatBits B>
B correctly(const Operation<B>& soft, const Operands<B>& o, Rounding mode) {
  std::uint8_t flags = 0;
  return soft(o, mode, flags);
}

/// From 2^-8 to 2: no result comes near an end of the format.
template <FloatBits B>
B usual_value(OperandSource<B>& source) {
  const double fraction = static_cast<double>(source.random() >> 11) * 0x1p-53;
  const int exponent = -static_cast<int>(source.random() % 8);
  return to_bits<B>(static_cast<HostFloat<B>>(std::ldexp(1 + fraction, exponent)));
}

TYPED_TEST(HostFloatTest, AsksTheHostForUsualValuesOnceInexactIsSet) {
  for (const auto& [name, host, soft] : operations<TypeParam>()) {
    SCOPED_TRACE(testing::Message() << name << ", seed " << seed);
    OperandSource<TypeParam> source(seed);
    unsigned told_apart = 0;
    for (unsigned i = 0; i < 1000; ++i) {
      const Operands<TypeParam> o{usual_value(source), usual_value(source), usual_value(source)};
      const TypeParam up = correctly(soft, o, Rounding::up);
      const TypeParam nearest = correctly(soft, o, Rounding::nearest_even);
      if (up != nearest) ++told_apart;
      ASSERT_EQ(with_host_rounding_up(host, o, Rounding::nearest_even, float_flag::inexact), up);
      ASSERT_EQ(with_host_rounding_up(host, o, Rounding::nearest_even, 31), up);
      // Inexact may be news: the host, whose flags nobody reads, is not asked.
      ASSERT_EQ(with_host_rounding_up(host, o, Rounding::nearest_even, 30), nearest);
      for (const Rounding mode : {Rounding::to_zero, Rounding::down, Rounding::nearest_away}) {
        ASSERT_EQ(with_host_rounding_up(host, o, mode, float_flag::inexact),
                  correctly(soft, o, mode));
      }
    }
    EXPECT_GT(told_apart, 100u) << "such values must tell the host's rounding from soft_float's";
  }
}

}  // namespace
}  // namespace kilburn::riscv
