// An entry's validity is the OR of its units' valid bits.
#include <gtest/gtest.h>

#include "geometries.h"
#include "plain_burst_tlb.h"
#include "support.h"
#include "world.h"

namespace kilburn::burst_tlb {
namespace {

TEST(BurstTlb, EntryValidityEqualsTheOrOfUnitValidsAfterEveryOperation) {
  // Spec 01 behaviour 1. Which units are valid is known from the plain model.
  constexpr std::uint64_t seed = 41;
  for (TlbConfig config : all_geometries(Organisation::burst)) {
    config.large_pages = LargePages::replicate;  // the array alone
    SCOPED_TRACE(fmt::format("seed {}, {}", seed, text(config)));
    BurstTlb tlb(config);
    PlainBurstTlb plain(config);
    World world;
    Stream stream(seed, 15);
    for (unsigned i = 0; i < 700; ++i) {
      if (stream.invalidates_next()) {
        const Invalidation r = stream.invalidation(world);
        tlb.invalidate(r);
        plain.invalidate(r);
      } else {
        const Comparand c = stream.access();
        plain.lookup(c);
        if (tlb.lookup(c).outcome == Outcome::hit) continue;
        if (const auto walked = world.walk(c.vpn, c.context, c.access)) {
          const auto beside = world.neighbours(c.vpn, c.context);
          tlb.fill(*walked, c.context, beside);
          plain.fill(*walked, c.context, beside);
        }
      }
      for (std::uint32_t entry = 0; entry < config.entries; ++entry) {
        ASSERT_EQ(tlb.valid_units(entry), plain.valid_units(entry)) << "operation " << i;
        ASSERT_EQ(tlb.entry_valid(entry), plain.valid_units(entry) != 0) << "operation " << i;
      }
    }
  }
}

TEST(BurstTlb, AnEntryWhoseLastUnitIsInvalidatedIsFreeForAnotherTag) {
  BurstTlb tlb({.entries = 1, .units_per_tag = 4, .fill = FillPolicy::single});
  install(tlb, page(8, 100));
  install(tlb, page(9, 101));
  EXPECT_EQ(tlb.invalidate({.operation = Invalidation::Operation::by_va, .vpn = 8}), 1u);
  EXPECT_TRUE(tlb.entry_valid(0));
  EXPECT_EQ(tlb.invalidate({.operation = Invalidation::Operation::by_va, .vpn = 9}), 1u);
  EXPECT_FALSE(tlb.entry_valid(0));
  EXPECT_EQ(look(tlb, 8), Outcome::miss_tag);
  const Fill done = tlb.fill(page(80, 7), {}, {});
  EXPECT_EQ(done.units_evicted, 0u);
  EXPECT_EQ(tlb.statistics().evictions, 0u);
}

}  // namespace
}  // namespace kilburn::burst_tlb
