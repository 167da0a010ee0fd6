// Geometries of the RTL, and areas of those that were not synthesised: against what Yosys made of
// others, and arithmetic by hand.
#include "platform/report/area/area_estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>

namespace kilburn::platform::report {
namespace {

RtlGeometry geometry(unsigned entries, unsigned ways, unsigned burst) {
  return {.entries = entries, .ways = ways, .burst = burst};
}

TEST(RtlGeometry, TagBitsAreTheVpnWithoutSetAndUnitAndWithTheContext) {
  // 45 bits of VPN, less 3 that select of 8 units, less 4 that select of 16 sets, 1 + 16 + 16 + 16
  // of context.
  EXPECT_EQ(geometry(64, 4, 8).tag_bits(), 45u - 3 - 4 + 49);
  RtlGeometry in_units = geometry(64, 64, 1);
  in_units.context_in_tag = 0;
  EXPECT_EQ(in_units.tag_bits(), 45u);
}

TEST(RtlGeometry, ATextGivesWhatItNamesAndTheRtlsDefaultsOtherwise) {
  const auto read =
      parse_rtl_geometry("ENTRIES=128 WAYS=8  BURST=4 CONTEXT_IN_TAG=0 LATENCY=2 VPN_WIDTH=36");
  ASSERT_TRUE(read.has_value());
  RtlGeometry expected = geometry(128, 8, 4);
  expected.context_in_tag = 0;
  expected.vpn_width = 36;
  EXPECT_EQ(*read, expected);
}

TEST(RtlGeometry, TextsThatAreNoGeometryGiveNone) {
  for (const char* text :
       {"ENTRIES", "ENTRIES=", "ENTRIES=x", "ENTRIES=64 WAYS=0", "ENTRIES=64 WAYS=3",
        "ENTRIES=96 WAYS=32", "BURST=3", "ENTRIES=-4", "VPN_WIDTH=3"}) {
    EXPECT_FALSE(parse_rtl_geometry(text).has_value()) << text;
  }
}

TEST(RtlGeometry, ATlbOfThePlatformHasTheRtlsParameters) {
  burst_tlb::TlbConfig config{.entries = 32, .ways = 4, .units_per_tag = 16};
  config.fill = burst_tlb::FillPolicy::single;
  config.replacement = Replacement::round_robin;
  const auto counterpart = rtl_counterpart(config, PagingMode::sv48);
  ASSERT_TRUE(counterpart.has_value());
  EXPECT_TRUE(counterpart->exact);
  RtlGeometry expected = geometry(32, 4, 16);
  expected.line_fill = 0;
  expected.tree_plru = 0;
  expected.vpn_width = 36;
  EXPECT_EQ(counterpart->geometry, expected);
}

TEST(RtlGeometry, LruStandsAsTreePlruAndIsNotExact) {
  burst_tlb::TlbConfig config{.entries = 32};
  EXPECT_FALSE(rtl_counterpart(config, PagingMode::sv48)->exact);
  EXPECT_EQ(rtl_counterpart(config, PagingMode::sv48)->geometry.tree_plru, 1u);
  EXPECT_EQ(rtl_counterpart(config, PagingMode::sv48)->geometry.ways, 32u);
  config.entries = 24;  // no tree over 24 ways
  EXPECT_EQ(rtl_counterpart(config, PagingMode::sv48)->geometry.tree_plru, 0u);
}

TEST(RtlGeometry, AConventionalTlbHasOneUnitAndCoalescingOnesHaveNoRtl) {
  burst_tlb::TlbConfig config;
  config.organisation = burst_tlb::Organisation::conventional;
  EXPECT_EQ(rtl_counterpart(config, PagingMode::sv39)->geometry.burst, 1u);
  for (const auto organisation :
       {burst_tlb::Organisation::contiguous, burst_tlb::Organisation::clustered}) {
    config.organisation = organisation;
    EXPECT_FALSE(rtl_counterpart(config, PagingMode::sv39).has_value());
  }
}

TEST(RtlGeometry, WhatMakesNoDifferenceMakesNoOtherGeometry) {
  // One unit has no neighbours to fill, one way nothing to choose from.
  EXPECT_EQ(parse_rtl_geometry("ENTRIES=64 WAYS=64 BURST=1 LINE_FILL=0"),
            parse_rtl_geometry("ENTRIES=64 WAYS=64 BURST=1 LINE_FILL=1"));
  EXPECT_EQ(parse_rtl_geometry("ENTRIES=64 WAYS=1 BURST=8 TREE_PLRU=0"),
            parse_rtl_geometry("ENTRIES=64 WAYS=1 BURST=8 TREE_PLRU=1"));
  EXPECT_NE(parse_rtl_geometry("ENTRIES=64 WAYS=64 BURST=8 LINE_FILL=0"),
            parse_rtl_geometry("ENTRIES=64 WAYS=64 BURST=8 LINE_FILL=1"));
  burst_tlb::TlbConfig config{.entries = 32, .ways = 32};
  config.organisation = burst_tlb::Organisation::conventional;
  config.fill = burst_tlb::FillPolicy::single;
  EXPECT_EQ(rtl_counterpart(config, PagingMode::sv48)->geometry.line_fill, 1u);
}

/// What rtl/burst_tlb/area found: the table of docs/burst_tlb.md.
struct Synthesised {
  const char* geometry;
  double flip_flops, gates;
};
constexpr Synthesised documented[] = {
    {"ENTRIES=64 WAYS=64 BURST=8", 7344, 99765},
    {"ENTRIES=256 WAYS=256 BURST=1", 25021, 356694},
    {"ENTRIES=64 WAYS=64 BURST=1", 6581, 90277},
    {"ENTRIES=32 WAYS=32 BURST=8", 4140, 58430},
    {"ENTRIES=128 WAYS=128 BURST=1", 12785, 179247},
    {"ENTRIES=186 WAYS=186 BURST=1 TREE_PLRU=0", 24756, 273448},
    {"ENTRIES=16 WAYS=16 BURST=16 CONTEXT_IN_TAG=0", 2371, 55380},
    {"ENTRIES=64 WAYS=4 BURST=4 TREE_PLRU=0", 6610, 82732},
    {"ENTRIES=128 WAYS=4 BURST=1 TREE_PLRU=0", 12026, 138048},
    {"ENTRIES=1024 WAYS=8 BURST=1", 91561, 1075192},
    {"ENTRIES=64 WAYS=1 BURST=16 LINE_FILL=0", 7836, 124074},
    {"ENTRIES=512 WAYS=1 BURST=1", 44482, 517027},
};
/// Sv48, which the other runs of rtl/burst_tlb/area below have.
std::string sv48(int entries, int ways, int burst) {
  return "ENTRIES=" + std::to_string(entries) + " WAYS=" + std::to_string(ways) +
         " BURST=" + std::to_string(burst) + " VPN_WIDTH=36";
}
std::vector<KnownArea> small_ones() {
  return {{*parse_rtl_geometry(sv48(2, 2, 1)), 3895},
          {*parse_rtl_geometry(sv48(2, 2, 16)), 36082},
          {*parse_rtl_geometry(sv48(8, 8, 1)), 11253},
          {*parse_rtl_geometry(sv48(8, 8, 16)), 44436}};
}

double sum_of_terms(AreaMeasure measure, const RtlGeometry& at) {
  const auto terms = terms_of(measure, at);
  return std::accumulate(terms.begin(), terms.end(), 0.0);
}

TEST(AreaTerms, FlipFlopsAreCountedAsYosysCountsThem) {
  for (const auto& [text, flip_flops, gates] : documented) {
    const double counted = sum_of_terms(AreaMeasure::flip_flops, *parse_rtl_geometry(text));
    EXPECT_NEAR(counted / flip_flops, 1, 0.01) << text;
  }
}

TEST(AreaTerms, GatesCountedByStructureAreNearThoseThatYosysFound) {
  for (const auto& [text, flip_flops, gates] : documented) {
    const double counted = sum_of_terms(AreaMeasure::gates, *parse_rtl_geometry(text));
    EXPECT_NEAR(counted / gates, 1, 0.1) << text;
  }
}

TEST(AreaTerms, TheUnitsMemoryIsPfnAndSixteenBitsAUnitAndTheContextWhereUnitsHoldIt) {
  EXPECT_EQ(unit_memory_bits(geometry(64, 64, 8)), 64 * 8 * (44 + 16));
  RtlGeometry in_units = geometry(64, 64, 8);
  in_units.context_in_tag = 0;
  EXPECT_EQ(unit_memory_bits(in_units), 64 * 8 * (44 + 16 + 49));
}

TEST(AreaEstimate, WithNothingSynthesisedItIsTheCount) {
  const AreaEstimate estimate(AreaMeasure::gates, {});
  EXPECT_NEAR(estimate(geometry(64, 4, 8)), sum_of_terms(AreaMeasure::gates, geometry(64, 4, 8)),
              1e-6);
}

TEST(AreaEstimate, FromSmallGeometriesLargeOnesAreEstimatedWithinATenth) {
  // Four of 2 and 8 entries; the largest of those that are estimated has 24 times their gates.
  const AreaEstimate estimate(AreaMeasure::gates, small_ones());
  for (const auto& [text, flip_flops, gates] : documented) {
    EXPECT_NEAR(estimate(*parse_rtl_geometry(text)) / gates, 1, 0.1) << text;
  }
}

TEST(AreaEstimate, OneSynthesisedGeometryIsMetAsFarAsTheRidgeLetsIt) {
  // With x = terms / value, and l = (0.05 / 0.3)^2, the best c are 1 + x (1 - s) / (l + x.x), where
  // s is the sum of x; the estimate is value times x.c.
  const RtlGeometry at = geometry(64, 64, 8);
  constexpr double value = 150'000;
  double s = 0, square = 0;
  for (const double term : terms_of(AreaMeasure::gates, at)) {
    s += term / value;
    square += term / value * (term / value);
  }
  const double expected = value * (s + square * (1 - s) / (0.05 * 0.05 / (0.3 * 0.3) + square));
  EXPECT_NEAR(AreaEstimate(AreaMeasure::gates, {{at, value}})(at), expected, 1e-6);
}

TEST(AreaEstimate, ItIsSurestAboutWhatWasSynthesised) {
  const AreaEstimate nothing(AreaMeasure::gates, {});
  const AreaEstimate large(AreaMeasure::gates, {{geometry(64, 64, 8), 99765}});
  const double before = nothing.uncertainty(geometry(64, 64, 8));
  EXPECT_LT(large.uncertainty(geometry(64, 64, 8)), before / 2);
  // Units tell little of comparators, and the other way round.
  EXPECT_GT(large.uncertainty(geometry(4, 4, 16)), 2 * large.uncertainty(geometry(64, 64, 8)));
}

}  // namespace
}  // namespace kilburn::platform::report
