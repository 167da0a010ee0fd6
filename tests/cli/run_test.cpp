// kilburn run on the shipped traces: what is counted, and that the same run counts the same.
#include <nlohmann/json.hpp>
#include <sstream>

#include "process.h"

namespace kilburn::platform {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string> disturbed = {"os.aging=0.7", "os.remap_interval=500",
                                            "os.unmap_interval=700", "mmu.dtlb.replacement=random",
                                            "mmu.l2tlb.replacement=random"};

TEST(Run, TheSameSeedGivesIdenticalStatistics) {
  const Arguments run =
      Arguments{"--limit", "300000", "--trace", shipped("graph")} + set(disturbed);
  const std::string first = statistics_of(run);
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(statistics_of(run), first);
}

TEST(Run, AnotherSeedGivesOtherStatistics) {
  const Arguments run =
      Arguments{"--limit", "300000", "--trace", shipped("graph")} + set(disturbed);
  const std::string first = statistics_of(run);
  EXPECT_NE(statistics_of(run + set({"os.seed=2"})), first);
  EXPECT_NE(statistics_of(run + set({"mmu.dtlb.seed=2"})), first);
}

// Spec 01: a burst TLB of one unit a tag is a conventional TLB.
TEST(Run, ABurstTlbOfOneUnitIsAConventionalOneOnAWholePlatform) {
  for (const std::string settings : {"os.pages=small", "os.pages=thp"}) {
    for (const std::string trace : {"graph", "database"}) {
      SCOPED_TRACE(trace + " " + settings);
      const auto with = [&](const std::string& organisation) {
        Arguments run{"--limit", "300000", "--trace", shipped(trace)};
        for (const std::string tlb : {"itlb", "dtlb", "l2tlb"}) {
          run = run + set({"mmu." + tlb + ".organisation=" + organisation,
                           "mmu." + tlb + ".units_per_tag=1"});
        }
        return statistics_of(run + set({settings, "os.remap_interval=900", "os.aging=0.5"}));
      };
      const std::string burst = with("burst");
      EXPECT_FALSE(burst.empty());
      EXPECT_EQ(burst, with("conventional"));
    }
  }
}

TEST(Run, StatisticsHaveTheirNamesAndNesting) {
  const Json all = Json::parse(statistics_of({"--limit", "100000", "--trace", shipped("sort")}));
  const auto expect = [&](const std::string& block, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      EXPECT_TRUE(all.contains(Json::json_pointer(block + "/" + name))) << block << "/" << name;
    }
  };
  for (const std::string tlb : {"itlb", "dtlb", "l2tlb"}) {
    expect("/mmu/" + tlb,
           {"lookups", "hits", "miss_tag", "miss_unit", "miss_content", "fills", "units_filled",
            "evictions", "units_invalidated", "density/mean", "density/buckets"});
  }
  expect("/mmu/walker", {"walks", "memory_reads", "cycles/sum"});
  expect("/mmu/page_table_cache",
         {"lookups", "hits", "installs", "invalidations", "last_level_operations",
          "entries_dropped", "entries_kept", "storage_bits", "cam_bits", "reach_bytes"});
  expect("/rmu", {"checks", "table_reads", "cache_hits"});
  expect("/rmu/denials", {"no_realm", "out_of_range", "table", "unowned", "state", "not_owner",
                          "read_only", "mapping", "table_error", "data_only"});
  expect("/memory", {"reads", "writes", "row_hits"});
  expect("/platform", {"accesses", "instructions", "cycles"});
  expect("/platform/stall_cycles", {"l2_tlb", "walk", "ownership", "fetch", "load", "store",
                                    "page_fault", "invalidation", "context_switch"});
}

class Counted : public testing::TestWithParam<std::string> {
 protected:
  void count(const std::vector<std::string>& settings) {
    all_ = Json::parse(statistics_of(
        Arguments{"--limit", "300000", "--trace", shipped(GetParam())} + set(settings)));
  }
  [[nodiscard]] std::uint64_t at(const std::string& path) const {
    return all_.at(Json::json_pointer(path)).get<std::uint64_t>();
  }

 private:
  Json all_;
};

TEST_P(Counted, HitsAndMissesByClassAreAllLookups) {
  count({"os.premap=false", "os.remap_interval=500", "os.pages=thp"});
  for (const std::string tlb : {"/mmu/itlb/", "/mmu/dtlb/", "/mmu/l2tlb/"}) {
    EXPECT_GT(at(tlb + "lookups"), 0U);
    EXPECT_EQ(at(tlb + "lookups"), at(tlb + "hits") + at(tlb + "miss_tag") + at(tlb + "miss_unit") +
                                       at(tlb + "miss_content"))
        << tlb;
  }
}

