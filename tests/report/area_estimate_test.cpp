// Geometries of the RTL, and areas between those that were synthesised: against arithmetic by hand.
#include "platform/report/area_estimate.h"

#include <gtest/gtest.h>

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

/// 3 a tag bit, 7 a unit, 2 a comparator's bit, 1000 for the ports.
double by_law(const RtlGeometry& at) {
  const double tag = 45 -
                     (at.burst == 16  ? 4
                      : at.burst == 8 ? 3
                      : at.burst == 4 ? 2
                      : at.burst == 2 ? 1
                                      : 0) +
                     49;
  double sets = at.entries / at.ways, set_bits = 0;
  for (; sets > 1; sets /= 2) ++set_bits;
  return 3 * at.entries * (tag - set_bits) + 7 * at.entries * at.burst +
         2 * at.ways * (tag - set_bits) + 1000;
}

std::vector<KnownArea> known_by_law(std::initializer_list<RtlGeometry> geometries) {
  std::vector<KnownArea> known;
  for (const RtlGeometry& at : geometries) known.push_back({at, by_law(at)});
  return known;
}

TEST(AreaEstimate, ALawOfItsTermsIsFoundExactly) {
  const auto known =
      known_by_law({geometry(16, 16, 1), geometry(64, 4, 8), geometry(128, 8, 2),
                    geometry(32, 32, 16), geometry(256, 16, 4), geometry(64, 64, 8)});
  const AreaEstimate estimate(known);
  EXPECT_NEAR(estimate.coefficients()[0], 3, 1e-9);
  EXPECT_NEAR(estimate.coefficients()[1], 7, 1e-9);
  EXPECT_NEAR(estimate.coefficients()[2], 2, 1e-9);
  EXPECT_NEAR(estimate.coefficients()[3], 1000, 1e-6);
  EXPECT_NEAR(estimate(geometry(96, 3, 8)), by_law(geometry(96, 3, 8)), 1e-6);
  for (const double error : errors_when_left_out(known)) EXPECT_NEAR(error, 0, 1e-9);
}

TEST(AreaEstimate, OneKnownGeometryScalesByTagBits) {
  // 64 entries, 42 + 49 bits of tag: 5824 bits cost 11648, 2 each; 16 entries of 45 + 49 bits: 1504
  // bits.
  const AreaEstimate estimate({{geometry(64, 64, 8), 11648}});
  EXPECT_NEAR(estimate(geometry(16, 16, 1)), 3008, 1e-9);
}

TEST(AreaEstimate, TwoKnownGeometriesGiveTheLeastRelativeError) {
  // One term a: 94 x 10 entries cost 940, 94 x 20 cost 3760: a is 1 by the one, 2 by the other.
  // Least of (a - 1)^2 + (a / 2 - 1)^2: 2 (a - 1) + (a / 2 - 1) = 0, a = 1.2.
  const AreaEstimate estimate({{geometry(10, 10, 1), 940}, {geometry(20, 20, 1), 3760}});
  EXPECT_NEAR(estimate.coefficients()[0], 1.2, 1e-12);
  EXPECT_EQ(estimate.coefficients()[3], 0);
  // Left out: 1 x 1880 for 3760 is half too little; 2 x 940 for 940 is twice as much.
  const auto errors =
      errors_when_left_out({{geometry(10, 10, 1), 940}, {geometry(20, 20, 1), 3760}});
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_NEAR(errors[0], 1.0, 1e-12);
  EXPECT_NEAR(errors[1], -0.5, 1e-12);
}

TEST(AreaEstimate, FullyAssociativeGeometriesAloneDoNotSplitTagsFromComparators) {
  // Ways are entries everywhere: two terms are one column. Estimates stay exact all the same.
  const AreaEstimate estimate(
      known_by_law({geometry(16, 16, 1), geometry(32, 32, 2), geometry(64, 64, 8),
                    geometry(128, 128, 16), geometry(256, 256, 4)}));
  EXPECT_EQ(estimate.coefficients()[2], 0);
  EXPECT_NEAR(estimate(geometry(48, 48, 8)), by_law(geometry(48, 48, 8)), 1e-6);
}

TEST(AreaEstimate, SizesOutsideTheKnownOnesAreTold) {
  const AreaEstimate estimate(known_by_law({geometry(16, 16, 4), geometry(64, 64, 4)}));
  EXPECT_TRUE(estimate.within(geometry(32, 32, 4)));
  EXPECT_FALSE(estimate.within(geometry(128, 128, 4)));
  EXPECT_FALSE(estimate.within(geometry(32, 32, 16)));
}

}  // namespace
}  // namespace kilburn::platform::report
