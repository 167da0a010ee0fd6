// kilburn sweep area: Yosys on the geometries of a sweep, and what the report makes of it.
#include "platform/report/area/derived_statistics.h"
#include "platform/report/area/rtl_geometry.h"
#include "platform/report/area/synthesis.h"
#include "platform/sweep/sqlite.h"
#include "process.h"

namespace kilburn::platform::report {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Area : public testing::Test {
 protected:
  /// Two geometries of the data TLB that synthesise in seconds, each at two cache sizes.
  std::string swept(const std::string& rest = "") const {
    const std::string space =
        folder_.write("space.toml", "[sweep]\nlimit = 2000\ntraces = ['" + shipped("graph") +
                                        "']\n[mmu.dtlb]\nentries = [2, 4]\nunits_per_tag = 2\n" +
                                        rest + "[cache.l1d]\nbytes = ['16KiB', '32KiB']\n");
    std::string database = folder_ / "r.db";
    const Outcome outcome = kilburn({"sweep", space, "-o", database});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return database;
  }
  static std::vector<std::string> geometries_in(const std::string& database) {
    std::vector<std::string> geometries;
    for (const auto& area : read_sweep_results(database).areas) geometries.push_back(area.geometry);
    return geometries;
  }
  Folder folder_;
};

TEST_F(Area, OfEachGeometryOnceAndTheReportSaysSynthesised) {
  const std::string database = swept();
  const Outcome first = kilburn({"sweep", "area", database});
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("2 geometries synthesised, 0 known before, 0 left"));
  const Outcome second = kilburn({"sweep", "area", database});
  EXPECT_THAT(second.out, HasSubstr("0 geometries synthesised, 2 known before, 0 left"));

  SweepResults results = read_sweep_results(database);
  ASSERT_EQ(results.areas.size(), 2U);
  EXPECT_LT(results.areas[0].gates, results.areas[1].gates);  // 2 entries, 4 entries
  EXPECT_LT(results.areas[0].flip_flops, results.areas[1].flip_flops);
  const DerivedStatistics derived = add_derived_statistics(results);
  const auto column = std::ranges::find(derived.areas, "mmu.dtlb.gates", &AreaColumn::path);
  ASSERT_NE(column, derived.areas.end());
  EXPECT_EQ(column->sources, std::vector(4, AreaSource::other_policy));  // LRU
  const Statistic* gates = results.statistic("mmu.dtlb.gates");
  ASSERT_NE(gates, nullptr);
  for (std::size_t i = 0; i < results.points.size(); ++i) {
    EXPECT_EQ(gates->values[i], results.areas[i / 2].gates) << i;
  }
}

TEST_F(Area, TheBitsAreThoseThatTheModelCounts) {
  const std::string database = swept("replacement = 'tree_plru'\n");
  ASSERT_EQ(kilburn({"sweep", "area", database}).status, 0);
  sweep::SqlConnection connection(database, true);
  sweep::SqlStatement rows(connection,
                           "SELECT bits, gates, path FROM areas WHERE geometry LIKE 'ENTRIES=2 %'");
  ASSERT_TRUE(rows.step());
  // Two entries of two units: a tag of 36 - 1 bits and 1 + 3 * 16 of context, units of 44 + 16 bits
  // and a valid bit, one bit of tree.
  EXPECT_EQ(rows.text(0), std::to_string(2 * (35 + 49 + 2 * 61) + 1));
  EXPECT_GT(std::stod(rows.text(1)), 1000);
  EXPECT_GT(std::stoi(rows.text(2)), 10);
}