TEST_P(Counted, EachMissGoesOneLevelDownAndEachFillCameFromThere) {
  count({"os.premap=false"});
  const auto misses = [&](const std::string& tlb) {
    return at(tlb + "lookups") - at(tlb + "hits");
  };
  const std::uint64_t faults = at("/mmu/walker/page_faults");
  EXPECT_GT(faults, 0U);
  EXPECT_EQ(faults, at("/os/asid_1/faults") + at("/os/asid_1/marks"));
  EXPECT_EQ(misses("/mmu/itlb/") + misses("/mmu/dtlb/"), at("/mmu/service/requests"));
  EXPECT_EQ(at("/mmu/l2tlb/lookups"), at("/mmu/service/requests"));
  EXPECT_EQ(at("/mmu/walker/walks"), misses("/mmu/l2tlb/"));
  EXPECT_EQ(at("/mmu/l2tlb/fills"), at("/mmu/walker/walks") - faults);
  EXPECT_EQ(at("/mmu/itlb/fills") + at("/mmu/dtlb/fills"), at("/mmu/service/requests") - faults);
}

TEST_P(Counted, EachPageOfAnAccessIsLookedUpOnceAndAgainAfterAFault) {
  count({"os.premap=false"});
  const std::uint64_t lookups = at("/mmu/itlb/lookups") + at("/mmu/dtlb/lookups");
  const std::uint64_t crossings = at("/platform/page_crossings");
  const std::uint64_t once = at("/platform/accesses") + crossings + at("/mmu/walker/page_faults");
  EXPECT_EQ(at("/platform/accesses"), 300000U);
  EXPECT_GE(lookups, once);
  EXPECT_LE(lookups, once + crossings) << "a fault in the second page looks the first one up again";
}

TEST_P(Counted, WithEverythingMappedEachPageOfAnAccessIsLookedUpExactlyOnce) {
  count({"os.premap=true"});
  EXPECT_EQ(at("/mmu/walker/page_faults"), 0U);
  EXPECT_EQ(at("/mmu/itlb/lookups") + at("/mmu/dtlb/lookups"),
            at("/platform/accesses") + at("/platform/page_crossings"));
}

INSTANTIATE_TEST_SUITE_P(Run, Counted, testing::Values("graph", "sort", "database", "compiler"),
                         [](const auto& test) { return test.param; });

TEST(Run, AWholeTracePlaysEveryAccessThatItHolds) {
  const Outcome info = kilburn({"trace", "info", shipped("graph")});
  ASSERT_EQ(info.status, 0) << info.err;
  const auto held = [&](const std::string& what) {
    std::istringstream lines(info.out);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string name;
      std::uint64_t count = 0;
      if (words >> name >> count && name == what) return count;
    }
    ADD_FAILURE() << "no " << what << " in " << info.out;
    return std::uint64_t{0};
  };
  const Json all = Json::parse(statistics_of({"--trace", shipped("graph")}));
  EXPECT_EQ(all["platform"]["instructions"], held("fetches"));
  EXPECT_EQ(all["platform"]["loads"], held("loads"));
  EXPECT_EQ(all["platform"]["stores"], held("stores"));
  EXPECT_EQ(all["platform"]["accesses"], held("records") - held("events"));
}

TEST(Run, StatisticsGoToAnyPlaceThatCanBeWritten) {
  const Folder folder;
  const Arguments run{"run", "--limit", "1000", "--trace", shipped("sort")};
  std::filesystem::create_symlink(folder / "real.json", folder / "link.json");
  folder.write("real.json", "old");
  for (const std::string& stats : {std::string("/dev/null"), folder / "link.json"}) {
    EXPECT_EQ(kilburn(run + Arguments{"--stats", stats}).status, 0) << stats;
  }
  EXPECT_EQ(Json::parse(contents(folder / "real.json"))["platform"]["accesses"], 1000);
}

TEST(Run, TheTableSaysUnitAndMeaningOfWhatTheSummarySays) {
  const Arguments run{"run", "--limit", "50000", "--trace", shipped("sort")};
  const Outcome summary = kilburn(run);
  const Outcome table = kilburn(run + Arguments{"--table"});
  ASSERT_EQ(summary.status, 0) << summary.err;
  ASSERT_EQ(table.status, 0) << table.err;
  EXPECT_THAT(summary.out, testing::HasSubstr("dtlb"));
  EXPECT_THAT(table.out, testing::HasSubstr("fetches, loads and stores played"));
}

}  // namespace
}  // namespace kilburn::platform
