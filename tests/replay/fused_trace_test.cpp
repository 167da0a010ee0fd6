// Regions that the operating system of a trace fuses, and what their verdicts save.
#include <nlohmann/json.hpp>

#include "process.h"
#include "trace/trace.h"

namespace kilburn::platform {
namespace {

using Json = nlohmann::ordered_json;

/// Loads from `pages` pages, one after the other.
std::string walk_through(const Folder& folder, PageNumber pages) {
  const std::string path = folder / "walk.ktrace";
  std::vector<trace::Record> records;
  for (PageNumber page = 0; page < pages; ++page) {
    records.push_back(
        {.address = (0x400 + page) << page_shift, .kind = trace::Kind::load, .size = 8});
  }
  const auto writer = trace::create_trace(path, trace::Format::kilburn);
  writer->append({.records = records});
  writer->finish();
  return path;
}

Json run(const std::string& trace, const std::vector<std::string>& settings) {
  return Json::parse(statistics_of(Arguments{"--trace", trace} + set(settings)));
}

TEST(FusedTrace, NeighboursOfFourKibPagesShareOneVerdict) {
  const Folder folder;
  const std::string trace = walk_through(folder, 512);
  const Json fused = run(trace, {});
  const Json single = run(trace, {"os.fuse=false"});
  EXPECT_GT(fused.at("rmu").at("fuses"), 0);
  EXPECT_EQ(single.at("rmu").at("fuses"), 0);
  const Json& service = fused.at("mmu").at("service");
  EXPECT_GT(service.at("verdicts_shared"), 300) << "of 64 walks with seven neighbours each";
  EXPECT_EQ(single.at("mmu").at("service").at("verdicts_shared"), 0);
  EXPECT_EQ(service.at("verdicts_shared").get<int>() + service.at("neighbour_checks").get<int>(),
            single.at("mmu").at("service").at("neighbour_checks").get<int>());
  EXPECT_LT(fused.at("rmu").at("checks"), single.at("rmu").at("checks"));
}

TEST(FusedTrace, PagesThatComeByFaultAreFusedAsTheirRegionIsCompleted) {
  const Folder folder;
  const Json all = run(walk_through(folder, 512), {"os.premap=false"});
  // Frame 0 is the root, 1 the first page, 2 to 4 are tables, 5 to 515 the other pages: 8 to 63
  // make seven groups of 8; of each 64 up to 511 the first seven eights are groups, and then all of
  // it.
  EXPECT_EQ(all.at("rmu").at("fuses"), 7 + 7 * (7 + 1));
  EXPECT_EQ(all.at("rmu").at("shatters"), 7 * 7);
  EXPECT_EQ(all.at("rmu").at("fused_order").at("max"), 6);
}

TEST(FusedTrace, SetUpBeforehandEachRegionIsFusedOnce) {
  const Folder folder;
  const Json all = run(walk_through(folder, 512), {});
  EXPECT_EQ(all.at("rmu").at("shatters"), 0);
  EXPECT_EQ(all.at("rmu").at("fuses"), 7 + 7) << "of 8 up to frame 63, of 64 up to 511";
}

TEST(FusedTrace, AGroupIsShatteredBeforeAPageOfItGoesToAnotherRealm) {
  const Folder folder;
  const std::string path = folder / "given.ktrace";
  std::vector<trace::Record> records;
  for (PageNumber page = 0; page < 64; ++page) {
    records.push_back({.address = page << page_shift, .kind = trace::Kind::load, .size = 8});
  }
  records.push_back({.event = 0, .kind = trace::Kind::event, .size = 0});
  const std::vector<trace::Event> events{trace::OwnershipChange{Address{9} << page_shift, 1, 7}};
  for (PageNumber page = 10; page < 64; ++page) {
    records.push_back({.address = page << page_shift, .kind = trace::Kind::load, .size = 8});
  }
  const auto write = [&] {
    const auto writer = trace::create_trace(path, trace::Format::kilburn);
    writer->append({.records = records, .events = events});
    writer->finish();
  };
  write();
  const Json all = run(path, {});
  EXPECT_GT(all.at("rmu").at("shatters"), 0);
  // The walk of page 10 brings page 9 in its line: a neighbour denied, no access.
  EXPECT_EQ(all.at("rmu").at("denials").at("not_owner"), 1);
  EXPECT_EQ(all.at("mmu").at("service").at("neighbours_denied"), 1);
  records.push_back({.address = Address{9} << page_shift, .kind = trace::Kind::load, .size = 8});
  write();
  const Outcome denied = kilburn({"run", "--trace", path});
  EXPECT_EQ(denied.status, 2);
  EXPECT_THAT(denied.err, testing::HasSubstr("access fault at 0x9000"));
}

TEST(FusedTrace, ShippedTracesShareVerdicts) {
  for (const std::string name : {"compressor", "updates"}) {
    const Json all = Json::parse(statistics_of({"--limit", "300000", "--trace", shipped(name)}));
    EXPECT_GT(all.at("mmu").at("service").at("verdicts_shared"), 0) << name;
  }
}

}  // namespace
}  // namespace kilburn::platform
