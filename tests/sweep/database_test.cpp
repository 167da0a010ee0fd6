// The results database by itself: what is refused, what is kept, what is merged.
#include <limits>

#include "platform/sweep/export.h"
#include "sweep/support.h"

namespace kilburn::platform::sweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;

PointResult result(std::uint64_t number, std::uint64_t misses, double rate) {
  return {number,
          "translation",
          "",
          {{"mmu.dtlb.misses", misses, "lookups"}, {"mmu.dtlb.hit_rate", rate, "hits/lookup"}}};
}

class Database : public testing::Test {
 protected:
  SpaceFolder folder_;
  Space space_ = folder_.space("[mmu.dtlb]\nentries = [16, 32, 64]\n");
  std::string path_ = folder_ / "r.db";

  std::string open_error(bool resume = true) {
    return error_of([&] { ResultsDatabase(path_, space_, resume); });
  }
  /// A file that is refused stays as it is.
  void expect_refused(const std::string& message) {
    const std::string before = contents(path_);
    EXPECT_THAT(open_error(true), AllOf(HasSubstr("r.db"), HasSubstr(message)));
    EXPECT_THAT(open_error(false), HasSubstr("r.db"));
    EXPECT_EQ(contents(path_), before);
    EXPECT_THAT(error_of([&] { (void)export_csv(path_); }), HasSubstr(message));
  }
  void fill() {
    ResultsDatabase database(path_, space_, false);
    const std::vector<PointResult> all = {result(0, 9, 0.5), result(1, 5, 0.7), result(2, 3, 0.9)};
    database.add(space_, all);
  }
  void change(const std::string& sql) { SqlConnection(path_, false).execute(sql); }
};

TEST_F(Database, IsNotOverwrittenWithoutResume) {
  fill();
  const Rows before = content(path_);
  EXPECT_THAT(open_error(false), AllOf(HasSubstr("is there already"), HasSubstr("--resume")));
  EXPECT_EQ(content(path_), before);
  EXPECT_EQ(ResultsDatabase(path_, space_, true).counts().done, 3U);
}

TEST_F(Database, OfASweepKilledInItsFirstCommitIsBegunAnew) {
  const std::string open = folder_.write("open.db", "");
  {
    // A transaction that has outgrown its cache: a part of it is in the file, the way back in the
    // journal.
    SqlConnection connection(open, false);
    connection.execute("PRAGMA cache_size = 2; BEGIN EXCLUSIVE; CREATE TABLE meta (key, value)");
    for (int i = 0; i < 200; ++i) {
      connection.execute("INSERT INTO meta VALUES (hex(randomblob(500)), 1)");
    }
    ASSERT_GT(contents(open).size(), 0U);
    std::filesystem::copy_file(open, path_);
    std::filesystem::copy_file(open + "-journal", path_ + "-journal");
  }
  ResultsDatabase database(path_, space_, true);
  const std::vector<PointResult> one = {result(0, 9, 0.5)};
  database.add(space_, one);
  EXPECT_EQ(database.counts().done, 1U);
}

TEST_F(Database, NumbersKeepEveryBit) {
  const double third = 1.0 / 3.0;
  const double tiny = std::numeric_limits<double>::denorm_min();
  {
    ResultsDatabase database(path_, space_, false);
    const std::vector<PointResult> results = {
        result(0, std::numeric_limits<std::int64_t>::max(), third), result(1, 0, tiny),
        result(2, 1, 2.0)};
    database.add(space_, results);
  }
  const Rows rows = select(path_,
                           "SELECT value FROM statistics JOIN statistic_names ON id = statistic "
                           "ORDER BY path, point");
  EXPECT_EQ(rows, (Rows{{fmt::format("{:a}", third)},
                        {fmt::format("{:a}", tiny)},
                        {fmt::format("{:a}", 2.0)},
                        {"9223372036854775807"},
                        {"0"},
                        {"1"}}));
}

TEST_F(Database, AFailedPointIsReplacedByADoneOne) {
  ResultsDatabase database(path_, space_, false);
  const std::vector<PointResult> failed = {{1, "platform", "no frame is left", {}}};
  database.add(space_, failed);
  EXPECT_EQ(database.counts().failed, 1U);
  EXPECT_FALSE(database.done_points()[1]);
  EXPECT_EQ(select(path_, "SELECT state, message FROM points"),
            (Rows{{"failed", "no frame is left"}}));
  const std::vector<PointResult> done = {result(1, 5, 0.7)};
  database.add(space_, done);
  EXPECT_EQ(database.counts().failed, 0U);
  EXPECT_TRUE(database.done_points()[1]);
  EXPECT_EQ(rows_in(path_, "point_values"), 2U);
}

TEST_F(Database, IsOneFileAtTheEnd) {
  const Folder alone;
  path_ = alone / "r.db";
  fill();
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(alone / "")) {
    EXPECT_EQ(entry.path().filename(), "r.db");
    ++files;
  }
  EXPECT_EQ(files, 1U);
}

TEST_F(Database, WhatIsNoSqliteIsRefused) {
  folder_.write("r.db",
                "These are words, and enough of them to be longer than a header is, which "
                "has a hundred bytes at the least.\n");
  expect_refused("not an SQLite file");
}

