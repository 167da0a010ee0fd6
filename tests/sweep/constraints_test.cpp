// Which points are left, what expressions can see, and that they can do no harm.
#include "platform/sweep/constraints.h"

#include "platform/sweep/tlb_geometry.h"
#include "sweep/support.h"

namespace kilburn::platform::sweep {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

bool holds(const std::string& expression, const PlatformConfig& config = {}) {
  return !Constraints({{expression, "space.toml:7:3"}}).first_false(config);
}
std::string constraint_error(const std::string& expression) {
  return error_of([&] { (void)holds(expression); });
}

TEST(Constraints, SeeParametersOfEveryTypeByTheirPaths) {
  PlatformConfig config;
  config.mmu.first_level.dtlb.entries = 48;
  config.mmu.first_level.dtlb.fill = burst_tlb::FillPolicy::single;
  config.os.policy.aging = 0.25;
  config.os.fuse = false;
  EXPECT_TRUE(holds("mmu.dtlb.entries == 48", config));
  EXPECT_FALSE(holds("mmu.dtlb.entries > 48", config));
  EXPECT_TRUE(holds("mmu.dtlb.fill == 'single'", config));
  EXPECT_TRUE(holds("os.aging == 0.25", config));
  EXPECT_TRUE(holds("not os.fuse", config));
  EXPECT_TRUE(holds("mmu.dtlb.entries * mmu.dtlb.units_per_tag <= 384", config));
}

TEST(Constraints, HaveAFewFunctions) {
  EXPECT_TRUE(holds("min(3, 1, 2) == 1 and max(3, 1.5, 2) == 3 and abs(-4) == 4"));
  EXPECT_TRUE(holds("floor(2.7) == 2 and ceil(2.2) == 3 and log2(64) == 6"));
}

TEST(Constraints, StorageAndCamBitsAreThoseOfTheTlb) {
  PlatformConfig config;
  const auto bits = burst_tlb::storage_bits(config.mmu.first_level.dtlb, PagingMode::sv48);
  EXPECT_TRUE(holds(fmt::format("storage_bits('mmu.dtlb') == {}", bits.total)));
  EXPECT_TRUE(holds(fmt::format("cam_bits(\"mmu.dtlb\") == {}", bits.cam)));
  EXPECT_TRUE(holds("storage_bits('mmu.l2tlb') > storage_bits('mmu.itlb')"));
  EXPECT_THAT(constraint_error("storage_bits('mmu.stlb') > 0"),
              HasSubstr("allowed are mmu.itlb, mmu.dtlb, mmu.l2tlb"));
  EXPECT_THAT(constraint_error("storage_bits(mmu.dtlb) > 0"), HasSubstr("no TLB"));
}

TEST(Constraints, ANameThatIsNoParameterIsToldWithTheNearest) {
  EXPECT_THAT(constraint_error("mmu.dtlb.entires > 4"),
              AllOf(HasSubstr("space.toml:7:3: constraint \"mmu.dtlb.entires > 4\""),
                    HasSubstr("unknown parameter mmu.dtlb.entires; did you mean entries?")));
  EXPECT_THAT(constraint_error("mnu.dtlb.entries > 4"), HasSubstr("unknown parameter mnu"));
  EXPECT_THAT(constraint_error("mmu[1] == 4"), HasSubstr("names of parameters only"));
}

TEST(Constraints, WhatIsNoTruthValueIsRefused) {
  EXPECT_THAT(constraint_error("mmu.dtlb.entries"), HasSubstr("must be true or false"));
  EXPECT_THAT(constraint_error("nil"), HasSubstr("must be true or false"));
  EXPECT_THAT(constraint_error("true, true"), HasSubstr("2 values"));
  EXPECT_THAT(constraint_error(""), HasSubstr("0 values"));
}

TEST(Constraints, WhatIsNoExpressionIsRefused) {
  EXPECT_THAT(constraint_error("entries <"), HasSubstr("space.toml:7:3: constraint"));
  EXPECT_THAT(constraint_error("true; x = 1"), HasSubstr("<eof>"));
  EXPECT_THAT(constraint_error("mmu.dtlb < 3"), HasSubstr("compare"));
  EXPECT_THAT(constraint_error("mmu.dtlb.fill * 2 > 3"), HasSubstr("arithmetic"));
}

TEST(Constraints, HaveNoLibraryAndCanChangeNothing) {
  for (const char* name : {"os.exit", "io", "require", "load", "print", "setmetatable", "pcall",
                           "string", "rawset", "debug", "_G"}) {
    EXPECT_THAT(constraint_error(std::string(name) + " ~= nil"), HasSubstr("unknown parameter"));
  }
  EXPECT_THAT(constraint_error("(function() mmu.dtlb.entries = 1 return true end)()"),
              HasSubstr("cannot assign"));
  EXPECT_THAT(constraint_error("(function() x = 1 return true end)()"), HasSubstr("cannot assign"));
  EXPECT_THAT(constraint_error("('x'):rep(9) == ''"), HasSubstr("index a string"));
}

TEST(Constraints, AnExpressionThatRunsTooLongIsStopped) {
  EXPECT_THAT(constraint_error("(function() while true do end end)()"), HasSubstr("runs too long"));
}

TEST(Constraints, MemoryIsBounded) {
  EXPECT_THAT(constraint_error("(function() local s = 'x' while true do s = s .. s end end)()"),
              HasSubstr("not enough memory"));
  EXPECT_THAT(
      constraint_error("(function() local function f() return 1 + f() end return f() end)()"),
      HasSubstr("space.toml:7:3"));
}

TEST(Constraints, LeavePointsOut) {
  const SpaceFolder folder;
  const Space space =
      folder.space("[mmu.dtlb]\nentries = [16, 32, 64]\nunits_per_tag = [1, 8]\n",
                   "constraints = ['mmu.dtlb.entries * mmu.dtlb.units_per_tag <= 256', "
                   "'mmu.dtlb.units_per_tag == 8 or mmu.dtlb.entries == 64']\n");
  EXPECT_THAT(column(space, "mmu.dtlb.entries"), ElementsAre("16", "32", "64"));
  EXPECT_THAT(column(space, "mmu.dtlb.units_per_tag"), ElementsAre("8", "8", "1"));
  EXPECT_THAT(space.left_out(), ElementsAre(HasSubstr("leaves out 1 of 6 points"),
                                            HasSubstr("leaves out 2 of 6 points")));
}

TEST(Constraints, AConstraintComesBeforeImpossibility) {
  const SpaceFolder folder;
  EXPECT_EQ(folder
                .space("[mmu.dtlb]\nentries = [32, 36]\nways = 8\n",
                       "constraints = ['mmu.dtlb.entries % mmu.dtlb.ways == 0']\n")
                .size(),
            1U);
}

TEST(Constraints, TheStorageOfAnImpossibleTlbIsImpossibleToo) {
  const SpaceFolder folder;
  const std::string rest = "[mmu.dtlb]\nentries = [32, 36]\nways = 8\n";
  const std::string constraint = "constraints = [\"storage_bits('mmu.dtlb') > 0\"]\n";
  EXPECT_THAT(error_of([&] { (void)folder.space(rest, constraint); }),
              HasSubstr("ways must be 0 or divide entries"));
  EXPECT_EQ(folder.space(rest, constraint + "impossible = 'skip'\n").size(), 1U);
}

TEST(Constraints, ContradictionsAreToldWithWhatEachLeavesOut) {
  const SpaceFolder folder;
  EXPECT_THAT(
      error_of([&] {
        (void)folder.space("[mmu.dtlb]\nentries = [16, 32, 64]\n",
                           "constraints = ['mmu.dtlb.entries > 16', "
                           "'mmu.dtlb.entries < 32']\n");
      }),
      AllOf(HasSubstr("no point is left"), HasSubstr("\"mmu.dtlb.entries > 16\" leaves out 1 of 3"),
            HasSubstr("\"mmu.dtlb.entries < 32\" leaves out 2 of 3")));
}

/// By trying every number.
std::uint32_t most_by_trial(burst_tlb::TlbConfig tlb, std::uint64_t budget) {
  std::uint32_t most = 0;
  for (std::uint32_t entries = 1; entries <= 4096; ++entries) {
    tlb.entries = entries;
    try {
      check_constraints(tlb);
    } catch (const InputError&) {
      continue;
    }
    if (storage_bits(tlb, PagingMode::sv48).total <= budget) most = entries;
  }
  return most;
}

TEST(StorageBits, TheMostEntriesThatFitAreThoseOfATrialOfAll) {
  for (const std::uint32_t ways : {0U, 1U, 3U, 4U}) {
    for (const Replacement replacement : {Replacement::lru, Replacement::tree_plru}) {
      if (ways == 3 && replacement == Replacement::tree_plru) continue;  // there is no such TLB
      for (const std::uint64_t budget : {3'000U, 10'000U, 33'333U, 100'000U}) {
        SCOPED_TRACE(
            fmt::format("{} ways, {}, {} bits", ways, static_cast<int>(replacement), budget));
        burst_tlb::TlbConfig tlb;
        tlb.ways = ways;
        tlb.replacement = replacement;
        EXPECT_EQ(most_entries(tlb, PagingMode::sv48, budget).value_or(0),
                  most_by_trial(tlb, budget));
      }
    }
  }
}

TEST(StorageBits, NoConventionalTlbIsNearerInBitsThanTheOneComparedWith) {
  for (const std::uint32_t entries : {1U, 16U, 64U, 100U}) {
    for (const std::uint32_t units : {1U, 2U, 8U, 16U}) {
      SCOPED_TRACE(fmt::format("{} x {}", entries, units));
      burst_tlb::TlbConfig tlb{.entries = entries, .units_per_tag = units};
      const std::uint64_t bits = storage_bits(tlb, PagingMode::sv48).total;
      const auto distance = [&](const burst_tlb::TlbConfig& other) {
        const std::uint64_t its = storage_bits(other, PagingMode::sv48).total;
        return std::max(bits, its) - std::min(bits, its);
      };
      const burst_tlb::TlbConfig conventional = conventional_of_equal_bits(tlb, PagingMode::sv48);
      tlb.organisation = burst_tlb::Organisation::conventional;
      EXPECT_EQ(conventional.organisation, tlb.organisation);
      for (tlb.entries = 1; tlb.entries <= 2000; ++tlb.entries) {
        ASSERT_LE(distance(conventional), distance(tlb)) << tlb.entries << " entries";
      }
    }
  }
}

TEST(StorageBits, EntriesFollowTheBudgetAtEveryPoint) {
  const SpaceFolder folder;
  const Space space = folder.space(
      "[mmu.dtlb]\nunits_per_tag = [1, 8]\n[sweep.storage_bits]\n'mmu.dtlb' = [10_000, 20_000]\n");
  const auto entries = column(space, "mmu.dtlb.entries");
  ASSERT_EQ(entries.size(), 4U);
  for (std::uint64_t n = 0; n < space.size(); ++n) {
    const auto& tlb = space.point(n).config.mmu.first_level.dtlb;
    const std::uint64_t budget = n % 2 == 0 ? 10'000 : 20'000;
    EXPECT_EQ(std::to_string(tlb.entries), entries[n]);
    EXPECT_LE(storage_bits(tlb, PagingMode::sv48).total, budget);
    burst_tlb::TlbConfig more = tlb;
    ++more.entries;
    EXPECT_GT(storage_bits(more, PagingMode::sv48).total, budget);
  }
}

}  // namespace
}  // namespace kilburn::platform::sweep
