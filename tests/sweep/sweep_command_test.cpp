// kilburn sweep as its users run it: both engines, points that fail, shards, exports.
#include <nlohmann/json.hpp>
#include <set>

#include "platform/configuration/statistic_writers.h"
#include "sweep/sweep_fixture.h"

namespace kilburn::platform::sweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST_F(Sweep, BothEnginesFindWhatARunPrints) {
  const std::string fast = write_space("engine = 'translation'", "fast.toml");
  const std::string slow = write_space("engine = 'platform'", "slow.toml");
  ASSERT_EQ(sweep(fast, "fast.db").status, 0);
  ASSERT_EQ(sweep(slow, "slow.db").status, 0);
  const std::string query =
      "SELECT point, path, unit, value FROM statistics JOIN statistic_names ON id = statistic "
      "ORDER BY point, path";
  const Rows statistics = select(folder_ / "slow.db", query);
  EXPECT_GT(statistics.size(), 100 * points);
  EXPECT_EQ(select(folder_ / "fast.db", query), statistics);
  EXPECT_EQ(select(folder_ / "fast.db", "SELECT DISTINCT engine FROM points"),
            (Rows{{"translation"}}));

  const auto command = select(folder_ / "slow.db", "SELECT command FROM points WHERE number = 7");
  EXPECT_EQ(command.at(0).at(0),
            "kilburn run --trace " + shipped("sort") + " --limit 20000 --set mmu.dtlb.entries=16");
  const Outcome run = kilburn({"run", "--trace", shipped("sort"), "--limit", "20000", "--set",
                               "mmu.dtlb.entries=16", "--stats-list"});
  ASSERT_EQ(run.status, 0) << run.err;
  std::set<std::vector<std::string>> expected;
  for (const auto& row : nlohmann::json::parse(run.out)) {
    expected.insert({"7", row[0], row[2],
                     row[1].is_number_float() ? fmt::format("{:a}", row[1].get<double>())
                                              : std::to_string(row[1].get<std::uint64_t>())});
  }
  for (const std::string tlb : {"mmu.itlb", "mmu.dtlb", "mmu.l2tlb"}) {
    PlatformConfig config;
    config.mmu.first_level.dtlb.entries = 16;
    const burst_tlb::TlbConfig& geometry = tlb == "mmu.itlb"   ? config.mmu.first_level.itlb
                                           : tlb == "mmu.dtlb" ? config.mmu.first_level.dtlb
                                                               : config.mmu.service.l2tlb;
    const auto bits = storage_bits(geometry, PagingMode::sv48);
    expected.insert({"7", tlb + ".storage_bits", "bits", std::to_string(bits.total)});
    expected.insert({"7", tlb + ".cam_bits", "bits", std::to_string(bits.cam)});
  }
  std::set<std::vector<std::string>> found;
  for (const auto& row : statistics) {
    if (row[0] == "7") found.insert(row);
  }
  EXPECT_EQ(found, expected);
}

TEST_F(Sweep, TheStatisticsListHoldsWhatTheStatisticsFileHolds) {
  const Arguments run{"run", "--trace", shipped("graph"), "--limit", "20000"};
  const auto all =
      nlohmann::json::parse(statistics_of({"--trace", shipped("graph"), "--limit", "20000"}));
  std::size_t compared = 0;
  for (const auto& row : nlohmann::json::parse(kilburn(run + Arguments{"--stats-list"}).out)) {
    std::string path = fmt::format("/{}", row[0].get<std::string>());
    std::ranges::replace(path, '.', '/');
    EXPECT_EQ(all.at(nlohmann::json::json_pointer(path)), row[1]) << path;
    ++compared;
  }
  EXPECT_GT(compared, 100U);
}

TEST_F(Sweep, AFailingPointIsRecordedWithItsMessageAndTheOthersGoOn) {
  std::vector<std::string> messages;
  for (const std::string engine : {"platform", "translation"}) {
    const std::string space = folder_.write(
        engine + ".toml", "[sweep]\nlimit = 100_000\nengine = '" + engine + "'\ntraces = ['" +
                              shipped("graph") + "']\n[os]\narena_bytes = ['1MiB', '4GiB']\n");
    const std::string database = engine + ".db";
    for (const Arguments& more : {Arguments{}, Arguments{"--resume"}}) {  // failed ones run again
      const Outcome outcome = sweep(space, database, more);
      EXPECT_EQ(outcome.status, 1) << outcome.err;
      EXPECT_THAT(outcome.out, HasSubstr("1 points done, 1 failed"));
      EXPECT_THAT(outcome.err, AllOf(HasSubstr("point 0: "), HasSubstr("os.arena_bytes")));
      const Rows rows =
          select(folder_ / database, "SELECT state, message FROM points ORDER BY number");
      ASSERT_EQ(rows.size(), 2U);
      EXPECT_EQ(rows[0][0], "failed");
      EXPECT_EQ(rows[1], (std::vector<std::string>{"done", ""}));
      messages.push_back(rows[0][1]);
    }
  }
  EXPECT_EQ(std::set(messages.begin(), messages.end()).size(), 1U) << messages.back();
}

