#include "common/parameter_values.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>

namespace kilburn {
namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

TEST(Sizes, AreReadInEveryBinaryUnit) {
  EXPECT_EQ(parse_size("0"), 0);
  EXPECT_EQ(parse_size("7B"), 7);
  EXPECT_EQ(parse_size("3KiB"), 3 * 1024);
  EXPECT_EQ(parse_size("3 MiB"), 3 * 1024 * 1024);
  EXPECT_EQ(parse_size("3GiB"), 3 * std::uint64_t{1024} * 1024 * 1024);
  EXPECT_EQ(parse_size("3TiB"), 3 * std::uint64_t{1024} * 1024 * 1024 * 1024);
  EXPECT_EQ(parse_size("3PiB"), 3 * std::uint64_t{1024} * 1024 * 1024 * 1024 * 1024);
  EXPECT_EQ(parse_size("3EiB"), 3 * std::uint64_t{1024} * 1024 * 1024 * 1024 * 1024 * 1024);
}

TEST(Sizes, AnythingElseIsNotRead) {
  for (const char* const text : {"", " ", "KiB", "-1", "+1", "1.0005KiB", "1KB", "1K", "1kib",
                                 "1  KiB", " 1KiB", "1KiB ", "1 ", "0x10", "1_000"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(Sizes, TheLargestThatFitsIsReadAndTheNextIsNot) {
  EXPECT_EQ(parse_size("18446744073709551615"), largest);
  EXPECT_EQ(parse_size("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_size("15EiB"), std::uint64_t{15} << 60);
  EXPECT_EQ(parse_size("16EiB"), std::nullopt);
}

TEST(Sizes, AreWrittenInTheLargestUnitThatDividesThem) {
  EXPECT_EQ(size_text(0), "0");
  EXPECT_EQ(size_text(1023), "1023");
  EXPECT_EQ(size_text(1024), "1KiB");
  EXPECT_EQ(size_text(1025), "1025");
  EXPECT_EQ(size_text(1024 * 1024 + 1024), "1025KiB");
  EXPECT_EQ(size_text(std::uint64_t{1} << 63), "8EiB");
}

TEST(Sizes, EveryWrittenSizeIsReadBack) {
  for (unsigned shift = 0; shift < 64; ++shift) {
    for (const std::uint64_t odd : {1u, 3u, 1023u}) {
      const std::uint64_t bytes = odd << shift;
      EXPECT_EQ(parse_size(size_text(bytes)), bytes);
    }
  }
}

TEST(Reals, AreWrittenSoThatTheyReadBackAndLookReal) {
  EXPECT_EQ(real_text(0.1), "0.1");
  EXPECT_EQ(real_text(2.0), "2.0");
  EXPECT_EQ(real_text(-3.0), "-3.0");
  EXPECT_EQ(real_text(1e300), "1e+300");
  EXPECT_EQ(std::stod(real_text(1.0 / 3.0)), 1.0 / 3.0);
}

TEST(Ranges, HoldTheirEndsAndNothingBeyond) {
  constexpr IntegerRange range{2, 5};
  EXPECT_FALSE(contains(range, 1));
  EXPECT_TRUE(contains(range, 2));
  EXPECT_TRUE(contains(range, 5));
  EXPECT_FALSE(contains(range, 6));
  EXPECT_TRUE(contains(IntegerRange{}, largest));
  EXPECT_FALSE(contains(RealRange{0, 1}, 1.0000001));
  EXPECT_FALSE(contains(RealRange{0, 1}, std::numeric_limits<double>::quiet_NaN()));
}

TEST(Names, TheNearestIsFoundWhereLettersAreWrongMissingOrSwapped) {
  constexpr std::array<std::string_view, 4> names = {"entries", "ways", "seed", "replacement"};
  EXPECT_EQ(nearest_name("entrys", names), "entries");
  EXPECT_EQ(nearest_name("way", names), "ways");
  EXPECT_EQ(nearest_name("replcaement", names), "replacement");
  EXPECT_EQ(nearest_name("wyas", names), "ways");
  EXPECT_EQ(nearest_name("colour", names), "");
  EXPECT_EQ(nearest_name("", names), "");
}

TEST(Names, AVeryLongOneHasNoNearest) {
  const std::string typed(100000, 'a');
  const std::array<std::string_view, 1> names = {typed};
  EXPECT_EQ(nearest_name(typed, names), "");
}

TEST(Paths, AreJoinedByADotBelowTheOutermostBlock) {
  EXPECT_EQ(join_path("", "mmu"), "mmu");
  EXPECT_EQ(join_path("mmu", "dtlb"), "mmu.dtlb");
}

}  // namespace
}  // namespace kilburn