TEST_F(Database, AnotherProgramsSqliteIsRefused) {
  folder_.write("r.db", "");
  change("CREATE TABLE meta (key, value); INSERT INTO meta VALUES ('schema', '1')");
  expect_refused("no results database of kilburn sweep");
}

TEST_F(Database, ATruncatedOneIsRefused) {
  fill();
  const std::string whole = contents(path_);
  ASSERT_GT(whole.size(), 8192U);
  folder_.write("r.db", whole.substr(0, 8192));
  expect_refused("damaged, perhaps truncated");
}

TEST_F(Database, AnOlderAndANewerOneAreRefused) {
  fill();
  for (const std::string schema : {"0", "2"}) {
    change("UPDATE meta SET value = '" + schema + "' WHERE key = 'schema'");
    expect_refused("its tables are of version " + schema);
  }
}

TEST_F(Database, ResultsOfTwoProgramsDoNotMix) {
  fill();
  change("UPDATE meta SET value = '0.0.9' WHERE key = 'program'");
  EXPECT_THAT(open_error(), AllOf(HasSubstr("0.0.9"), HasSubstr("do not mix")));
}

TEST_F(Database, AnotherSpaceIsRefused) {
  fill();
  const Space other = folder_.space("[mmu.dtlb]\nentries = [16, 32]\n");
  EXPECT_THAT(error_of([&] { ResultsDatabase(path_, other, true); }),
              AllOf(HasSubstr("another space"), HasSubstr("of 3 points"), HasSubstr("of 2")));
  folder_.write("a.ktrace", "changed");
  space_ = folder_.space("[mmu.dtlb]\nentries = [16, 32, 64]\n");
  EXPECT_THAT(open_error(), HasSubstr("a trace has changed"));
}

TEST_F(Database, APathThatCannotBeWrittenIsRefused) {
  path_ = "/no/such/folder/r.db";
  EXPECT_THAT(open_error(false), AllOf(HasSubstr(path_), HasSubstr("cannot be written")));
  path_ = folder_ / "";
  EXPECT_THAT(open_error(false), HasSubstr("cannot be written"));
}

TEST_F(Database, IsAFileAlsoUnderANameThatSqliteKnowsOtherwise) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(std::filesystem::path(path_).parent_path());
  path_ = ":memory:";
  fill();
  EXPECT_GT(std::filesystem::file_size(":memory:"), 0U);
  EXPECT_EQ(ResultsDatabase(path_, space_, true).counts().done, 3U);
  std::filesystem::current_path(before);
}

TEST_F(Database, ASecondWriterIsRefusedAndReadersAreNot) {
  ResultsDatabase first(path_, space_, false);
  const std::vector<PointResult> one = {result(0, 9, 0.5)};
  first.add(space_, one);
  EXPECT_THAT(open_error(true), HasSubstr("another sweep is writing to it"));
  EXPECT_THAT(open_error(false), HasSubstr("another sweep is writing to it"));
  EXPECT_THAT(export_csv(path_), HasSubstr("0.5"));
  const std::vector<PointResult> two = {result(1, 9, 0.5)};
  first.add(space_, two);
  EXPECT_EQ(first.counts().done, 2U);
}

TEST_F(Database, ABatchThatFailsLeavesNothingOfItself) {
  ResultsDatabase database(path_, space_, false);
  const std::vector<PointResult> one = {result(0, 9, 0.5)};
  database.add(space_, one);
  std::vector<PointResult> bad = {result(1, 9, 0.5), result(2, 1, 0.1)};
  bad[1].statistics.push_back({"new", std::uint64_t{1}, ""});
  bad[1].statistics.push_back(bad[1].statistics.back());  // twice at one point: refused
  EXPECT_ANY_THROW(database.add(space_, bad));
  EXPECT_EQ(database.counts().done, 1U);
  bad[1].statistics.pop_back();
  database.add(space_, bad);
  EXPECT_EQ(database.counts().done, 3U);
}

TEST_F(Database, ShardsMergeToTheWhole) {
  fill();
  const auto shard = [&](const std::string& name, const std::vector<PointResult>& results) {
    ResultsDatabase database(folder_ / name, space_, false);
    database.add(space_, results);
  };
  shard("1.db", {result(2, 3, 0.9), {1, "translation", "failed here", {}}});
  shard("2.db", {result(0, 9, 0.5)});
  shard("3.db", {result(1, 5, 0.7)});
  {
    ResultsDatabase merged(folder_ / "m.db", folder_ / "1.db");
    merged.merge(folder_ / "1.db");
    EXPECT_EQ(merged.counts().failed, 1U);
    merged.merge(folder_ / "2.db");
    merged.merge(folder_ / "3.db");
    merged.merge(folder_ / "1.db");  // again: a failure does not replace what is done
  }
  EXPECT_EQ(content(folder_ / "m.db"), content(path_));
}

TEST_F(Database, AShardOfAnotherSpaceIsRefused) {
  fill();
  const Space other = folder_.space("[mmu.dtlb]\nentries = [16, 32]\n");
  { ResultsDatabase(folder_ / "o.db", other, false); }
  const Rows before = content(path_);
  ResultsDatabase database(path_, folder_ / "o.db");
  EXPECT_THAT(error_of([&] { database.merge(folder_ / "o.db"); }),
              AllOf(HasSubstr("o.db"), HasSubstr("another space")));
  EXPECT_EQ(content(path_), before);
}

}  // namespace
}  // namespace kilburn::platform::sweep
