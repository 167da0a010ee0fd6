// Which blocks are complete, against a count of their granules.
#include <gtest/gtest.h>

#include <map>

#include "common/random.h"
#include "trace_os/fusable_blocks.h"

namespace kilburn::trace_os {
namespace {

constexpr Claim ours{.realm = 1, .distance = 100};

TEST(FusableBlocks, TheLastGranuleCompletesABlockOfTwiceTheSizeEachTime) {
  FusableBlocks blocks(4);
  for (std::uint64_t granule = 8; granule < 15; ++granule) blocks.claim(granule, ours);
  EXPECT_EQ(blocks.order_round(8), 2u);   // 8 to 11
  EXPECT_EQ(blocks.order_round(12), 1u);  // 12 and 13
  EXPECT_EQ(blocks.order_round(14), 0u);
  blocks.claim(15, ours);
  for (std::uint64_t granule = 8; granule < 16; ++granule) {
    EXPECT_EQ(blocks.order_round(granule), 3u);
  }
}

TEST(FusableBlocks, AnotherOwnerOrAnotherPlaceKeepsABlockIncomplete) {
  for (const Claim& other : {Claim{.realm = 2, .distance = 100}, Claim{.realm = 1, .distance = 101},
                             Claim{.realm = 1, .any = true}}) {
    FusableBlocks blocks(4);
    for (std::uint64_t granule = 0; granule < 8; ++granule) {
      blocks.claim(granule, granule == 5 ? other : ours);
    }
    EXPECT_EQ(blocks.order_round(0), 2u);
    EXPECT_EQ(blocks.order_round(5), 0u);
    EXPECT_EQ(blocks.order_round(7), 1u);
  }
}

TEST(FusableBlocks, RandomClaimsCompleteWhatACountOfGranulesSays) {
  constexpr unsigned max_order = 5;
  constexpr std::uint64_t granules = 128;
  std::uint64_t random = mix64(4);
  FusableBlocks blocks(max_order);
  std::map<std::uint64_t, Claim> claims;
  for (unsigned step = 0; step < 20'000; ++step) {
    const std::uint64_t draw = next_random(random);
    const std::uint64_t granule = draw % granules;
    if (draw >> 20 & 1 && draw >> 21 & 1) {
      blocks.drop(granule);
      claims.erase(granule);
    } else {
      const Claim claim{.realm = static_cast<std::uint16_t>((draw >> 30) % 40 == 0 ? 2 : 1)};
      blocks.claim(granule, claim);
      claims[granule] = claim;
    }
    const std::uint64_t asked = (draw >> 40) % granules;
    unsigned expected = 0;
    for (unsigned order = 1; order <= max_order && claims.contains(asked); ++order) {
      bool alike = true;
      const std::uint64_t first = asked >> order << order;
      for (std::uint64_t each = first; each < first + (1u << order); ++each) {
        alike &= claims.contains(each) && claims.at(each) == claims.at(asked);
      }
      if (alike) expected = order;
    }
    ASSERT_EQ(blocks.order_round(asked), expected) << step;
  }
}

}  // namespace
}  // namespace kilburn::trace_os
