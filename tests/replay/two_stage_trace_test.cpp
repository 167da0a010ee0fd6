// os.guest: a trace's process in a guest of its own. Reads of two-stage walks against arithmetic,
// and the host's changes.
#include <nlohmann/json.hpp>

#include "process.h"
#include "trace/trace.h"

namespace kilburn::platform {
namespace {

using Json = nlohmann::ordered_json;

/// Loads from the first byte of each page, in this order.
std::string trace_of(const Folder& folder, const std::vector<PageNumber>& pages) {
  const std::string path = folder / "loads.ktrace";
  std::vector<trace::Record> records;
  for (const PageNumber page : pages) {
    records.push_back({.address = page << page_shift, .kind = trace::Kind::load, .size = 8});
  }
  const auto writer = trace::create_trace(path, trace::Format::kilburn);
  writer->append({.records = records});
  writer->finish();
  return path;
}

struct Reads {
  std::string mode;
  std::string pages;
  std::string host_pages;
  unsigned stage1;  ///< descriptors of the process's tables
  unsigned guest;   ///< and of the G-stage's
};

class ColdWalk : public testing::TestWithParam<Reads> {};

// A walk of n levels under a G-stage walk of m reads: each of the n descriptors, and then the
// frame, is found by m reads: (n + 1) * m + n. Leaves of 2 MiB end a walk one level earlier.
TEST_P(ColdWalk, TakesTheReadsThatTheLevelsOfBothStagesSay) {
  const Folder folder;
  const Json all = Json::parse(statistics_of(
      Arguments{"--trace", trace_of(folder, {0x12345})} +
      set({"os.guest=true", "os.mode=" + GetParam().mode, "os.host.mode=" + GetParam().mode,
           "os.pages=" + GetParam().pages, "os.host.pages=" + GetParam().host_pages,
           "mmu.page_table_cache.organisation=off"})));
  const Json& walker = all.at("mmu").at("walker");
  EXPECT_EQ(walker.at("walks"), 1);
  EXPECT_EQ(walker.at("memory_reads"), GetParam().stage1 + GetParam().guest);
  EXPECT_EQ(walker.at("guest_reads"), GetParam().guest);
}

INSTANTIATE_TEST_SUITE_P(
    TwoStages, ColdWalk,
    testing::Values(Reads{"sv39", "small", "small", 3, 12}, Reads{"sv48", "small", "small", 4, 20},
                    Reads{"sv57", "small", "small", 5, 30}, Reads{"sv48", "small", "thp", 4, 15},
                    Reads{"sv48", "thp", "small", 3, 16}, Reads{"sv48", "thp", "thp", 3, 12},
                    Reads{"sv48", "napot", "napot", 4, 20}),
    [](const auto& test) {
      const Reads& r = test.param;
      return r.mode + "_" + r.pages + "_" + r.host_pages;
    });

TEST(TwoStageTrace, WithoutAGuestNoDescriptorIsTheGStages) {
  const Folder folder;
  const Json all = Json::parse(statistics_of(Arguments{"--trace", trace_of(folder, {1})} +
                                             set({"mmu.page_table_cache.organisation=off"})));
  EXPECT_EQ(all.at("mmu").at("walker").at("memory_reads"), 4);
  EXPECT_EQ(all.at("mmu").at("walker").at("guest_reads"), 0);
  EXPECT_FALSE(all.at("os").contains("vmid_1"));
}

TEST(TwoStageTrace, AHugeLeafIsHeldAsLargeAsTheGStagesLeafUnderIt) {
  const Folder folder;
  std::vector<PageNumber> pages;
  for (PageNumber page = 0x200; page < 0x400; ++page) pages.push_back(page);
  const auto walks = [&](const std::string& host_pages) {
    const Json all = Json::parse(
        statistics_of(Arguments{"--trace", trace_of(folder, pages)} +
                      set({"os.guest=true", "os.pages=thp", "os.host.pages=" + host_pages})));
    return all.at("mmu").at("walker").at("walks").get<unsigned>();
  };
  EXPECT_EQ(walks("thp"), 1u);
  EXPECT_EQ(walks("small"), 512u / 8) << "a line of G-stage PTEs brings seven neighbours";
}

TEST(TwoStageTrace, TheHostsChangesAreFaultsOfTheGStage) {
  const Json all = Json::parse(statistics_of(
      Arguments{"--limit", "100000", "--trace", shipped("graph")} +
      set({"os.guest=true", "os.host.unmap_interval=500", "os.host.remap_interval=700"})));
  const Json& host = all.at("os").at("vmid_1");
  EXPECT_GT(host.at("unmaps"), 0);
  EXPECT_EQ(host.at("remaps"), 100000 / 700);
  EXPECT_GT(all.at("mmu").at("walker").at("guest_page_faults"), 0);
  EXPECT_EQ(all.at("mmu").at("walker").at("page_faults"), 0) << "pages are mapped beforehand";
  EXPECT_GT(all.at("os").at("asid_1").at("frames_used"), 0);
}

TEST(TwoStageTrace, TooSmallAHostIsNamedByItsParameter) {
  const Folder output;
  const Outcome outcome = kilburn(Arguments{"run", "--trace", shipped("graph")} +
                                  set({"os.guest=true", "os.host.arena_bytes=1MiB"}));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, testing::HasSubstr("os.host.arena_bytes"));
}

}  // namespace
}  // namespace kilburn::platform
