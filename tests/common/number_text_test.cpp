#include "common/number_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace kilburn {
namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

TEST(WholeNumbers, AreDecimalAlsoWithZerosBefore) {
  EXPECT_EQ(parse_whole_number("0"), 0);
  EXPECT_EQ(parse_whole_number("010"), 10);
  EXPECT_EQ(parse_whole_number("0000"), 0);
  EXPECT_EQ(parse_whole_number("18446744073709551615"), largest);
}

TEST(WholeNumbers, MayHaveUnitsOfAThousandAndOf1024) {
  EXPECT_EQ(parse_whole_number("64k"), 64'000);
  EXPECT_EQ(parse_whole_number("1M"), 1'000'000);
  EXPECT_EQ(parse_whole_number("2G"), 2'000'000'000);
  EXPECT_EQ(parse_whole_number("1T"), 1'000'000'000'000);
  EXPECT_EQ(parse_whole_number("3 P"), 3'000'000'000'000'000);
  EXPECT_EQ(parse_whole_number("18E"), 18'000'000'000'000'000'000U);
  EXPECT_EQ(parse_whole_number("4Ki"), 4096);
  EXPECT_EQ(parse_whole_number("1Mi"), 1'048'576);
  EXPECT_EQ(parse_whole_number("15Ei"), std::uint64_t{15} << 60);
}

TEST(WholeNumbers, MayHaveAPointAndAnExponentWhereTheyComeOutWhole) {
  EXPECT_EQ(parse_whole_number("1.5k"), 1500);
  EXPECT_EQ(parse_whole_number("1.5G"), 1'500'000'000);
  EXPECT_EQ(parse_whole_number("1.5Ki"), 1536);
  EXPECT_EQ(parse_whole_number("0.125Ki"), 128);
  EXPECT_EQ(parse_whole_number("1e6"), 1'000'000);
  EXPECT_EQ(parse_whole_number("1.25e3"), 1250);
  EXPECT_EQ(parse_whole_number("3.0"), 3);
  EXPECT_EQ(parse_whole_number("0.0"), 0);
  // 15.5 * 2^60 fits, though 155 * 2^60 does not.
  EXPECT_EQ(parse_whole_number("15.5Ei"), std::uint64_t{31} << 59);
  for (const char* const text : {"1.5", "0.3Ki", "1.0001k", "1.25e1"}) {
    EXPECT_EQ(parse_whole_number(text), std::nullopt) << text;
  }
}

TEST(WholeNumbers, MayBePowers) {
  EXPECT_EQ(parse_whole_number("2^20"), 1'048'576);
  EXPECT_EQ(parse_whole_number("10^3"), 1000);
  EXPECT_EQ(parse_whole_number("2^63"), std::uint64_t{1} << 63);
  EXPECT_EQ(parse_whole_number("7^0"), 1);
  EXPECT_EQ(parse_whole_number("1^18446744073709551615"), 1);
  for (const char* const text : {"2^64", "^2", "2^", "2^-1", "2^2k", "2^3^2", "2.0^3", "-2^2"}) {
    EXPECT_EQ(parse_whole_number(text), std::nullopt) << text;
  }
}

TEST(WholeNumbers, OfBytesHaveUnitsOfBytes) {
  EXPECT_EQ(parse_whole_number("64KiB", true), 65536);
  EXPECT_EQ(parse_whole_number("7B", true), 7);
  EXPECT_EQ(parse_whole_number("64KiB"), std::nullopt);
  EXPECT_EQ(parse_whole_number("7B"), std::nullopt);
}

TEST(WholeNumbers, AnythingElseIsNone) {
  for (const char* const text : {"",
                                 " ",
                                 "-1",
                                 "+1",
                                 "0x10",
                                 "1_000",
                                 "1,000",
                                 "nan",
                                 "inf",
                                 "k",
                                 "1K",
                                 "1kk",
                                 "1 000",
                                 "1 ",
                                 " 1",
                                 "1  k",
                                 "1.",
                                 ".5",
                                 "1e",
                                 "1e-3",
                                 "1e+3",
                                 "1E6",
                                 "18446744073709551616",
                                 "19E",
                                 "16Ei",
                                 "1e20",
                                 "1e99999999999999999999",
                                 "many"}) {
    EXPECT_EQ(parse_whole_number(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(RealNumbers, AreFiniteAndNotNegative) {
  EXPECT_EQ(parse_real_number("0.5"), 0.5);
  EXPECT_EQ(parse_real_number("010"), 10.0);
  EXPECT_EQ(parse_real_number("1e-3"), 1e-3);
  EXPECT_EQ(parse_real_number("1.5k"), 1500.0);
  EXPECT_EQ(parse_real_number("2^10"), 1024.0);
  for (const char* const text : {"", "nan", "inf", "infinity", "-1", "-0.5", "+1", "0x1p3", "1e999",
                                 "1e308k", "half", "1 s"}) {
    EXPECT_EQ(parse_real_number(text), std::nullopt) << '"' << text << '"';
  }
}

}  // namespace
}  // namespace kilburn
