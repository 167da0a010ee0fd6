// What `trace info` says of threads and children of a recorded program.
#include "process.h"
#include "trace/kilburn_writer.h"

namespace kilburn::platform {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string trace_of_threads(const Folder& folder, std::uint8_t threads, bool children) {
  const std::string file = folder / "t.ktrace";
  trace::KilburnWriter writer(file, {});
  std::vector<trace::Record> records;
  for (std::uint8_t i = 0; i < threads; ++i) {
    records.push_back({.address = 0x1000, .kind = trace::Kind::fetch, .size = 4, .requester = i});
  }
  writer.append({.records = records});
  if (children) writer.add_metadata("children", "2, not recorded");
  writer.finish();
  return file;
}

std::string info(const std::string& file) {
  const Outcome outcome = kilburn({"trace", "info", file});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return outcome.out;
}

TEST(TraceInfo, SaysThatThreadsArePlayedOnOneHart) {
  const Folder folder;
  EXPECT_THAT(info(trace_of_threads(folder, 3, false)),
              HasSubstr("note       3 requesters: a run plays them on one hart"));
  EXPECT_THAT(info(trace_of_threads(folder, 1, false)), Not(HasSubstr("note ")));
}

TEST(TraceInfo, SaysThatChildrenAreNotThere) {
  const Folder folder;
  const std::string text = info(trace_of_threads(folder, 1, true));
  EXPECT_THAT(text, HasSubstr("children   2, not recorded\n"));
  EXPECT_THAT(text, HasSubstr("note       the program started other processes: what they did is "
                              "not in the trace"));
}

TEST(TraceInfo, ConversionKeepsWhatTheTraceSays) {
  const Folder folder;
  const std::string file = trace_of_threads(folder, 1, true);
  ASSERT_EQ(kilburn({"trace", "convert", file, folder / "copy.ktrace"}).status, 0);
  EXPECT_THAT(info(folder / "copy.ktrace"), HasSubstr("children   2, not recorded\n"));
}

}  // namespace
}  // namespace kilburn::platform
