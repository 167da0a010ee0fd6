// kilburn report reads a sweep's database, and says what is wrong with what is none.
#include "platform/sweep/sweep_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "common/error.h"
#include "report/database_by_hand.h"

namespace kilburn::platform::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(const std::string& path) {
  try {
    (void)read_sweep_results(path);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(SweepResults, PointsValuesAndStatisticsComeByNumberWhateverTheOrderOfTheRows) {
  const DatabaseByHand database("order.db");
  database.run(R"(
    INSERT INTO axes VALUES (0, 'trace', 'trace', ''), (1, 'mmu.dtlb.entries', 'parameter', 'entries');
    INSERT INTO points VALUES (7, 'b', 'sort', 3, 'platform', 'failed', 'went wrong', 'run b');
    INSERT INTO points VALUES (2, 'a', 'graph', NULL, 'translation', 'done', NULL, 'run a');
    INSERT INTO point_values VALUES (7, 1, '64'), (2, 0, 'graph'), (2, 1, '32');
    INSERT INTO statistic_names VALUES (5, 'x.rate', 'hits/lookup'), (9, 'x.hits', 'lookups');
    INSERT INTO statistics VALUES (2, 9, 4000000000), (2, 5, 0.1);
    INSERT INTO areas VALUES ('ENTRIES=64', 10, 20, NULL, '3', 'yosys');)");
  const SweepResults results = read_sweep_results(database.path());

  ASSERT_EQ(results.points.size(), 2u);
  const Point& first = results.points[0];
  EXPECT_EQ(first.number, 2);
  EXPECT_EQ(first.key, "a");
  EXPECT_EQ(first.workload, "graph");
  EXPECT_EQ(first.seed, "");
  EXPECT_TRUE(first.done);
  EXPECT_EQ(first.command, "run a");
  EXPECT_THAT(first.values, ElementsAre("graph", "32"));
  const Point& second = results.points[1];
  EXPECT_EQ(second.number, 7);
  EXPECT_EQ(second.seed, "3");
  EXPECT_EQ(second.engine, "platform");
  EXPECT_FALSE(second.done);
  EXPECT_EQ(second.message, "went wrong");
  EXPECT_THAT(second.values, ElementsAre("", "64"));

  ASSERT_EQ(results.axes.size(), 2u);
  EXPECT_EQ(results.axes[1].unit, "entries");
  ASSERT_NE(results.statistic("x.hits"), nullptr);
  EXPECT_EQ(results.statistic("x.hits")->unit, "lookups");
  EXPECT_EQ(results.statistic("x.hits")->values[0], 4e9);
  EXPECT_TRUE(std::isnan(results.statistic("x.hits")->values[1]));
  EXPECT_EQ(results.statistic("x.rate")->values[0], 0.1);
  ASSERT_EQ(results.areas.size(), 1u);
  EXPECT_EQ(results.areas[0].flip_flops, 20.0);
  EXPECT_FALSE(results.areas[0].gates.has_value());
}

TEST(SweepResults, AStatisticThatIsNullIsMissingAndOneThatNoPointHasIsLeftOut) {
  const DatabaseByHand database("null.db");
  database.run(R"(
    INSERT INTO points VALUES (0, 'a', 'w', NULL, 'e', 'done', NULL, 'c'), (1, 'b', 'w', NULL, 'e', 'done', NULL, 'c');
    INSERT INTO statistic_names VALUES (1, 'half', ''), (2, 'never', '');
    INSERT INTO statistics VALUES (0, 1, NULL), (1, 1, 2), (0, 2, NULL);)");
  const SweepResults results = read_sweep_results(database.path());
  ASSERT_EQ(results.statistics.size(), 1u);
  EXPECT_TRUE(std::isnan(results.statistics[0].values[0]));
  EXPECT_EQ(results.statistics[0].values[1], 2.0);
}

TEST(SweepResults, ReadingChangesNothing) {
  const DatabaseByHand database("unchanged.db");
  const std::string before = database.bytes();
  (void)read_sweep_results(database.path());
  EXPECT_EQ(database.bytes(), before);
}

TEST(SweepResults, WhatIsNotThereIsNamed) {
  EXPECT_THAT(error_of("no/such/file.db"), HasSubstr("no/such/file.db"));
}

TEST(SweepResults, AnotherFileIsNoDatabase) {
  const std::string path = testing::TempDir() + "text.db";
  std::ofstream(path)
      << "this is a text, and long enough to be taken for a header of SQLite, were it one";
  EXPECT_THAT(error_of(path), HasSubstr(path));
  EXPECT_THAT(error_of(path), HasSubstr("database"));
}

TEST(SweepResults, AnSqliteFileOfAnotherProgramIsNoResultsDatabase) {
  const DatabaseByHand database("other.db");
  database.run("PRAGMA application_id = 1");
  EXPECT_THAT(error_of(database.path()), HasSubstr("no results database"));
}

TEST(SweepResults, TablesOfAnotherVersionAreRefusedWithBothVersions) {
  const DatabaseByHand database("older.db");
  database.run("UPDATE meta SET value = '0' WHERE key = 'schema'");
  EXPECT_THAT(error_of(database.path()), HasSubstr("version 0"));
  EXPECT_THAT(error_of(database.path()), HasSubstr("version 1"));
}

}  // namespace
}  // namespace kilburn::platform::report
