// A trace that says what its program touched before: how it gets it, and what premap makes of it.
#include <nlohmann/json.hpp>

#include "process.h"
#include "trace/trace.h"

namespace kilburn::platform {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

/// Loads from pages 63 down to 0, so that in the trace's own order no two frames follow one
/// another.
std::string downwards(const Folder& folder, const std::string& name,
                      const trace::TouchOrder& order) {
  std::vector<trace::Record> records;
  for (PageNumber page = 64; page-- > 0;) {
    records.push_back({.address = page << page_shift, .kind = trace::Kind::load, .size = 8});
  }
  const std::string path = folder / name;
  const auto writer =
      trace::create_trace(path, trace::Format::kilburn, {.touch_order = !order.empty()});
  writer->append({.records = records});
  writer->set_touch_order(order);
  writer->finish();
  return path;
}

Json run(const std::string& trace, const std::vector<std::string>& settings) {
  return Json::parse(statistics_of(Arguments{"--check", "--trace", trace} + set(settings)));
}

TEST(TouchOrder, PremapGivesFramesInTheOrderOfTheProgram) {
  const Folder folder;
  const std::string trace = downwards(folder, "t.ktrace", {{0, 100}});
  const auto longest = [&](const std::string& order) {
    const Json all = run(trace, {"os.touch_order=" + order});
    return all.at("os").at("asid_1").at("contiguity").at("max").get<unsigned>();
  };
  EXPECT_EQ(longest("program"), 99u) << "pages 1 to 99: tables lie before them, behind page 0";
  EXPECT_EQ(longest("trace"), 1u);
}

TEST(TouchOrder, WhatTheProgramUnmappedIsGivenAgainWithItsNextTouch) {
  const Folder folder;
  // Page 5 is unmapped, and comes again after page 63.
  const std::string trace = downwards(folder, "t.ktrace", {{0, 64}, {5, 1, true}, {5, 1}});
  const Json os = run(trace, {}).at("os").at("asid_1");
  EXPECT_EQ(os.at("unmaps"), 1);
  EXPECT_EQ(os.at("small_leaves"), 65);
  EXPECT_EQ(os.at("frames_used"), 64);
}

TEST(TouchOrder, ConvertTakesItFromAnotherRecordingAndLeavesTheRecords) {
  const Folder folder;
  const std::string trace = downwards(folder, "t.ktrace", {});
  const std::string other = downwards(folder, "other.ktrace", {{10, 54}});
  const std::string made = folder / "made.ktrace";
  const Outcome outcome = kilburn({"trace", "convert", trace, made, "--touch-order-from", other});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(trace::open_trace(made)->description().touch_order, (trace::TouchOrder{{10, 54}}));
  EXPECT_EQ(kilburn({"trace", "dump", made}).out, kilburn({"trace", "dump", trace}).out);
  const std::string info = kilburn({"trace", "info", made}).out;
  EXPECT_THAT(info, HasSubstr("54  pages touched for the first time, in 1 runs"));
  EXPECT_THAT(info, HasSubstr("54  pages of the trace, 84.4 % of them"));
}

TEST(TouchOrder, ConvertAddsTheTouchesOfWhatItLeavesOut) {
  const Folder folder;
  const std::string trace = downwards(folder, "t.ktrace", {{62, 2}});
  const std::string made = folder / "made.ktrace";
  ASSERT_EQ(kilburn({"trace", "convert", trace, made, "--skip", "4"}).status, 0);
  EXPECT_EQ(trace::open_trace(made)->description().touch_order,
            (trace::TouchOrder{{62, 2}, {61, 1}, {60, 1}}));
}

}  // namespace
}  // namespace kilburn::platform
