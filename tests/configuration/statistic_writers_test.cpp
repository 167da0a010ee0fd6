#include "platform/configuration/statistic_writers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace kilburn {
namespace {

struct TlbStatistics {
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  Histogram density = Histogram::linear(8);

  void visit(StatisticVisitor& v) const {
    v.counter("lookups", lookups, "lookups", "translations asked for");
    v.counter("hits", hits, "lookups", "translations found");
    v.ratio("hit_rate", hits, lookups, "", "share of the lookups that hit");
    v.histogram("density", density, "units", "live units of an entry");
  }
};

struct MmuStatistics {
  std::uint64_t walks = 0;
  TlbStatistics dtlb;
  Histogram cycles = Histogram::log2(6);

  void visit(StatisticVisitor& v) const {
    v.counter("walks", walks, "walks", "page-table walks started");
    v.block("dtlb", dtlb);
    v.histogram("cycles", cycles, "cycles", "latency of a walk");
  }
};

MmuStatistics example() {
  MmuStatistics statistics;
  statistics.walks = 1000;
  statistics.dtlb.lookups = 3;
  statistics.dtlb.hits = 2;
  statistics.dtlb.density.add(1, 3);
  statistics.dtlb.density.add(9, 1);  // counts in the last bucket, 8
  statistics.cycles.add(0);
  statistics.cycles.add(5, 4);
  statistics.cycles.add(100);  // counts in the last bucket, from 16
  return statistics;
}

TEST(StatisticsJson, NestsBlocksInTheOrderOfDeclaration) {
  // 2/3 nearest double: 0.6666666666666666; mean density (3 * 1 + 9) / 4; cycles 120 / 6.
  EXPECT_EQ(statistics_json(statistics_of(example())).dump(),
            R"({"walks":1000,)"
            R"("dtlb":{"lookups":3,"hits":2,"hit_rate":0.6666666666666666,)"
            R"("density":{"count":4,"sum":12,"mean":3.0,"max":9,"buckets":[[1,3],[8,1]]}},)"
            R"("cycles":{"count":6,"sum":120,"mean":20.0,"max":100,)"
            R"("buckets":[[0,1],[4,4],[16,1]]}})");
}

TEST(StatisticsJson, KeepsEveryBitOfACounter) {
  MmuStatistics statistics;
  statistics.walks = std::numeric_limits<std::uint64_t>::max();
  const auto json = nlohmann::json::parse(statistics_json(statistics_of(statistics)).dump());
  EXPECT_EQ(json["walks"].get<std::uint64_t>(), statistics.walks);
}

TEST(StatisticsJson, AFormulaReadsBackToTheSameDouble) {
  for (const double value : {1.0 / 3.0, 0.1, 1e-300, 123456789.123456789, 5e-324}) {
    const auto json =
        statistics_json([&](StatisticVisitor& v) { v.formula("f", value, "", "any number"); });
    EXPECT_EQ(nlohmann::json::parse(json.dump())["f"].get<double>(), value);
  }
}

TEST(StatisticsJson, AFormulaThatIsNotFiniteIsNull) {
  const auto json = statistics_json([](StatisticVisitor& v) {
    v.formula("f", std::numeric_limits<double>::quiet_NaN(), "", "no number");
    v.formula("g", std::numeric_limits<double>::infinity(), "", "no number either");
  });
  EXPECT_EQ(json.dump(), R"({"f":null,"g":null})");
}

TEST(StatisticsJson, NothingDeclaredIsAnEmptyObject) {
  EXPECT_EQ(statistics_json([](StatisticVisitor&) {}).dump(), "{}");
  EXPECT_EQ(statistics_json([](StatisticVisitor& v) {
              v.enter("mmu");
              v.leave();
            }).dump(),
            R"({"mmu":{}})");
}

TEST(StatisticsTable, IsAlignedAndShowsHistogramsBucketByBucket) {
  // The widest name has 10 characters and the widest value 8: values end at column 20.
  EXPECT_EQ(statistics_table(statistics_of(example())),
            "walks           1000  walks    page-table walks started\n"
            "dtlb\n"
            "  lookups          3  lookups  translations asked for\n"
            "  hits             2  lookups  translations found\n"
            "  hit_rate  0.666667           share of the lookups that hit\n"
            "  density          4  samples  live units of an entry: mean 3, max 9 units\n"
            "    1              3  75.0 %   ########################################\n"
            "    8+             1  25.0 %   ##############\n"
            "cycles             6  samples  latency of a walk: mean 20, max 100 cycles\n"
            "  0                1  16.7 %   ##########\n"
            "  4..7             4  66.7 %   ########################################\n"
            "  16+              1  16.7 %   ##########\n");
}

TEST(StatisticsTable, AnEmptyHistogramIsOneLine) {
  EXPECT_EQ(statistics_table([](StatisticVisitor& v) {
              v.histogram("cycles", Histogram::log2(4), "cycles", "latency");
            }),
            "cycles  0  samples  latency: mean 0, max 0 cycles\n");
}

TEST(StatisticsTable, ABucketTooSmallForTheBarStillShows) {
  Histogram histogram = Histogram::linear(3);
  histogram.add(0, 1000000);
  histogram.add(1, 1);
  const std::string table = statistics_table(
      [&](StatisticVisitor& v) { v.histogram("h", histogram, "units", "samples"); });
  EXPECT_THAT(table, testing::HasSubstr("0.0 %    #\n"));
}

TEST(StatisticsList, NamesEachNumberByItsPath) {
  const std::vector<StatisticValue> expected = {
      {"walks", std::uint64_t{1000}, "walks"},
      {"dtlb.lookups", std::uint64_t{3}, "lookups"},
      {"dtlb.hits", std::uint64_t{2}, "lookups"},
      {"dtlb.hit_rate", 2.0 / 3.0, ""},
      {"dtlb.density.count", std::uint64_t{4}, "samples"},
      {"dtlb.density.sum", std::uint64_t{12}, "units"},
      {"dtlb.density.mean", 3.0, "units"},
      {"dtlb.density.max", std::uint64_t{9}, "units"},
      {"cycles.count", std::uint64_t{6}, "samples"},
      {"cycles.sum", std::uint64_t{120}, "cycles"},
      {"cycles.mean", 20.0, "cycles"},
      {"cycles.max", std::uint64_t{100}, "cycles"},
  };
  EXPECT_EQ(statistics_list(statistics_of(example())), expected);
}

TEST(Statistics, ARatioOfNothingIsZero) {
  const auto json = statistics_json(
      [](StatisticVisitor& v) { v.ratio("hit_rate", 0, 0, "", "share of the lookups that hit"); });
  EXPECT_EQ(json.dump(), R"({"hit_rate":0.0})");
}

}  // namespace
}  // namespace kilburn