TEST_F(Sweep, ADamagedTraceFailsItsPointsOnly) {
  std::string damaged = contents(shipped("graph"));
  for (std::size_t i = 0; i < 64; ++i) damaged[damaged.size() / 2 + i] ^= '\x55';
  folder_.write("bad.ktrace", damaged);
  const std::string space =
      folder_.write("s.toml", "[sweep]\ntraces = ['bad.ktrace', '" + shipped("graph") + "']\n");
  const Outcome outcome = sweep(space, "r.db");
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  const Rows rows = select(folder_ / "r.db", "SELECT state, message FROM points ORDER BY number");
  EXPECT_EQ(rows.at(0).at(0), "failed");
  EXPECT_THAT(rows.at(0).at(1), testing::StartsWith("bad.ktrace"));  // not where it was run
  EXPECT_EQ(rows.at(1).at(0), "done");
}

TEST_F(Sweep, WhatIsNoTraceIsRefusedBeforeAnythingIsWritten) {
  folder_.write("bad.ktrace", "These are words.\n");
  const Outcome outcome =
      sweep(folder_.write("s.toml", "[sweep]\ntraces = ['bad.ktrace']\n"), "r.db");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("bad.ktrace"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "r.db"));
}

TEST_F(Sweep, ShardsCollectedAreTheWhole) {
  const std::string space = write_space("");
  const Rows expected = undisturbed(space);
  const auto collect = [&](const Arguments& shards) {
    return kilburn(Arguments{"sweep", "collect", folder_ / "all.db"} + shards);
  };
  for (int i = 1; i <= 3; ++i) {
    const Outcome shard =
        sweep(space, fmt::format("{}.db", i), {"--shard", fmt::format("{}/3", i)});
    EXPECT_EQ(shard.status, 0) << shard.err;
    EXPECT_EQ(points_in(folder_ / fmt::format("{}.db", i)), points / 3);
  }
  const Outcome part = collect({folder_ / "1.db", folder_ / "3.db"});
  EXPECT_EQ(part.status, 1);
  EXPECT_THAT(part.out, HasSubstr("8 points done, 0 failed, 4 missing"));
  const Outcome whole = collect({folder_ / "2.db"});
  EXPECT_EQ(whole.status, 0) << whole.err;
  EXPECT_EQ(content(folder_ / "all.db"), expected);

  const std::string other = write_space("engine = 'platform'", "other.toml");
  ASSERT_EQ(sweep(other, "other.db", {"--shard", "1/12"}).status, 0);
  const Outcome refused = collect({folder_ / "other.db"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("other.db"), HasSubstr("another space")));
  EXPECT_EQ(collect({folder_ / "missing.db"}).status, 2);
  EXPECT_EQ(content(folder_ / "all.db"), expected);
}

TEST_F(Sweep, ATraceWithLettersBeyondAsciiIsRunByBothEnginesAndByItsCommand) {
  const std::string name = "tracé 日本.ktrace";
  std::filesystem::create_symlink(shipped("sort"), folder_ / name);
  std::filesystem::create_symlink(shipped("graph"), folder_ / "trace xx.ktrace");
  const std::string expected = statistics_of({"--trace", shipped("sort"), "--limit", "3000"});
  const auto accesses = nlohmann::json::parse(expected)["platform"]["loads"].get<std::uint64_t>();
  const auto other = nlohmann::json::parse(
      statistics_of({"--trace", shipped("graph"), "--limit", "3000"}))["platform"]["loads"];
  ASSERT_NE(other, accesses) << "the two can be told apart";
  for (const std::string engine : {"platform", "translation"}) {
    const std::string space =
        folder_.write(engine + ".toml", "[sweep]\nlimit = 3000\nengine = '" + engine +
                                            "'\ntraces = ['" + name + "']\n");
    const Outcome outcome = sweep(space, engine + ".db");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const Rows rows = select(folder_ / (engine + ".db"), "SELECT workload, command FROM points");
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0][0], name);
    EXPECT_THAT(rows[0][1], HasSubstr(name));
  }
  EXPECT_THAT(select(folder_ / "platform.db",
                     "SELECT value FROM statistics JOIN statistic_names ON id = statistic WHERE "
                     "path = 'platform.loads'"),
              testing::ElementsAre(testing::ElementsAre(std::to_string(accesses))));
}

