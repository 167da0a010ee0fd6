// How far a tag reaches: streams whose hit rates follow from arithmetic.
#include <gtest/gtest.h>

#include <random>

#include "plain_conventional_tlb.h"
#include "support.h"

namespace kilburn::burst_tlb {
namespace {

/// Plays the walker: fills from `frame`, a function of the VPN, with the other pages of the line.
template <class Frame>
void fill_line(Tlb& tlb, PageNumber vpn, Frame frame) {
  std::vector<Translation> beside;
  for (PageNumber other = vpn / 8 * 8; other < vpn / 8 * 8 + 8; ++other) {
    if (other != vpn) beside.push_back(page(other, frame(other)));
  }
  tlb.fill(page(vpn, frame(vpn)), {}, beside);
}
PageNumber identity(PageNumber vpn) {
  return vpn;
}
PageNumber scattered(PageNumber vpn) {
  return mix64(vpn) >> 24;
}

TEST(BurstTlb, ASequentialStreamOfLoadsMissesOnceAPageWithOneUnitAndOnceALineWithEight) {
  struct Case {
    std::uint32_t units;
    std::uint64_t loads_a_miss;  // 512 loads of 8 bytes a page
  };
  for (const Case c : {Case{1, 512}, Case{2, 1024}, Case{4, 2048}, Case{8, 4096}, Case{16, 4096}}) {
    BurstTlb tlb({.entries = 16, .units_per_tag = c.units});
    constexpr std::uint64_t loads = 1 << 20;
    std::uint64_t misses = 0;
    for (Address va = 0; va < 8 * loads; va += 8) {
      if (look(tlb, va >> page_shift) == Outcome::hit) continue;
      ++misses;
      fill_line(tlb, va >> page_shift, scattered);
    }
    EXPECT_EQ(misses * c.loads_a_miss, loads) << c.units << " units";
  }
}

/// A stream of pages with locality: runs forward, jumps back to old places.
std::vector<PageNumber> pages_with_locality(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<PageNumber> pages;
  PageNumber at = 0;
  for (unsigned i = 0; i < 60000; ++i) {
    switch (random() % 8) {
      case 0:
        at = random() % 4096;
        break;
      case 1:
        at = pages.empty()
                 ? 0
                 : pages[pages.size() - 1 - random() % std::min<std::size_t>(pages.size(), 300)];
        break;
      default:
        at = (at + random() % 3) % 4096;
    }
    pages.push_back(at);
  }
  return pages;
}

TEST(BurstTlb, UnderFullContiguityIsAConventionalTlbWhosePagesAreAsLargeAsATagReaches) {
  constexpr std::uint64_t seed = 5;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  const std::vector<PageNumber> stream = pages_with_locality(seed);
  for (const unsigned bits : {0u, 1u, 2u, 3u, 4u}) {
    for (const std::uint32_t ways : {0u, 4u}) {
      SCOPED_TRACE(fmt::format("units {} ways {}", 1u << bits, ways));
      const TlbConfig config{.entries = 32, .ways = ways, .units_per_tag = 1u << bits};
      BurstTlb tlb(config);
      PlainConventionalTlb plain(config.sets(), config.associativity(), Replacement::lru, 1);
      std::uint64_t unit_misses = 0;
      for (const PageNumber vpn : stream) {
        const Lookup got = tlb.lookup({.vpn = vpn});
        const auto wanted = plain.lookup({.vpn = vpn >> bits});
        // Sixteen units are two lines: the tag may be there before the second line is. Then the
        // larger page hits where the burst TLB has a unit miss.
        ASSERT_EQ(got.outcome != Outcome::miss_tag, wanted.hit);
        if (wanted.hit) {
          ASSERT_EQ(got.entry, wanted.entry);
        } else {
          plain.fill(page(vpn >> bits, vpn >> bits), {});
        }
        if (got.outcome == Outcome::hit) {
          ASSERT_EQ(got.translation.pfn, vpn);
        } else {
          unit_misses += got.outcome == Outcome::miss_unit ? 1u : 0u;
          fill_line(tlb, vpn, identity);
        }
      }
      if (bits < 4) {
        EXPECT_EQ(unit_misses, 0u);
      } else {
        EXPECT_GT(unit_misses, 0u);
      }
    }
  }
}

/// Units live in a one-entry-per-group TLB after each of 64 groups of eight was walked once.
std::uint64_t pages_held(Organisation organisation, PageNumber (*frame)(PageNumber)) {
  const auto tlb = make_tlb({.organisation = organisation, .entries = 64});
  for (PageNumber vpn = 0; vpn < 512; vpn += 8) fill_line(*tlb, vpn, frame);
  EXPECT_EQ(tlb->statistics().evictions, 0u);
  return tlb->reach_bytes() / 4096;
}

TEST(BurstTlb, KeepsAllPagesOfScatteredGroupsWhereCoalescingKeepsOne) {
  // Sources: CoLT and clustered TLBs need contiguous or clustered frames (Pham 2012, 2014).
  EXPECT_EQ(pages_held(Organisation::burst, scattered), 512u);
  EXPECT_EQ(pages_held(Organisation::contiguous, scattered), 64u);
  EXPECT_EQ(pages_held(Organisation::clustered, scattered), 64u);
  EXPECT_EQ(pages_held(Organisation::conventional, scattered), 64u);
}

TEST(CoalescedTlb, ContiguousFramesSuitAllThree) {
  const auto contiguous = [](PageNumber vpn) { return 0x10000 + vpn; };
  EXPECT_EQ(pages_held(Organisation::burst, contiguous), 512u);
  EXPECT_EQ(pages_held(Organisation::contiguous, contiguous), 512u);
  EXPECT_EQ(pages_held(Organisation::clustered, contiguous), 512u);
  EXPECT_EQ(pages_held(Organisation::conventional, contiguous), 64u);
}

TEST(CoalescedTlb, ContiguityAcrossAClusterBoundarySuitsContiguousAlone) {
  // Frames run on from 3 beyond a boundary: five of the eight lie in the first cluster.
  const auto shifted = [](PageNumber vpn) { return 0x10003 + vpn; };
  EXPECT_EQ(pages_held(Organisation::contiguous, shifted), 512u);
  EXPECT_EQ(pages_held(Organisation::clustered, shifted), 64u * 5);
}

TEST(CoalescedTlb, ShuffledFramesOfOneClusterSuitClusteredAlone) {
  const auto shuffled = [](PageNumber vpn) { return 0x10000 + (vpn ^ 5); };
  EXPECT_EQ(pages_held(Organisation::clustered, shuffled), 512u);
  // Page 0 has frame base + 5; of the eight, vpn ^ 5 == vpn + 5 holds for 0 and 2 only.
  EXPECT_EQ(pages_held(Organisation::contiguous, shuffled), 64u * 2);
}

TEST(CoalescedTlb, OneEntryHoldsOneSetOfPermissions) {
  for (const Organisation organisation : {Organisation::contiguous, Organisation::clustered}) {
    const auto tlb = make_tlb({.organisation = organisation, .entries = 8});
    const Translation differs[] = {page(1, 65, user_data | pte::execute), page(2, 66)};
    EXPECT_EQ(tlb->fill(page(0, 64), {}, differs).units_filled, 2u);
    EXPECT_NE(look(*tlb, 1), Outcome::hit);
    EXPECT_EQ(frame_of(*tlb, 2), 66u);
    // A store sets D on one page: it moves to an entry of its own, the others stay.
    install(*tlb, page(1, 65, user_data | pte::execute));
    EXPECT_EQ(frame_of(*tlb, 1), 65u);
    EXPECT_EQ(frame_of(*tlb, 0), 64u);
    EXPECT_EQ(tlb->reach_bytes(), 3 * 4096u);
  }
}

TEST(CoalescedTlb, PagesWhosePermissionsChangeOneByOneGatherInOneEntryAgain) {
  // Clean pages become dirty one after the other; once all are, one entry holds them and the other
  // is free.
  CoalescedTlb tlb({.organisation = Organisation::contiguous, .entries = 2, .units_per_tag = 4});
  const auto clean = user_data & ~pte::dirty;
  const Translation beside[] = {page(1, 65, clean), page(2, 66, clean), page(3, 67, clean)};
  tlb.fill(page(0, 64, clean), {}, beside);
  for (PageNumber vpn = 0; vpn < 4; ++vpn) {
    EXPECT_EQ(look(tlb, vpn, {}, Access::store), Outcome::miss_content);
    install(tlb, page(vpn, 64 + vpn));
  }
  for (PageNumber vpn = 0; vpn < 4; ++vpn) {
    EXPECT_EQ(look(tlb, vpn, {}, Access::store), Outcome::hit);
  }
  install(tlb, page(100, 1));
  EXPECT_EQ(tlb.statistics().evictions, 0u) << "the second entry was free";
}

}  // namespace
}  // namespace kilburn::burst_tlb
