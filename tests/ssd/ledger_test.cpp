#include "platform/ssd/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace kilburn::ssd {
namespace {

using Kind = Request::Kind;

/// A namespace of a hundred sectors that keeps what is written.
struct Namespace {
  Ledger ledger{2};
  std::vector<std::byte> bytes = std::vector<std::byte>(100 * sector_bytes);

  std::span<std::byte> at(std::uint64_t first, std::uint64_t sectors) {
    return std::span(bytes).subspan(first * sector_bytes, sectors * sector_bytes);
  }
  void write(std::uint64_t first, std::uint64_t sectors, bool ok = true) {
    const Request request{.kind = Kind::write, .first = first, .sectors = sectors};
    const std::uint64_t number = ledger.begin(request);
    ledger.stamp(number, first, at(first, sectors));
    ledger.end(request, ok, number);
  }
  bool check(std::uint64_t first, std::uint64_t sectors) {
    return ledger.check(first, at(first, sectors));
  }
};

TEST(Ledger, WhatWasWrittenLastIsRight) {
  Namespace space;
  space.write(10, 8);
  space.write(14, 8);
  EXPECT_TRUE(space.check(10, 12));
  EXPECT_EQ(space.ledger.checked(), 12U);
  EXPECT_EQ(space.ledger.difference(), "");
}

TEST(Ledger, OlderDataOtherPlacesAndHalvesOfASectorAreSeen) {
  Namespace space;
  space.write(10, 2);
  const std::vector<std::byte> old(space.at(10, 1).begin(), space.at(10, 1).end());
  space.write(10, 2);
  const std::vector<std::byte> right(space.at(10, 2).begin(), space.at(10, 2).end());
  const auto put = [&](std::span<const std::byte> from) {
    std::ranges::copy(right, space.at(10, 2).begin());
    std::ranges::copy(from, space.at(10, 1).begin());
  };
  put(old);
  EXPECT_FALSE(space.check(10, 1)) << "older data";
  EXPECT_THAT(space.ledger.difference(), ::testing::HasSubstr("namespace 2, sector 10: write 2"));
  put(std::span(right).subspan(sector_bytes, sector_bytes));
  EXPECT_FALSE(space.check(10, 1)) << "its neighbour's";
  put(std::span(old).first(sector_bytes / 2));
  EXPECT_FALSE(space.check(10, 1)) << "half of it";
  put({});
  EXPECT_TRUE(space.check(10, 1));
}

TEST(Ledger, AfterAnErrorADeallocationOrAShrinkingNobodyKnows) {
  Namespace space;
  space.write(10, 30);
  space.write(10, 1, false);
  space.ledger.end({.kind = Kind::deallocate, .first = 11, .sectors = 1}, true, 0);
  space.ledger.shrink(39);
  std::ranges::fill(space.bytes, std::byte{});
  EXPECT_TRUE(space.check(10, 2));
  EXPECT_TRUE(space.check(39, 1));
  EXPECT_FALSE(space.check(38, 1));
}

TEST(Ledger, RequestsThatShareAUnitOverlapAsLongAsOneIsUnderWay) {
  Ledger ledger(1);
  const Request write{.kind = Kind::write, .first = 10, .sectors = 4};
  const Request near{.kind = Kind::read, .first = 15, .sectors = 1};
  const Request far{.kind = Kind::read, .first = 16, .sectors = 1};
  const std::uint64_t number = ledger.begin(write);
  EXPECT_TRUE(ledger.overlaps(near));
  EXPECT_FALSE(ledger.overlaps(far));
  ledger.end(write, true, number);
  EXPECT_FALSE(ledger.overlaps(near));
}

}  // namespace
}  // namespace kilburn::ssd
