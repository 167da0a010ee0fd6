// Legal and illegal configurations, and the storage that each takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config_file.h"
#include "common/error.h"
#include "support.h"

namespace kilburn::burst_tlb {
namespace {

/// The error that a TOML text gives; empty where there is none.
std::string error_of(const std::string& toml) {
  TlbConfig config;
  try {
    const ConfigOrigin origin = parse_config(config, toml, "tlb.toml");
    check_constraints(config, origin);
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

TEST(TlbConfig, TheDefaultIsLegal) {
  EXPECT_EQ(error_of(""), "");
}

TEST(TlbConfig, EveryRangeIsChecked) {
  using testing::HasSubstr;
  for (const std::string wrong :
       {"entries = 0", "entries = 65537", "ways = 65537", "units_per_tag = 0", "units_per_tag = 3",
        "units_per_tag = 32", "side_entries = 0", "side_entries = 1025", "hit_cycles = 0",
        "hit_cycles = 101", "organisation = \"colt\"", "context_in = \"both\"", "fill = \"all\"",
        "replacement = \"mru\"", "large_pages = \"none\"", "seed = -1", "associativity = 2"}) {
    const std::string name = wrong.substr(0, wrong.find(' '));
    EXPECT_THAT(error_of(wrong), HasSubstr(name)) << wrong;
    EXPECT_THAT(error_of(wrong), HasSubstr("tlb.toml:1")) << wrong;
  }
  for (const std::string right :
       {"entries = 1", "entries = 65536", "ways = 64", "units_per_tag = 1", "units_per_tag = 16",
        "side_entries = 1024", "hit_cycles = 100"}) {
    EXPECT_EQ(error_of(right), "") << right;
  }
}

TEST(TlbConfig, WaysMustDivideEntries) {
  using testing::HasSubstr;
  EXPECT_THAT(error_of("entries = 64\nways = 65"), HasSubstr("ways must be 0 or divide entries"));
  EXPECT_THAT(error_of("entries = 64\nways = 3"), HasSubstr("ways must be 0 or divide entries"));
  EXPECT_EQ(error_of("entries = 12\nways = 3"), "");
}

TEST(TlbConfig, TheNumberOfSetsMustBeAPowerOfTwo) {
  EXPECT_THAT(error_of("entries = 12\nways = 4"),
              testing::HasSubstr("entries / ways must be a power of two"));
}

TEST(TlbConfig, TreePlruNeedsAPowerOfTwoOfWays) {
  using testing::HasSubstr;
  constexpr auto message = "tree_plru needs a power of two of ways";
  EXPECT_THAT(error_of("entries = 12\nways = 3\nreplacement = \"tree_plru\""), HasSubstr(message));
  EXPECT_THAT(error_of("entries = 12\nreplacement = \"tree_plru\""), HasSubstr(message));
  EXPECT_EQ(error_of("entries = 12\nways = 3\nreplacement = \"lru\""), "");
}

TEST(TlbConfig, ContextInUnitsNeedsTheBurstOrganisation) {
  for (const std::string organisation : {"conventional", "contiguous", "clustered"}) {
    EXPECT_THAT(error_of("context_in = \"tdu\"\norganisation = \"" + organisation + "\""),
                testing::HasSubstr("context_in"));
  }
  EXPECT_EQ(error_of("context_in = \"tdu\"\norganisation = \"burst\""), "");
}

// Widths by hand. Context: ASID 16 + VMID 15 + realm 8 + global 1 = 40. A unit's payload: valid 1 +
// PFN 44 + permissions 7 + attributes 2 + leaf order 3 = 57. VPN: Sv39 27, Sv48 36, Sv57 45.

TEST(StorageBits, OfAFullyAssociativeBurstTlb) {
  const StorageBits bits =
      storage_bits({.entries = 64, .large_pages = LargePages::replicate}, PagingMode::sv39);
  EXPECT_EQ(bits.cam, 64u * (27 - 3 + 40));
  EXPECT_EQ(bits.total, 64u * (27 - 3 + 40 + 8 * 57));
}

TEST(StorageBits, OfAConventionalTlbOfTheSameEntries) {
  const StorageBits bits = storage_bits({.organisation = Organisation::conventional,
                                         .entries = 64,
                                         .large_pages = LargePages::replicate},
                                        PagingMode::sv48);
  EXPECT_EQ(bits.cam, 64u * (36 + 40));
  EXPECT_EQ(bits.total, 64u * (36 + 40 + 57));
}

TEST(StorageBits, OfASetAssociativeBurstTlbWithContextInUnits) {
  // 1024 entries of 8 ways: 128 sets take 7 bits off the tag.
  const StorageBits bits = storage_bits({.entries = 1024,
                                         .ways = 8,
                                         .units_per_tag = 4,
                                         .context_in = ContextIn::tdu,
                                         .large_pages = LargePages::replicate},
                                        PagingMode::sv57);
  EXPECT_EQ(bits.cam, 1024u * (45 - 2 - 7));
  EXPECT_EQ(bits.total, 1024u * (45 - 2 - 7 + 4 * (57 + 40)));
}

TEST(StorageBits, OfCoalescingTlbs) {
  // One frame, one set of permissions; a valid bit for each page.
  const StorageBits contiguous = storage_bits({.organisation = Organisation::contiguous,
                                               .entries = 64,
                                               .large_pages = LargePages::replicate},
                                              PagingMode::sv39);
  EXPECT_EQ(contiguous.total, 64u * (27 - 3 + 40 + 8 + 56));
  // The frame without its three lowest bits, which each unit has for itself.
  const StorageBits clustered = storage_bits({.organisation = Organisation::clustered,
                                              .entries = 64,
                                              .large_pages = LargePages::replicate},
                                             PagingMode::sv39);
  EXPECT_EQ(clustered.total, 64u * (27 - 3 + 40 + 8 * (1 + 3) + 56 - 3));
}

TEST(StorageBits, TheLargePageTlbIsCounted) {
  const TlbConfig without{.entries = 64, .large_pages = LargePages::replicate};
  TlbConfig with = without;
  with.large_pages = LargePages::side;
  const StorageBits a = storage_bits(without, PagingMode::sv39);
  const StorageBits b = storage_bits(with, PagingMode::sv39);
  // Eight entries, tagged by the VPN above 64 KiB and the context.
  EXPECT_EQ(b.cam - a.cam, 8u * (27 - 4 + 40));
  EXPECT_EQ(b.total - a.total, 8u * (27 - 4 + 40 + 57));
}

}  // namespace
}  // namespace kilburn::burst_tlb
