// Every organisation against its plain model: outcome, translation, entry, fills, invalidations,
// statistics and reach, operation by operation.
#include <gtest/gtest.h>

#include <array>

#include "geometries.h"
#include "plain_burst_tlb.h"
#include "plain_coalesced_tlb.h"
#include "plain_colt_fa_tlb.h"
#include "plain_conventional_tlb.h"
#include "support.h"
#include "world.h"

namespace kilburn::burst_tlb {
namespace {

constexpr std::uint64_t seed = 20240611;

/// Runs `operations` of one stream through both; stops at the first difference.
void expect_equal(const TlbConfig& config, Tlb& plain, unsigned operations) {
  SCOPED_TRACE(fmt::format("seed {}, {}", seed, text(config)));
  if (testing::Test::HasFailure()) return;
  const std::unique_ptr<Tlb> tlb = make_tlb(config);
  World world;
  Stream stream(seed);
  for (unsigned i = 0; i < operations && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(fmt::format("operation {}", i));
    if (stream.invalidates_next()) {
      const Invalidation r = stream.invalidation(world);
      ASSERT_EQ(tlb->invalidation_cycles(r), plain.invalidation_cycles(r));
      ASSERT_EQ(tlb->invalidate(r), plain.invalidate(r))
          << "invalidation " << static_cast<int>(r.operation);
      ASSERT_EQ(tlb->reach_bytes(), plain.reach_bytes());
      continue;
    }
    const Comparand c = stream.access();
    const Lookup got = tlb->lookup(c);
    const Lookup wanted = plain.lookup(c);
    ASSERT_EQ(got.outcome, wanted.outcome);
    ASSERT_EQ(got.translation, wanted.translation);
    ASSERT_EQ(got.side, wanted.side);
    ASSERT_EQ(got.entry, wanted.entry);
    if (got.outcome == Outcome::hit) {
      std::array<Translation, max_siblings> beside{};
      std::array<Translation, max_siblings> expected{};
      ASSERT_EQ(tlb->siblings(c, got, beside), plain.siblings(c, wanted, expected));
      ASSERT_EQ(beside, expected);
      continue;
    }
    const auto walked = world.walk(c.vpn, c.context, c.access);
    if (!walked) continue;
    const auto beside = world.neighbours(c.vpn, c.context);
    const Fill done = tlb->fill(*walked, c.context, beside);
    const Fill expected = plain.fill(*walked, c.context, beside);
    ASSERT_EQ(done.entry, expected.entry);
    ASSERT_EQ(done.in_place, expected.in_place);
    ASSERT_EQ(done.units_filled, expected.units_filled);
    ASSERT_EQ(done.units_evicted, expected.units_evicted);
  }
  EXPECT_TRUE(tlb->statistics() == plain.statistics());
  const TlbStatistics s = tlb->statistics();
  EXPECT_EQ(s.lookups, s.hits + s.misses());
  EXPECT_GT(s.hits, 0u) << "the stream must try hits";
  EXPECT_GT(s.units_invalidated, 0u) << "the stream must try invalidations";
}

TEST(BurstTlb, EqualsAPlainModelOperationForOperationInEveryGeometry) {
  for (const TlbConfig& config : all_geometries(Organisation::burst)) {
    PlainBurstTlb plain(config);
    expect_equal(config, plain, 2500);
  }
}

TEST(BurstTlb, EqualsAPlainModelOverALongStreamInLargeSets) {
  for (const TlbConfig& config : {TlbConfig{.entries = 64, .ways = 4, .side_entries = 4},
                                  TlbConfig{.entries = 64, .units_per_tag = 2},
                                  TlbConfig{.entries = 100, .units_per_tag = 1}}) {
    PlainBurstTlb plain(config);
    expect_equal(config, plain, 20000);
  }
}

TEST(CoalescedTlb, ContiguousEqualsAPlainModelInEveryGeometry) {
  for (const TlbConfig& config : all_geometries(Organisation::contiguous)) {
    PlainCoalescedTlb plain(config);
    expect_equal(config, plain, 2500);
  }
}

TEST(CoalescedTlb, ClusteredEqualsAPlainModelInEveryGeometry) {
  for (const TlbConfig& config : all_geometries(Organisation::clustered)) {
    PlainCoalescedTlb plain(config);
    expect_equal(config, plain, 2500);
  }
}

TEST(ColtFaTlb, EqualsAPlainModelInEveryGeometry) {
  for (const TlbConfig& config : all_geometries(Organisation::colt_fa)) {
    PlainColtFaTlb plain(config);
    expect_equal(config, plain, 2500);
  }
}

/// Spec 01 behaviour 6: the conventional plain model knows nothing of units, lines of PTEs or
/// coalescing.
void expect_conventional(const TlbConfig& config) {
  SCOPED_TRACE(fmt::format("seed {}, {}", seed, text(config)));
  if (testing::Test::HasFailure()) return;
  const std::unique_ptr<Tlb> tlb = make_tlb(config);
  PlainConventionalTlb plain(config.sets(), config.associativity(), config.replacement,
                             config.seed);
  World world;
  Stream stream(seed);
  unsigned hits = 0;
  for (unsigned i = 0; i < 2500 && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(fmt::format("operation {}", i));
    if (stream.invalidates_next()) {
      const Invalidation r = stream.invalidation(world);
      ASSERT_EQ(tlb->invalidate(r), plain.invalidate(r));
      continue;
    }
    const Comparand c = stream.access();
    const Lookup got = tlb->lookup(c);
    const PlainConventionalTlb::Answer wanted = plain.lookup(c);
    ASSERT_EQ(got.outcome == Outcome::hit, wanted.hit);
    if (wanted.hit) {
      ++hits;
      ASSERT_EQ(got.translation.pfn, wanted.pfn);
      ASSERT_EQ(got.entry, wanted.entry);
    } else if (const auto walked = world.walk(c.vpn, c.context, c.access)) {
      const Fill done = tlb->fill(*walked, c.context, world.neighbours(c.vpn, c.context));
      ASSERT_EQ(done.entry, plain.fill(*walked, c.context)) << "another victim";
    }
  }
  EXPECT_GT(hits, 150u);
}

TEST(BurstTlb, WithOneUnitPerTagEveryOrganisationIsAConventionalTlbAccessForAccess) {
  // Spec 01 behaviour 6.
  for (const Organisation organisation : {Organisation::burst, Organisation::conventional,
                                          Organisation::contiguous, Organisation::clustered}) {
    for (TlbConfig config : all_geometries(organisation)) {
      // A conventional TLB has one unit whatever units_per_tag says.
      if (organisation != Organisation::conventional && config.units_per_tag != 1) continue;
      config.large_pages = LargePages::replicate;
      config.context_in = ContextIn::tag;
      expect_conventional(config);
    }
  }
}

}  // namespace
}  // namespace kilburn::burst_tlb