TEST_F(Sweep, ADryRunSaysWhatWouldRunAndRunsNothing) {
  const std::string space = write_space("constraints = ['mmu.dtlb.entries > 8']");
  const Outcome outcome = kilburn({"sweep", space, "--dry-run"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("10 points of 12 combinations"),
                    HasSubstr("mmu.dtlb.entries: 8, 16, 24, 32, 40, 48 (entries)"),
                    HasSubstr("leaves out 2 of 12"), HasSubstr("10 points in 2 groups"),
                    HasSubstr("platform: 0 points")));
  const std::string rtl =
      folder_.write("rtl.toml", "[sweep]\ntraces = ['" + shipped("graph") +
                                    "']\n[mmu.dtlb]\nimplementation = ['model', 'lockstep']\n");
  EXPECT_THAT(kilburn({"sweep", rtl, "--dry-run"}).out,
              AllOf(HasSubstr("translation engine: 1 points"), HasSubstr("platform: 1 points"),
                    HasSubstr("mmu.dtlb.implementation is lockstep")));
  folder_.write("rtl.toml", contents(rtl).insert(8, "engine = 'translation'\n"));
  const Outcome refused = kilburn({"sweep", rtl, "--dry-run"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("cannot run point 1"));
}

TEST_F(Sweep, MistakesOfTheCommandLineAreRefused) {
  const std::string space = write_space("");
  const auto error = [&](const Arguments& arguments) {
    const Outcome outcome = kilburn(Arguments{"sweep"} + arguments);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, testing::Not(HasSubstr("internal error")));
    return outcome.err;
  };
  const std::string database = folder_ / "r.db";
  EXPECT_THAT(error({}), HasSubstr("give a space"));
  EXPECT_THAT(error({space}), HasSubstr("-o RESULTS.db"));
  EXPECT_THAT(error({"/no/such.toml", "-o", database}), HasSubstr("/no/such.toml"));
  EXPECT_THAT(error({space, "-o", "/no/such/r.db"}), HasSubstr("/no/such/r.db"));
  EXPECT_THAT(error({space, "-o", database, "--jobs", "0"}), HasSubstr("--jobs"));
  for (const std::string shard : {"0/2", "3/2", "1", "1/", "/2", "a/b", "1/2/3"}) {
    EXPECT_THAT(error({space, "-o", database, "--shard", shard}),
                HasSubstr("--shard " + shard + ": allowed is I/N"));
  }
  EXPECT_THAT(error({"export", database, "-o", folder_ / "r.csv"}), HasSubstr(database));
  EXPECT_THAT(error({"export", space, "-o", folder_ / "r.csv"}),
              HasSubstr("not results of a sweep, but a sweep's space"));
  EXPECT_FALSE(std::filesystem::exists(database));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "r.csv"));
}

TEST_F(Sweep, TheCsvReadByAnotherReaderHoldsTheDatabase) {
  const std::string space = folder_.write(
      "s.toml", "[sweep]\nlimit = 5000\ntraces = ['" + shipped("graph") +
                    "']\n[sweep.group.g]\nlabels = ['plain', 'with \"quotes\", and commas']\n"
                    "mmu.dtlb.entries = [16, 32]\n");
  ASSERT_EQ(sweep(space, "r.db").status, 0);
  ASSERT_EQ(kilburn({"sweep", "export", folder_ / "r.db", "-o", folder_ / "r.csv"}).status, 0);
  const std::string reader =
      "import csv, json, sys; json.dump(list(csv.reader(open(sys.argv[1], newline=\"\"), "
      "strict=True)), open(sys.argv[2], \"w\"))";
  ASSERT_EQ(std::system(
                fmt::format("python3 -c '{}' {} {}", reader, folder_ / "r.csv", folder_ / "r.json")
                    .c_str()),
            0);
  const auto rows = nlohmann::json::parse(contents(folder_ / "r.json"));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0][2], "g");
  EXPECT_EQ(rows[0][3], "mmu.dtlb.entries [entries]");
  EXPECT_EQ(rows[2][2], "with \"quotes\", and commas");
  EXPECT_EQ(rows[2][3], "32");
  const Rows statistics = select(folder_ / "r.db",
                                 "SELECT path, unit, value FROM statistics JOIN statistic_names "
                                 "ON id = statistic WHERE point = 1 ORDER BY id");
  ASSERT_EQ(rows[0].size(), 8 + statistics.size());
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    const std::string cell = rows[2][8 + i];
    const std::string& unit = statistics[i][1];
    EXPECT_EQ(rows[0][8 + i],
              unit.empty() ? statistics[i][0] : fmt::format("{} [{}]", statistics[i][0], unit));
    const bool real = statistics[i][2].find("0x") != std::string::npos;
    EXPECT_EQ(real ? fmt::format("{:a}", std::stod(cell)) : cell, statistics[i][2]);
  }
}

}  // namespace
}  // namespace kilburn::platform::sweep
