// The co-simulation can fail: it catches faults of the RTL, and misses none that can be seen.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "burst_tlb/burst_tlb_cosim.h"
#include "burst_tlb/mutants/burst_tlb_mutants.h"

namespace kilburn::burst_tlb {

static void PrintTo(const MutantSet& set, std::ostream* out) {
  *out << set.name;
}

namespace {

constexpr std::uint64_t operations_without = 200'000;  ///< of the RTL itself: no difference
constexpr std::uint64_t operations_at_most = 200'000;  ///< until a mutant is caught
constexpr std::uint64_t seed = 1;

CosimResult cosimulate(const MutantSet& set, unsigned mutant, std::uint64_t operations) {
  const std::unique_ptr<BurstTlbRtl> rtl = set.make(mutant);
  CosimOptions options;
  options.operations = operations;
  options.seed = seed;
  return cosimulate(rtl->elaborated(), *rtl, options);
}

/// Operations before the difference of each mutant that is caught, by number.
std::map<unsigned, std::uint64_t> caught_of(const MutantSet& set) {
  std::map<unsigned, std::uint64_t> caught;
  for (const Mutant& mutant : set.mutants()) {
    const CosimResult result = cosimulate(set, mutant.number, operations_at_most);
    if (result.difference) caught[mutant.number] = result.difference->operation;
  }
  return caught;
}

std::string name_of(const testing::TestParamInfo<MutantSet>& set) {
  return std::string(set.param.name);
}

std::vector<MutantSet> sets_of(bool source) {
  std::vector<MutantSet> sets;
  std::ranges::copy_if(mutant_sets(), std::back_inserter(sets),
                       [&](const MutantSet& set) { return set.of_source() == source; });
  return sets;
}

class BurstTlbMutants : public testing::TestWithParam<MutantSet> {};

TEST_P(BurstTlbMutants, WithNoneSelectedNothingDiffers) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  const CosimResult result = cosimulate(GetParam(), 0, operations_without);
  ASSERT_FALSE(result.difference) << result.difference->signal << " at cycle "
                                  << result.difference->cycle << ": expected "
                                  << result.difference->expected << ", seen "
                                  << result.difference->seen;
}

INSTANTIATE_TEST_SUITE_P(Sets, BurstTlbMutants, testing::ValuesIn(mutant_sets()), name_of);

class BurstTlbNetlistMutants : public testing::TestWithParam<MutantSet> {};

TEST_P(BurstTlbNetlistMutants, AllAreCaughtButTheEquivalentOnes) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  const MutantSet& set = GetParam();
  const std::vector<Mutant> mutants = set.mutants();
  std::set<std::string> equivalent;
  for (const EquivalentMutant& each : equivalent_mutants()) {
    if (each.set == set.name) equivalent.insert(each.name);
  }
  const auto caught = caught_of(set);
  std::uint64_t latest = 0;
  for (const Mutant& mutant : mutants) {
    const auto found = caught.find(mutant.number);
    const bool excused = equivalent.erase(mutant.name) != 0;
    if (found != caught.end()) latest = std::max(latest, found->second);
    EXPECT_NE(found != caught.end(), excused)
        << (excused ? "said to be equivalent, but caught:\n" : "survives:\n") << set.name << ' '
        << mutant.name;
  }
  EXPECT_TRUE(equivalent.empty()) << "not drawn any more: " << *equivalent.begin();
  EXPECT_GE(caught.size(), 40u);
  fmt::print("{}: {} mutants, {} caught within {} operations, {} equivalent\n", set.name,
             mutants.size(), caught.size(), latest, mutants.size() - caught.size());
}

INSTANTIATE_TEST_SUITE_P(Sets, BurstTlbNetlistMutants, testing::ValuesIn(sets_of(false)), name_of);

// A fault may be in what a geometry does not have: another one has to show it.
TEST(BurstTlbSourceMutants, EachIsCaughtInSomeGeometry) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  const std::vector<MutantSet> sets = sets_of(true);
  std::vector<std::map<unsigned, std::uint64_t>> caught;
  std::ranges::transform(sets, std::back_inserter(caught), caught_of);
  for (const Mutant& mutant : sets.front().mutants()) {
    std::string where;
    for (std::size_t i = 0; i < sets.size(); ++i) {
      const auto found = caught[i].find(mutant.number);
      where +=
          found == caught[i].end() ? fmt::format("{:>8}", "-") : fmt::format("{:8}", found->second);
    }
    fmt::print("{} {:<26}{}\n", where, mutant.name, mutant.effect);
    EXPECT_TRUE(where.find_first_of("0123456789") != std::string::npos) << mutant.name;
  }
}

}  // namespace
}  // namespace kilburn::burst_tlb
