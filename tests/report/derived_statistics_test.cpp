// What the report computes beside a sweep's statistics: against arithmetic by hand.
#include "platform/report/area/derived_statistics.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/error.h"
#include "platform/report/area/area_estimate.h"

namespace kilburn::platform::report {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Points of the data TLB with entries and units as listed, tree PLRU, Sv48.
SweepResults sweep_of(const std::vector<std::pair<int, int>>& geometries) {
  SweepResults results;
  results.meta["configuration"] = "[mmu.dtlb]\nreplacement = \"tree_plru\"\n";
  results.axes = {{"mmu.dtlb.entries", "parameter", "entries"},
                  {"mmu.dtlb.units_per_tag", "dependent", "units"}};
  for (const auto& [entries, units] : geometries) {
    Point point;
    point.number = static_cast<std::int64_t>(results.points.size());
    point.done = true;
    point.values = {std::to_string(entries), std::to_string(units)};
    results.points.push_back(point);
  }
  return results;
}

void add(SweepResults& results, const std::string& path, std::vector<double> values) {
  results.statistics.push_back({path, "", std::move(values)});
}

TEST(DerivedStatistics, MissesAreThoseOfAllClassesAndTheirRateIsPerThousandInstructions) {
  SweepResults results = sweep_of({{16, 1}, {32, 1}, {64, 1}});
  add(results, "mmu.dtlb.miss_tag", {10, 20, 30});
  add(results, "mmu.dtlb.miss_unit", {1, 2, 3});
  add(results, "mmu.dtlb.miss_content", {4, none, 0});
  add(results, "platform.instructions", {3000, 3000, 0});
  add_derived_statistics(results);
  const Statistic& misses = *results.statistic("mmu.dtlb.misses");
  EXPECT_EQ(misses.values[0], 15);
  EXPECT_TRUE(std::isnan(misses.values[1]));
  EXPECT_EQ(misses.values[2], 33);
  const Statistic& rate = *results.statistic("mmu.dtlb.mpki");
  EXPECT_EQ(rate.values[0], 5);
  EXPECT_TRUE(std::isnan(rate.values[1]));
  EXPECT_TRUE(std::isnan(rate.values[2]));
  EXPECT_EQ(results.statistic("mmu.itlb.misses"), nullptr);
}

TEST(DerivedStatistics, WhatTheDatabaseHasIsNotReplaced) {
  SweepResults results = sweep_of({{16, 8}});
  for (const char* kind : {"tag", "unit", "content"}) {
    add(results, fmt::format("mmu.dtlb.miss_{}", kind), {2});
  }
  add(results, "mmu.dtlb.misses", {5});
  add_derived_statistics(results);
  EXPECT_EQ(results.statistic("mmu.dtlb.misses")->values[0], 5);
}

TEST(DerivedStatistics, AreasAreThoseSynthesisedOrEstimatesAndSaySo) {
  SweepResults results = sweep_of({{64, 8}, {32, 8}, {512, 8}, {32, 16}});
  results.areas = {{"ENTRIES=16 WAYS=16 BURST=8 VPN_WIDTH=36", 2000, 30'000},
                   {"ENTRIES=64 WAYS=64 BURST=8 VPN_WIDTH=36", std::nullopt, 90'000}};
  const DerivedStatistics derived = add_derived_statistics(results);
  const Statistic& gates = *results.statistic("mmu.dtlb.gates");
  EXPECT_EQ(gates.values[0], 90'000);
  EXPECT_GT(gates.values[1], 30'000);
  EXPECT_LT(gates.values[1], 90'000);
  EXPECT_GT(gates.values[2], 4 * 90'000);
  const auto column = std::ranges::find(derived.areas, "mmu.dtlb.gates", &AreaColumn::path);
  ASSERT_NE(column, derived.areas.end());
  EXPECT_EQ(column->sources, (std::vector{AreaSource::synthesised, AreaSource::between,
                                          AreaSource::beyond, AreaSource::beyond}));
  EXPECT_EQ(column->count(AreaSource::beyond), 2u);
  EXPECT_EQ(results.statistic("mmu.dtlb.unit_memory_bits")->values[0], 64 * 8 * 60);
}

TEST(DerivedStatistics, TheErrorIsOfWhatLiesBetweenTheOthersOnly) {
  SweepResults results = sweep_of({{64, 8}});
  results.areas = {{"ENTRIES=16 WAYS=16 BURST=8 VPN_WIDTH=36", 2000, 30'000},
                   {"ENTRIES=64 WAYS=64 BURST=8 VPN_WIDTH=36", 7000, 90'000}};
  // Two corners: each lies beyond the other.
  DerivedStatistics derived = add_derived_statistics(results);
  ASSERT_EQ(derived.fits.size(), 2u);
  EXPECT_EQ(derived.fits[0].measure, "gates");
  EXPECT_EQ(derived.fits[0].geometries, 2u);
  EXPECT_EQ(derived.fits[0].tested, 0u);
  // A third between them, of twice the gates that its neighbours let expect: 50 % too little.
  results = sweep_of({{64, 8}});
  const double expected =
      AreaEstimate(AreaMeasure::gates,
                   {{*parse_rtl_geometry("ENTRIES=16 WAYS=16 BURST=8 VPN_WIDTH=36"), 30'000},
                    {*parse_rtl_geometry("ENTRIES=64 WAYS=64 BURST=8 VPN_WIDTH=36"), 90'000}})(
          *parse_rtl_geometry("ENTRIES=32 WAYS=32 BURST=8 VPN_WIDTH=36"));
  results.areas = {{"ENTRIES=16 WAYS=16 BURST=8 VPN_WIDTH=36", 2000, 30'000},
                   {"ENTRIES=32 WAYS=32 BURST=8 VPN_WIDTH=36", 4000, 2 * expected},
                   {"ENTRIES=64 WAYS=64 BURST=8 VPN_WIDTH=36", 7000, 90'000}};
  derived = add_derived_statistics(results);
  EXPECT_EQ(derived.fits[0].tested, 1u);
  EXPECT_NEAR(derived.fits[0].mean_error, 0.5, 1e-9);
  EXPECT_NEAR(derived.fits[0].worst_error, 0.5, 1e-9);
}

TEST(DerivedStatistics, GatesPlusStorageIsTheWeightedSum) {
  SweepResults results = sweep_of({{64, 8}});
  results.areas = {{"ENTRIES=64 WAYS=64 BURST=8 VPN_WIDTH=36", 7000, 90'000}};
  add_derived_statistics(results);
  add_gate_equivalents(results, {.flip_flop = 5, .memory_bit = 0.5});
  EXPECT_EQ(results.statistic("mmu.dtlb.gate_equivalents")->values[0],
            90'000 + 5 * 7000 + 0.5 * 64 * 8 * 60);
}

TEST(DerivedStatistics, AGeometrySynthesisedWithAnotherReplacementIsAnEstimate) {
  SweepResults results = sweep_of({{64, 8}});
  results.meta["configuration"] = "[mmu.dtlb]\nreplacement = \"lru\"\n";
  results.areas = {{"ENTRIES=64 WAYS=64 BURST=8 VPN_WIDTH=36", 7, 9}};
  const DerivedStatistics derived = add_derived_statistics(results);
  EXPECT_EQ(results.statistic("mmu.dtlb.gates")->values[0], 9);
  const auto column = std::ranges::find(derived.areas, "mmu.dtlb.gates", &AreaColumn::path);
  EXPECT_EQ(column->sources[0], AreaSource::other_policy);
}

TEST(DerivedStatistics, WithoutAreasThereAreNone) {
  SweepResults results = sweep_of({{64, 8}});
  const DerivedStatistics derived = add_derived_statistics(results);
  EXPECT_TRUE(derived.areas.empty());
  EXPECT_EQ(results.statistic("mmu.dtlb.gates"), nullptr);
}

TEST(DerivedStatistics, FailedPointsHaveNoArea) {
  SweepResults results = sweep_of({{64, 8}, {64, 8}});
  results.points[1].done = false;
  results.areas = {{"ENTRIES=64 WAYS=64 BURST=8 VPN_WIDTH=36", 7, 9}};
  add_derived_statistics(results);
  EXPECT_TRUE(std::isnan(results.statistic("mmu.dtlb.gates")->values[1]));
}

TEST(DerivedStatistics, AConfigurationOfAnotherProgramIsAnError) {
  SweepResults results = sweep_of({{64, 8}});
  results.meta["configuration"] = "[mmu.dtlb]\nno_such_parameter = 1\n";
  EXPECT_THROW(add_derived_statistics(results), InputError);
}

}  // namespace
}  // namespace kilburn::platform::report
