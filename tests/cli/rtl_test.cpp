// The RTL within the platform, alone and in lock step, and the waveforms of a run.
#include <nlohmann/json.hpp>

#include "process.h"
#include "waveform/vcd_reader.h"

namespace kilburn::platform {
namespace {

/// The data TLB of an RTL configuration, large pages beside it.
const std::vector<std::pair<std::string, std::vector<std::string>>> geometries = {
    {"fa64_b8_tag", {"mmu.dtlb.replacement=tree_plru"}},
    {"fa64_b1_tag", {"mmu.dtlb.replacement=tree_plru", "mmu.dtlb.organisation=conventional"}},
    {"fa16_b16_tdu",
     {"mmu.dtlb.replacement=tree_plru", "mmu.dtlb.entries=16", "mmu.dtlb.units_per_tag=16",
      "mmu.dtlb.context_in=tdu"}},
    {"sa64x4_b4_tag",
     {"mmu.dtlb.replacement=round_robin", "mmu.dtlb.ways=4", "mmu.dtlb.units_per_tag=4"}},
    {"sa128x8_b8_tdu",
     {"mmu.dtlb.replacement=tree_plru", "mmu.dtlb.entries=128", "mmu.dtlb.ways=8",
      "mmu.dtlb.context_in=tdu", "mmu.dtlb.hit_cycles=2"}}};

const std::vector<std::string> disturbed = {"os.aging=0.6", "os.remap_interval=700",
                                            "os.unmap_interval=900"};

class OnTrace : public testing::TestWithParam<std::string> {};

TEST_P(OnTrace, RtlAndLockStepGiveTheStatisticsOfTheModel) {
  for (const auto& [name, settings] : geometries) {
    SCOPED_TRACE(name);
    const Arguments run = Arguments{"--limit", "60000", "--trace", shipped(GetParam())} +
                          set(settings) + set(disturbed);
    const std::string model = statistics_of(run);
    EXPECT_FALSE(model.empty());
    EXPECT_EQ(statistics_of(run + set({"mmu.dtlb.implementation=rtl"})), model);
    EXPECT_EQ(statistics_of(run + set({"mmu.dtlb.implementation=lockstep"})), model);
  }
}

TEST_P(OnTrace, LargePagesAndProcessesChangeNothingOfThat) {
  for (const std::string pages : {"thp", "napot"}) {
    SCOPED_TRACE(pages);
    const Arguments run =
        Arguments{"--limit", "60000", "--trace", shipped(GetParam()), "--trace", shipped("sort")} +
        set({"os.pages=" + pages, "os.context_switch_interval=5000", "os.remap_interval=700",
             "os.unmap_interval=900", "mmu.dtlb.replacement=tree_plru",
             "mmu.itlb.replacement=tree_plru"});
    const std::string model = statistics_of(run);
    EXPECT_FALSE(model.empty());
    EXPECT_EQ(statistics_of(run + set({"mmu.dtlb.implementation=lockstep",
                                       "mmu.itlb.implementation=lockstep"})),
              model);
    const Arguments replicate = run + set({"mmu.dtlb.large_pages=replicate"});
    EXPECT_EQ(statistics_of(replicate + set({"mmu.dtlb.implementation=lockstep"})),
              statistics_of(replicate));
  }
}

INSTANTIATE_TEST_SUITE_P(Rtl, OnTrace,
                         testing::Values("compiler", "compressor", "database", "graph", "key_value",
                                         "script", "sort", "updates"),
                         [](const auto& each) { return each.param; });

TEST(Rtl, AGeometryThatIsNotBuiltIsRefusedWithItsPlaceAndWhatThereIs) {
  const Outcome outcome =
      kilburn({"run", "--trace", shipped("sort"), "--set", "mmu.dtlb.implementation=rtl"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, testing::HasSubstr("mmu.dtlb.implementation: no RTL of this TLB"));
  EXPECT_THAT(outcome.err, testing::HasSubstr("tree_plru or round_robin"));
  EXPECT_THAT(outcome.err, testing::HasSubstr("fa64_b8_tag"));
}

TEST(Cosim, ARandomStreamSaysWhatItDidAndThatThereWasNoDifference) {
  const Outcome outcome =
      kilburn({"cosim", "burst_tlb", "--config", "sa64x4_b4_tag", "--ops", "5000", "--seed", "9"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::HasSubstr("sa64x4_b4_tag seed 9: 500"));
  EXPECT_THAT(outcome.out, testing::HasSubstr("0 differences"));
}

TEST(Cosim, ATraceRunsInLockStepWithItsOwnFillsAndInvalidations) {
  const Outcome outcome = kilburn({"cosim", "burst_tlb", "--config", "sa64x4_b4_tag", "--trace",
                                   shipped("graph"), "--limit", "50000"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::HasSubstr("0 differences"));
  EXPECT_THAT(outcome.out, testing::Not(testing::HasSubstr(" 0 units invalidated")));
}

TEST(Cosim, AConfigurationThatIsNotThereIsRefusedWithThoseThatAre) {
  const Outcome outcome = kilburn({"cosim", "burst_tlb", "--config", "fa99"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, testing::HasSubstr("no RTL configuration \"fa99\""));
  EXPECT_THAT(outcome.err, testing::HasSubstr("fa64_b8_tag"));
}

TEST(Waveform, OfARunShowsEachAccessAndModelAndRtlAlikeAndChangesNoStatistic) {
  const Folder folder;
  const Arguments run = Arguments{"--limit", "3000", "--trace", shipped("sort")} +
                        set({"mmu.dtlb.replacement=tree_plru", "os.unmap_interval=50",
                             "mmu.dtlb.implementation=lockstep"});
  const std::string without = statistics_of(run);
  const std::string with =
      statistics_of(run + Arguments{"--vcd", folder / "run.vcd", "--vcd-from", "0", "--trace-scope",
                                    "hart", "--trace-scope", "mmu.dtlb", "--trace-scope",
                                    "mmu.l2tlb", "--trace-scope", "memory"});
  EXPECT_EQ(with, without);
  const VcdReader read(folder / "run.vcd");
  const auto statistics = nlohmann::json::parse(with);
  const auto dtlb = statistics["mmu"]["dtlb"];
  // A pulse is two changes, and the initial value one.
  const auto pulses = [&](const std::string& signal) { return (read.changes(signal) - 1) / 2; };
  for (const std::string side : {"mmu.dtlb.model.", "mmu.dtlb.rtl."}) {
    EXPECT_EQ(pulses(side + "fill_valid_o"), dtlb["fills"].get<std::uint64_t>());
    EXPECT_GT(pulses(side + "invalidate_valid_o"), 10u);
  }
  EXPECT_EQ(read.changes("mmu.dtlb.mismatch"), 1u) << "never high";
  EXPECT_EQ(read.at("mmu.l2tlb.lookups", read.last_time()),
            statistics["mmu"]["l2tlb"]["lookups"].get<std::uint64_t>());
  EXPECT_THAT(contents(folder / "run.gtkw"), testing::HasSubstr("mmu.dtlb.rtl.lookup_valid_o"));
}

TEST(Waveform, ScopeThatIsNoBlockIsRefusedWithThoseThatAre) {
  const Folder folder;
  const Outcome outcome = kilburn(
      {"run", "--trace", shipped("sort"), "--vcd", folder / "x.vcd", "--trace-scope", "mmu.dtlbb"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, testing::HasSubstr("--trace-scope mmu.dtlbb: no such block"));
  EXPECT_THAT(outcome.err, testing::HasSubstr("mmu.l2tlb"));
}

TEST(Waveform, WindowHoldsOnlyItsCycles) {
  const Folder folder;
  const Arguments run{"run", "--limit", "20000", "--trace", shipped("sort"), "--vcd"};
  EXPECT_EQ(kilburn(run + Arguments{folder / "all.vcd", "--vcd-from", "0"}).status, 0);
  const std::uint64_t from = VcdReader(folder / "all.vcd").last_time() / 500 - 20000;  // 2 GHz
  const std::uint64_t until = from + 3000;
  const Outcome outcome =
      kilburn(run + Arguments{folder / "w.vcd", "--vcd-from", std::to_string(from), "--vcd-until",
                              std::to_string(until)});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const VcdReader read(folder / "w.vcd");
  EXPECT_GE(read.first_time(), from * 500);
  EXPECT_EQ(read.last_time(), until * 500);
  EXPECT_GT(read.changes("hart.va"), 20u);
}

}  // namespace
}  // namespace kilburn::platform
