// In which order geometries are synthesised: corners, then what is least certain; what takes too
// long later.
#include "platform/report/area/synthesis_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kilburn::platform::report {
namespace {

constexpr double plenty = 1e9;  // seconds

RtlGeometry geometry(unsigned entries, unsigned burst) {
  return {.entries = entries, .ways = entries, .burst = burst};
}

std::vector<RtlGeometry> grid(std::initializer_list<unsigned> entries,
                              std::initializer_list<unsigned> units) {
  std::vector<RtlGeometry> all;
  for (const unsigned e : entries) {
    for (const unsigned u : units) all.push_back(geometry(e, u));
  }
  return all;
}

/// What is synthesised, in order, where each takes a millisecond a hundred entries.
std::vector<RtlGeometry> order_of(SynthesisPlan& plan, std::size_t count, double seconds) {
  std::vector<RtlGeometry> order;
  while (order.size() < count) {
    const auto next = plan.next(seconds);
    if (!next) break;
    plan.synthesised(*next, 1000 * next->entries, 0.01 * next->entries);
    order.push_back(*next);
  }
  return order;
}

TEST(SynthesisPlan, TheFourCornersOfAGridComeFirst) {
  SynthesisPlan plan(grid({16, 32, 64, 128, 256}, {1, 2, 4, 8, 16}), {});
  const auto order = order_of(plan, 4, plenty);
  ASSERT_EQ(order.size(), 4u);
  for (const RtlGeometry& corner :
       {geometry(16, 1), geometry(16, 16), geometry(256, 1), geometry(256, 16)}) {
    EXPECT_NE(std::ranges::find(order, corner), order.end()) << to_text(corner);
  }
  EXPECT_EQ(order[0], geometry(16, 1));  // the cheapest
  EXPECT_EQ(plan.between(), 21u);
  EXPECT_TRUE(plan.missing_corners().empty());
}

TEST(SynthesisPlan, ThenComesWhatTheEstimateIsLeastSureOf) {
  SynthesisPlan plan(grid({16, 32, 64}, {1, 4, 16}), {});
  std::vector<KnownArea> known;
  for (const RtlGeometry& at : order_of(plan, 4, plenty))
    known.push_back({at, 1000.0 * at.entries});
  const AreaEstimate estimate(AreaMeasure::gates, known);
  const auto next = plan.next(plenty);
  ASSERT_TRUE(next.has_value());
  for (const RtlGeometry& other : plan.left()) {
    EXPECT_LE(estimate.uncertainty(other), estimate.uncertainty(*next)) << to_text(other);
  }
}

TEST(SynthesisPlan, WhatWouldTakeLongerThanIsLeftIsPutBehindAndTold) {
  // 16 x 1 takes a second: 32 x 1 two or three, 4096 x 1 more than 256, the ratio of their entries.
  SynthesisPlan plan({geometry(16, 1), geometry(32, 1), geometry(4096, 1)}, {});
  ASSERT_EQ(plan.next(60), geometry(16, 1));
  plan.synthesised(geometry(16, 1), 22'000, 1);
  EXPECT_GT(plan.expected_seconds(geometry(4096, 1)), 256);
  EXPECT_EQ(plan.next(60), geometry(32, 1));  // no corner, but the largest that fits
  plan.synthesised(geometry(32, 1), 44'000, 2.2);
  EXPECT_EQ(plan.next(60), std::nullopt);
  EXPECT_EQ(plan.missing_corners(), std::vector{geometry(4096, 1)});
  EXPECT_EQ(plan.next(plenty), geometry(4096, 1));
}

TEST(SynthesisPlan, ExpectedSecondsGrowFromTheLastRun) {
  SynthesisPlan plan({geometry(16, 1), geometry(64, 1)}, {});
  const double gates = AreaEstimate(AreaMeasure::gates, {})(geometry(16, 1));
  plan.synthesised(geometry(16, 1), gates, 10);
  EXPECT_NEAR(plan.expected_seconds(geometry(16, 1)), 10, 0.1);
  // About four times the gates: 4^1.15 = 4.9.
  EXPECT_GT(plan.expected_seconds(geometry(64, 1)), 40);
  EXPECT_LT(plan.expected_seconds(geometry(64, 1)), 55);
}

TEST(SynthesisPlan, UnitsTakeLongerThanTheirGatesSay) {
  // Measured: 16 x 1, 21.1 k gates, 11.3 s; 16 x 16, 55.4 k gates, 78 s; 8 x 8 x 4, 17.6 k, 12.6 s.
  SynthesisPlan plan({geometry(16, 1), geometry(16, 16), geometry(8, 4)}, {});
  plan.synthesised(geometry(16, 1), 21'055, 11.3);
  EXPECT_NEAR(plan.expected_seconds(geometry(16, 16)), 78, 0.25 * 78);
  EXPECT_NEAR(plan.expected_seconds(geometry(8, 4)), 12.6, 0.25 * 12.6);
}

TEST(SynthesisPlan, OneOfEachKindComesBeforeTheRest) {
  std::vector<RtlGeometry> wanted = grid({16, 64, 256}, {2, 8});
  for (const RtlGeometry& at : grid({16, 64, 256}, {2, 8})) {
    wanted.push_back(at);
    wanted.back().line_fill = 0;
  }
  SynthesisPlan plan(wanted, {});
  const auto order = order_of(plan, 5, plenty);
  const auto single = std::ranges::count(order, 0u, &RtlGeometry::line_fill);
  EXPECT_GE(single, 1);
  EXPECT_LE(single, 4);
  EXPECT_EQ(plan.between(), plan.left().size());  // four places, and one of the other fill
}

TEST(SynthesisPlan, WhatCannotBeSynthesisedIsLeftOut) {
  SynthesisPlan plan({geometry(16, 1), geometry(32, 1)}, {});
  plan.leave_out(geometry(16, 1));
  EXPECT_EQ(plan.next(plenty), geometry(32, 1));
  plan.leave_out(geometry(32, 1));
  EXPECT_EQ(plan.next(plenty), std::nullopt);
}

}  // namespace
}  // namespace kilburn::platform::report
