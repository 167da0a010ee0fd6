// Legal and illegal configurations, and the storage that each takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/error.h"
#include "platform/configuration/config_file.h"
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

TEST(TlbConfig, ColtFaIsFullyAssociative) {
  EXPECT_THAT(error_of("organisation = \"colt_fa\"\nways = 4"),
              testing::HasSubstr("ways must be 0"));
  EXPECT_EQ(error_of("organisation = \"colt_fa\""), "");
}

TEST(TlbConfig, ContextInUnitsNeedsTheBurstOrganisation) {
  for (const std::string organisation : {"conventional", "contiguous", "clustered"}) {
    EXPECT_THAT(error_of("context_in = \"tdu\"\norganisation = \"" + organisation + "\""),
                testing::HasSubstr("context_in"));
  }
  EXPECT_EQ(error_of("context_in = \"tdu\"\norganisation = \"burst\""), "");
}

// Widths by hand. Context: ASID 16 + VMID 16 + realm 16 + global 1 = 49. A unit's payload: valid 1
// + PFN 44 + permissions 7 + attributes 2 + leaf order 3 = 57. VPN: Sv39 27, Sv48 36, Sv57 45. LRU:
// of each of 64 ways a place of 6 bits, of 8 ways 3.

TEST(StorageBits, OfAFullyAssociativeBurstTlb) {
  const StorageBits bits =
      storage_bits({.entries = 64, .large_pages = LargePages::replicate}, PagingMode::sv39);
  EXPECT_EQ(bits.cam, 64u * (27 - 3 + 49));
  EXPECT_EQ(bits.tags, bits.cam);
  EXPECT_EQ(bits.units, 64u * (8 * 57));
  EXPECT_EQ(bits.replacement, 64u * 6);
  EXPECT_EQ(bits.large_pages, 0u);
  EXPECT_EQ(bits.total, 64u * (27 - 3 + 49 + 8 * 57 + 6));
  EXPECT_EQ(bits.compared, bits.cam + 1) << "all tags, and D of the unit selected";
  EXPECT_EQ(bits.unit_read, 56u);
  EXPECT_EQ(bits.entry_read, 8u * 57);
}

TEST(StorageBits, OfAConventionalTlbOfTheSameEntries) {
  const StorageBits bits = storage_bits({.organisation = Organisation::conventional,
                                         .entries = 64,
                                         .large_pages = LargePages::replicate},
                                        PagingMode::sv48);
  EXPECT_EQ(bits.cam, 64u * (36 + 49));
  EXPECT_EQ(bits.total, 64u * (36 + 49 + 57 + 6));
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
  EXPECT_EQ(bits.total, 1024u * (45 - 2 - 7 + 4 * (57 + 49) + 3));
  EXPECT_EQ(bits.compared, 8u * (45 - 2 - 7) + 49 + 1) << "a set, then the unit's context and D";
}

TEST(StorageBits, OfCoalescingTlbs) {
  // One frame, one set of permissions; a valid bit for each page.
  const StorageBits contiguous = storage_bits({.organisation = Organisation::contiguous,
                                               .entries = 64,
                                               .large_pages = LargePages::replicate},
                                              PagingMode::sv39);
  EXPECT_EQ(contiguous.total, 64u * (27 - 3 + 49 + 8 + 56 + 6));
  // The frame without its three lowest bits, which each unit has for itself.
  const StorageBits clustered = storage_bits({.organisation = Organisation::clustered,
                                              .entries = 64,
                                              .large_pages = LargePages::replicate},
                                             PagingMode::sv39);
  EXPECT_EQ(clustered.total, 64u * (27 - 3 + 49 + 8 * (1 + 3) + 56 - 3 + 6));
}

TEST(StorageBits, OfColtFaHoldLengthsAndNoTlbForLargePages) {
  const StorageBits bits =
      storage_bits({.organisation = Organisation::colt_fa, .entries = 64}, PagingMode::sv48);
  EXPECT_EQ(bits.cam, 64u * (36 + 10 + 49));
  EXPECT_EQ(bits.total, 64u * (36 + 10 + 49 + 57 + 6));
}

TEST(StorageBits, ReplacementStateIsThatOfThePolicy) {
  const auto bits_of = [](Replacement policy) {
    return storage_bits({.entries = 64, .ways = 8, .replacement = policy}, PagingMode::sv39)
        .replacement;
  };
  EXPECT_EQ(bits_of(Replacement::lru), 8u * 8 * 3);
  EXPECT_EQ(bits_of(Replacement::tree_plru), 8u * 7);
  EXPECT_EQ(bits_of(Replacement::round_robin), 8u * 3);
  EXPECT_EQ(bits_of(Replacement::random), 0u);
}

TEST(StorageBits, TheLargePageTlbIsCounted) {
  const TlbConfig without{.entries = 64, .large_pages = LargePages::replicate};
  TlbConfig with = without;
  with.large_pages = LargePages::side;
  with.side_entries = 8;
  const StorageBits a = storage_bits(without, PagingMode::sv39);
  const StorageBits b = storage_bits(with, PagingMode::sv39);
  // Eight entries, tagged by the VPN above 64 KiB and the context; LRU of three bits each.
  EXPECT_EQ(b.cam - a.cam, 8u * (27 - 4 + 49));
  EXPECT_EQ(b.compared - a.compared, 8u * (27 - 4 + 49));
  EXPECT_EQ(b.total - a.total, 8u * (27 - 4 + 49 + 57 + 3));
  EXPECT_EQ(b.large_pages, b.total - a.total);
}

}  // namespace
}  // namespace kilburn::burst_tlb