TEST_F(Area, WhereTheTimeIsOverItGoesOnNextTime) {
  const std::string database = swept();
  const Outcome outcome = kilburn({"sweep", "area", database, "--minutes", "0.0001"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("0 geometries synthesised, 0 known before, 2 left: the same"));
  EXPECT_TRUE(geometries_in(database).empty());
}

TEST_F(Area, WhatWouldEatTheTimeIsPutBehindAndTheCommandSaysSo) {
  const std::string space =
      folder_.write("space.toml", "[sweep]\nlimit = 2000\ntraces = ['" + shipped("graph") +
                                      "']\n[mmu.dtlb]\nentries = [2, 4096]\nunits_per_tag = 2\n");
  const std::string database = folder_ / "r.db";
  ASSERT_EQ(kilburn({"sweep", space, "-o", database}).status, 0);
  const Outcome outcome = kilburn({"sweep", "area", database, "--minutes", "5"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1 geometries synthesised, 0 known before, 1 left"));
  EXPECT_THAT(outcome.out, HasSubstr("0 of those left between synthesised ones, 1 beyond them"));
  EXPECT_THAT(outcome.out, HasSubstr("1 at corners of the space was put behind"));
  const Outcome page = kilburn({"report", database, "-o", folder_ / "page.html"});
  EXPECT_THAT(page.out, HasSubstr("of 1 beyond them: on no front"));
}

TEST_F(Area, TheCsvHasItWithItsWeightsAndSource) {
  const std::string database = swept();
  const std::string csv = folder_ / "r.csv";
  ASSERT_EQ(kilburn({"sweep", "export", database, "-o", csv}).status, 0);
  EXPECT_THAT(contents(csv), testing::Not(HasSubstr("mmu.dtlb.gates")));
  sweep::SqlConnection connection(database, false);
  connection.execute(
      "INSERT INTO areas VALUES ('ENTRIES=4 WAYS=4 BURST=2 VPN_WIDTH=36', 1, 700, 9000, '1', "
      "'yosys')");
  ASSERT_EQ(kilburn({"sweep", "export", database, "-o", csv, "--gates-per-bit", "0.5"}).status, 0);
  EXPECT_THAT(contents(csv),
              HasSubstr("mmu.dtlb.gates [gates],mmu.dtlb.flip_flops [flip-flops],"
                        "mmu.dtlb.unit_memory_bits [bits],mmu.dtlb.gate_equivalents "
                        "[gates + 6 x flip-flops + 0.5 x bits],mmu.dtlb.area_source"));
  // 9000 + 6 x 700 + 0.5 x 4 x 2 x 60
  EXPECT_THAT(contents(csv), HasSubstr(",9000,700,480,13440,\"estimated: synthesised with another "
                                       "replacement"));
  EXPECT_EQ(kilburn({"sweep", "export", database, "-o", csv, "--gates-per-bit", "-1"}).status, 2);
}

TEST_F(Area, CtrlCKeepsWhatIsDoneAndEndsYosys) {
  const std::string space =
      folder_.write("space.toml", "[sweep]\nlimit = 2000\ntraces = ['" + shipped("graph") +
                                      "']\n[mmu.dtlb]\nunits_per_tag = [8, 16]\n");
  const std::string database = folder_ / "r.db";
  ASSERT_EQ(kilburn({"sweep", space, "-o", database}).status, 0);
  Process process({"sweep", "area", database});  // minutes long
  std::vector<pid_t> yosys;
  const auto started = [&] {
    for (const pid_t script : children_of(process.pid())) yosys = children_of(script);
    return !yosys.empty();
  };
  ASSERT_TRUE(wait_until(started, "Yosys"));
  ASSERT_EQ(kill(process.pid(), SIGINT), 0);
  const Outcome outcome = process.wait();
  expect_gone(yosys);
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("2 left"));
  EXPECT_TRUE(geometries_in(database).empty());
}

TEST_F(Area, OfWhatTheSweepDoesNotVaryIsNotSynthesised) {
  const std::string space =
      folder_.write("space.toml", "[sweep]\nlimit = 2000\ntraces = ['" + shipped("graph") +
                                      "']\n[cache.l1d]\nbytes = ['16KiB', '32KiB']\n");
  const std::string database = folder_ / "r.db";
  ASSERT_EQ(kilburn({"sweep", space, "-o", database}).status, 0);
  EXPECT_TRUE(geometries_without_area(read_sweep_results(database)).empty());
}

TEST_F(Area, ContiguousTlbsHaveNone) {
  const std::string space = folder_.write(
      "space.toml", "[sweep]\nlimit = 2000\ntraces = ['" + shipped("graph") +
                        "']\n[mmu.dtlb]\norganisation = ['contiguous', 'clustered', 'burst']\n");
  const std::string database = folder_ / "r.db";
  ASSERT_EQ(kilburn({"sweep", space, "-o", database}).status, 0);
  const auto geometries = geometries_without_area(read_sweep_results(database));
  ASSERT_EQ(geometries.size(), 1U);
  EXPECT_EQ(geometries[0].burst, 8U);
}

TEST_F(Area, AGeometryTextReadsBackAsItself) {
  const RtlGeometry geometry{.entries = 48, .ways = 3, .burst = 4, .tree_plru = 0, .vpn_width = 36};
  EXPECT_EQ(parse_rtl_geometry(to_text(geometry)), geometry);
}

TEST_F(Area, WhatASynthesisComplainsAboutIsPassedOn) {
  const std::atomic<bool> never = false;
  const std::string script = folder_.write("area", "#!/bin/sh\necho \"area: no $2\" >&2\nexit 1\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  const Synthesis synthesis = synthesise(script, {.entries = 4, .ways = 4}, 60, never);
  EXPECT_EQ(synthesis.end, SynthesisEnd::failed);
  EXPECT_THAT(synthesis.message, testing::StartsWith("area: no ENTRIES=4 WAYS=4 "));
  EXPECT_EQ(synthesise(folder_ / "missing", {}, 60, never).end, SynthesisEnd::failed);
}

TEST_F(Area, MistakesOfTheCommandLineAreRefused) {
  EXPECT_EQ(kilburn({"sweep", "area", folder_ / "missing.db"}).status, 2);
  EXPECT_EQ(kilburn({"sweep", "area"}).status, 2);
  const std::string text = folder_.write("words.db", "These are words.");
  EXPECT_THAT(kilburn({"sweep", "area", text}).err,
              AllOf(HasSubstr("words.db"), HasSubstr("not an SQLite file")));
  const std::string database = swept();
  EXPECT_EQ(kilburn({"sweep", "area", database, "--minutes", "0"}).status, 2);
}

}  // namespace
}  // namespace kilburn::platform::report
