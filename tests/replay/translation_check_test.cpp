// Every translation that a platform uses, compared with a walk in software: all shipped traces on
// many platforms.
#include <nlohmann/json.hpp>

#include "process.h"

namespace kilburn::platform {
namespace {

struct Case {
  std::string name;
  std::vector<std::string> settings;
  unsigned processes = 1;
};

std::vector<std::string> for_each_tlb(const std::string& setting) {
  return {"mmu.itlb." + setting, "mmu.dtlb." + setting, "mmu.l2tlb." + setting};
}

const std::vector<std::string> disturbed = {"os.remap_interval=500", "os.unmap_interval=700"};

const std::vector<Case> cases = {
    {"Defaults", {}},
    {"PagesByFault", {"os.premap=false"}},
    {"HugePages", {"os.pages=thp"}},
    {"HugePagesDisturbed", Arguments{"os.pages=thp"} + disturbed},
    {"HugePagesInUnits", Arguments{"os.pages=thp"} + for_each_tlb("large_pages=replicate")},
    {"Napot", {"os.pages=napot"}},
    {"NapotDisturbed", Arguments{"os.pages=napot"} + disturbed},
    {"EagerPlacement", {"os.placement=eager"}},
    {"EagerPopulated", Arguments{"os.placement=eager", "os.populate=true"} + disturbed},
    {"Aged", {"os.aging=0.7"}},
    {"AgedAndDisturbed", Arguments{"os.aging=0.7"} + disturbed},
    {"TwoProcesses", Arguments{"os.context_switch_interval=1000"} + disturbed, 2},
    {"TwoProcessesOfOneRealm",
     {"os.context_switch_interval=1000", "os.realm_per_process=false"},
     2},
    {"ContextInUnits",
     Arguments{"os.context_switch_interval=1000"} + for_each_tlb("context_in=tdu") + disturbed, 2},
    {"Sv57", {"os.mode=sv57"}},
    {"AccessedAndDirtyByFault", Arguments{"mmu.walker.ad_update=fault"} + disturbed},
    {"AccessedAndDirtyByFaultNotPremapped",
     {"mmu.walker.ad_update=fault", "os.premap=false", "os.pages=thp"}},
    {"WithoutOwnership", Arguments{"rmu.enabled=false"} + disturbed},
    {"NothingFused", {"os.fuse=false", "os.placement=eager"}},
    {"NoPageTableCache", Arguments{"mmu.page_table_cache.organisation=off"} + disturbed},
    {"PageTableCacheByPhysicalAddress",
     Arguments{"mmu.page_table_cache.organisation=physical"} + disturbed},
    {"PageTableCacheByIndices",
     Arguments{"mmu.page_table_cache.organisation=translation"} + disturbed},
    {"PageTableCacheByPath",
     Arguments{"mmu.page_table_cache.organisation=translation_path"} + disturbed},
    {"PageTableCacheFlushedUnlessLastLevel",
     Arguments{"mmu.page_table_cache.invalidation=flush_unless_last_level"} + disturbed},
    {"PageTableCacheFlushed", Arguments{"mmu.page_table_cache.invalidation=flush_all"} + disturbed},
    {"Conventional", for_each_tlb("organisation=conventional") + disturbed},
    {"Contiguous", for_each_tlb("organisation=contiguous") + disturbed},
    {"ContiguousEager",
     for_each_tlb("organisation=contiguous") + Arguments{"os.placement=eager"} + disturbed},
    {"ColtFaOfContiguousFrames", for_each_tlb("organisation=colt_fa") +
                                     Arguments{"mmu.l2tlb.ways=0", "os.placement=eager"} +
                                     disturbed},
    {"ColtFaOfHugePages", for_each_tlb("organisation=colt_fa") +
                              Arguments{"mmu.l2tlb.ways=0", "os.pages=thp"} + disturbed},
    {"Clustered", for_each_tlb("organisation=clustered") + disturbed},
    {"ClusteredNapot",
     for_each_tlb("organisation=clustered") + Arguments{"os.pages=napot"} + disturbed},
    {"SixteenUnits", for_each_tlb("units_per_tag=16") + disturbed},
    {"SingleFill", for_each_tlb("fill=single") + disturbed},
    {"WholeEntriesRefilled", Arguments{"mmu.refill=entry"} + disturbed},
    {"RandomReplacement", for_each_tlb("replacement=random") + disturbed},
    {"Guest", {"os.guest=true"}},
    {"GuestDisturbed",
     Arguments{"os.guest=true", "os.host.remap_interval=500", "os.host.unmap_interval=700"} +
         disturbed},
    {"GuestOfLargePagesDisturbed",
     Arguments{"os.guest=true", "os.pages=napot", "os.host.pages=thp", "os.host.aging=0.5",
               "os.premap=false", "os.host.remap_interval=500", "os.host.unmap_interval=700",
               "os.context_switch_interval=1000"} +
         disturbed,
     2},
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class TranslationChecked : public testing::TestWithParam<Case> {};

TEST_P(TranslationChecked, EveryTraceUsesOnlyWhatThePageTablesSay) {
  const std::vector<std::string> traces = shipped_traces();
  ASSERT_FALSE(traces.empty());
  const Case& c = GetParam();
  for (std::size_t i = 0; i < traces.size(); ++i) {
    SCOPED_TRACE(traces[i]);
    const Folder folder;
    Arguments run{"run", "--check", "--limit", "100000", "--stats", folder / "s.json"};
    for (unsigned p = 0; p < c.processes; ++p) {
      run = run + Arguments{"--trace", traces[(i + p) % traces.size()]};
    }
    const Outcome outcome = kilburn(run + set(c.settings));
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    const auto all = nlohmann::json::parse(contents(folder / "s.json"));
    const auto& platform = all.at("platform");
    EXPECT_EQ(platform.at("accesses"), 100000);
    // What was checked is what was used: each page of each access, a first page again where the
    // second one faulted.
    const std::string text = " translations checked against a walk in software, all equal\n";
    const std::size_t end = outcome.out.find(text);
    ASSERT_NE(end, std::string::npos) << outcome.out;
    const std::size_t start = outcome.out.rfind('\n', end) + 1;
    const std::uint64_t checked = std::stoull(outcome.out.substr(start, end - start));
    const std::uint64_t crossings = platform.at("page_crossings");
    EXPECT_GE(checked, 100000 + crossings);
    EXPECT_LE(checked, 100000 + 2 * crossings);
  }
}

INSTANTIATE_TEST_SUITE_P(Run, TranslationChecked, testing::ValuesIn(cases),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace kilburn::platform
