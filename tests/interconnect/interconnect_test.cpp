#include "interconnect/interconnect.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/random.h"
#include "platform/configuration/statistic_writers.h"

namespace kilburn::interconnect {
namespace {

AddressMap two_targets() {
  AddressMap map;
  map.add({.base = 0x8000'0000, .bytes = 0x1000'0000, .target = 0, .name = "memory"});
  map.add({.base = 0x1000'0000, .bytes = 0x1000, .target = 1, .name = "uart"});
  return map;
}

std::string message_of(AddressMap& map, const Range& range) {
  try {
    map.add(range);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(AddressMap, OverlappingRangesAreAnErrorThatNamesBoth) {
  const std::vector<Range> overlapping = {
      {.base = 0x1000'0000, .bytes = 0x1000, .name = "same"},
      {.base = 0x1000'0FFF, .bytes = 1, .name = "last byte"},
      {.base = 0x0FFF'FFFF, .bytes = 2, .name = "first byte"},
      {.base = 0x0, .bytes = 0x2000'0000, .name = "all round"},
      {.base = 0x1000'0800, .bytes = 0x10, .name = "inside"},
  };
  for (const Range& range : overlapping) {
    AddressMap map = two_targets();
    const std::string message = message_of(map, range);
    EXPECT_NE(message.find(range.name), std::string::npos) << message;
    EXPECT_NE(message.find("uart [0x10000000, 0x10000fff]"), std::string::npos) << message;
    EXPECT_EQ(map.ranges().size(), 2u);
  }
}

TEST(AddressMap, RangesThatTouchDoNotOverlap) {
  AddressMap map = two_targets();
  EXPECT_EQ(message_of(map, {.base = 0x1000'1000, .bytes = 0x1000, .name = "above"}), "");
  EXPECT_EQ(message_of(map, {.base = 0x0FFF'F000, .bytes = 0x1000, .name = "below"}), "");
}

TEST(AddressMap, EmptyRangesAndRangesBeyondTheLastAddressAreErrors) {
  AddressMap map;
  EXPECT_NE(message_of(map, {.base = 0x10, .bytes = 0, .name = "empty"}), "");
  EXPECT_NE(message_of(map, {.base = ~Address{0}, .bytes = 2, .name = "wraps"}), "");
  EXPECT_EQ(message_of(map, {.base = ~Address{0} - 7, .bytes = 8, .name = "last"}), "");
  EXPECT_EQ(map.find(~Address{0})->name, "last");
}

TEST(AddressMap, FindsTheRangeThatHoldsEveryByte) {
  const AddressMap map = two_targets();
  EXPECT_EQ(map.find(0x1000'0000)->name, "uart");
  EXPECT_EQ(map.find(0x1000'0FF8, 8)->name, "uart");
  EXPECT_EQ(map.find(0x1000'0FF9, 8), nullptr);
  EXPECT_EQ(map.find(0x0FFF'FFFF), nullptr);
  EXPECT_EQ(map.find(0x1000'1000), nullptr);
  EXPECT_EQ(map.find(0x8FFF'FFFF)->name, "memory");
  EXPECT_EQ(map.find(0x9000'0000), nullptr);
}

TEST(AddressMap, AgreesWithALinearSearchOverRandomMaps) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::uint64_t random = mix64(seed);
    AddressMap map;
    std::vector<Range> accepted;
    for (std::uint32_t i = 0; i < 60; ++i) {
      const Range range{next_random(random) % 4096, 1 + next_random(random) % 128, i, "range"};
      const bool overlaps = std::any_of(accepted.begin(), accepted.end(), [&](const Range& r) {
        return range.base < r.base + r.bytes && r.base < range.base + range.bytes;
      });
      ASSERT_EQ(message_of(map, range).empty(), !overlaps);
      if (!overlaps) accepted.push_back(range);
    }
    for (Address a = 0; a < 4400; ++a) {
      const std::uint64_t length = 1 + a % 9;
      const auto holds = std::find_if(accepted.begin(), accepted.end(), [&](const Range& r) {
        return a >= r.base && a + length <= r.base + r.bytes;
      });
      const Range* const found = map.find(a, length);
      ASSERT_EQ(found != nullptr, holds != accepted.end()) << a;
      if (found != nullptr) {
        ASSERT_EQ(found->target, holds->target) << a;
      }
    }
  }
}

TEST(Interconnect, AnIdlePortCostsTheTraversalAndTheBeats) {
  for (const auto& [bytes, beats] :
       std::vector<std::pair<std::uint64_t, Cycles>>{{1, 1}, {16, 1}, {17, 2}, {64, 4}}) {
    Interconnect bus({.latency_cycles = 5, .width_bytes = 16}, two_targets());
    const Route route = bus.route(0x8000'0000, bytes, 100);
    EXPECT_TRUE(route.ok);
    EXPECT_EQ(route.target, 0u);
    EXPECT_EQ(route.latency, 5 + beats) << bytes;
  }
}

TEST(Interconnect, ABusyPortMakesTheNextTransactionWaitUntilItsBeatsAreDone) {
  // 64 bytes, 16 a cycle: the port is busy for cycles 100 .. 103.
  for (const Cycles now : {100u, 101u, 103u, 104u, 105u}) {
    Interconnect bus({.latency_cycles = 5, .width_bytes = 16}, two_targets());
    bus.route(0x8000'0000, 64, 100);
    const Cycles wait = now < 104 ? 104 - now : 0;
    EXPECT_EQ(bus.route(0x8000'0040, 64, now).latency, wait + 5 + 4) << now;
    EXPECT_EQ(bus.statistics().wait_cycles, wait) << now;
  }
}

TEST(Interconnect, TargetsDoNotWaitForEachOther) {
  Interconnect bus({.latency_cycles = 5, .width_bytes = 16}, two_targets());
  bus.route(0x8000'0000, 4096, 0);
  const Route route = bus.route(0x1000'0000, 8, 0);
  EXPECT_EQ(route.target, 1u);
  EXPECT_EQ(route.latency, 5u + 1);
}

TEST(Interconnect, TwoRangesOfOneTargetShareItsPort) {
  AddressMap map = two_targets();
  map.add({.base = 0, .bytes = 0x1000, .target = 0, .name = "low memory"});
  Interconnect bus({.latency_cycles = 5, .width_bytes = 16}, map);
  bus.route(0x8000'0000, 64, 0);
  EXPECT_EQ(bus.route(0, 16, 0).latency, 4u + 5 + 1);
}

TEST(Interconnect, AnAddressOfNoTargetCostsTheTraversalAndHoldsNoPort) {
  Interconnect bus({.latency_cycles = 5, .width_bytes = 16}, two_targets());
  for (const Address address : {Address{0}, Address{0x1000'0FFC}, Address{0x9000'0000}}) {
    const Route route = bus.route(address, 8, 10);
    EXPECT_FALSE(route.ok);
    EXPECT_EQ(route.latency, 5u);
  }
  EXPECT_EQ(bus.route(0x1000'0000, 8, 10).latency, 6u);
  const InterconnectStatistics expected{.transactions = 1, .bytes = 8, .decode_errors = 3};
  EXPECT_EQ(bus.statistics(), expected);
  EXPECT_EQ(statistics_json(statistics_of(bus.statistics())).at("decode_errors"), 3);
}

TEST(Interconnect, RangesThatComeLaterAreFoundAndHavePortsOfTheirOwn) {
  Interconnect bus({.latency_cycles = 5, .width_bytes = 16});
  EXPECT_FALSE(bus.route(0x1000, 8, 0).ok);
  bus.add({.base = 0x1000, .bytes = 0x1000, .target = 0, .name = "first"});
  EXPECT_TRUE(bus.route(0x1000, 4096, 0).ok);
  bus.add({.base = 0x2000, .bytes = 0x1000, .target = 3, .name = "second", .relative = true});
  const Route route = bus.route(0x2008, 8, 0);
  EXPECT_EQ(route.target, 3u);
  EXPECT_EQ(route.origin, 0x2000u);
  EXPECT_EQ(route.latency, 5u + 1) << "the first target's port is busy, this one's is not";
}

}  // namespace
}  // namespace kilburn::interconnect
