// The traces that the repository ships: whole, described, and as different as README.md says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shipped_traces.h"
#include "trace/counter.h"
#include "trace_support.h"

namespace kilburn::trace::test {
namespace {

constexpr const char* names[] = {"compiler",  "compressor", "database", "graph",
                                 "key_value", "script",     "sort",     "updates"};

class ShippedTraces : public testing::TestWithParam<const char*> {};

TEST_P(ShippedTraces, AreWholeAndCountWhatTheySay) {
  const auto reader = open_trace(shipped(GetParam()));
  Counter counter;
  for (Batch batch = reader->next(); !batch.empty(); batch = reader->next()) {
    require_canonical(batch, PagingMode::sv48, GetParam(), counter.counts().records);
    counter.add(batch.records);
  }
  EXPECT_EQ(counter.counts(), reader->description().counts);
  EXPECT_GE(counter.counts().records, 1000000u);
}

TEST_P(ShippedTraces, SayWhereTheyComeFromAndAreSmall) {
  const auto reader = open_trace(shipped(GetParam()));
  for (const char* key : {"origin", "command", "seed", "program", "recorder"}) {
    EXPECT_THAT(reader->description().metadata, testing::Contains(testing::Key(key)));
  }
  EXPECT_LE(std::filesystem::file_size(shipped(GetParam())), 1100000u);
}

INSTANTIATE_TEST_SUITE_P(Each, ShippedTraces, testing::ValuesIn(names),
                         [](const auto& each) { return std::string(each.param); });

TEST(ShippedTraces, DifferInFootprint) {
  const auto pages_per_million = [](const std::string& name) {
    const Counts counts = open_trace(shipped(name))->description().counts.value();
    return 1e6 * static_cast<double>(counts.pages) / static_cast<double>(counts.records);
  };
  EXPECT_GT(pages_per_million("updates"), 10 * pages_per_million("graph") / 2);
  EXPECT_GT(pages_per_million("graph"), 5 * pages_per_million("database"));
}

}  // namespace
}  // namespace kilburn::trace::test
