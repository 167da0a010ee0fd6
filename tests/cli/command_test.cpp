// The command line beside the runs: parameters, version, demonstration, Ctrl-C, quiet pipes.
#include <nlohmann/json.hpp>

#include "process.h"

namespace kilburn::platform {
namespace {

using testing::HasSubstr;

TEST(Command, ParamsListsEveryParameterWithRangeDefaultAndMeaning) {
  const Outcome text = kilburn({"params"});
  ASSERT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("entries"));
  EXPECT_THAT(text.out, HasSubstr("1 to 65536"));
  EXPECT_THAT(text.out, HasSubstr("number of tags"));
  const Outcome markdown = kilburn({"params", "--markdown"});
  ASSERT_EQ(markdown.status, 0) << markdown.err;
  EXPECT_THAT(markdown.out, HasSubstr("| number of tags |"));
}

TEST(Command, ParamsShowsTheValuesThatAFileAndSettingsGive) {
  const Folder folder;
  const std::string file = folder.write("platform.toml", "[mmu.dtlb]\nentries = 48\n");
  const Outcome toml = kilburn(Arguments{"params", file, "--runs", "traces", "--toml"} +
                               set({"mmu.itlb.entries=24"}));
  ASSERT_EQ(toml.status, 0) << toml.err;
  const auto section = [&](const std::string& name) {
    const std::size_t start = toml.out.find("[" + name + "]");
    EXPECT_NE(start, std::string::npos);
    return toml.out.substr(start, toml.out.find("\n[", start) - start);
  };
  EXPECT_THAT(section("mmu.dtlb"), HasSubstr("entries = 48"));
  EXPECT_THAT(section("mmu.itlb"), HasSubstr("entries = 24"));
}

TEST(Command, TheTomlOfTheParametersIsAConfigurationOfTheSamePlatform) {
  const Folder folder;
  const Arguments run{"--limit", "100000", "--trace", shipped("graph")};
  const std::string defaults = statistics_of(run);
  const auto toml_of = [&](const std::vector<std::string>& settings) {
    const Outcome toml = kilburn(Arguments{"params", "--runs", "traces", "--toml"} + set(settings));
    EXPECT_EQ(toml.status, 0) << toml.err;
    return folder.write("platform.toml", toml.out);
  };
  EXPECT_EQ(statistics_of(Arguments{toml_of({})} + run), defaults);
  const std::vector<std::string> other = {"mmu.dtlb.entries=16", "os.pages=thp", "os.aging=0.25"};
  const std::string changed = statistics_of(run + set(other));
  EXPECT_NE(changed, defaults);
  EXPECT_EQ(statistics_of(Arguments{toml_of(other)} + run), changed);
}

TEST(Command, ASettingOverridesTheFile) {
  const Folder folder;
  const std::string file = folder.write("platform.toml", "[mmu.dtlb]\nentries = 16\n");
  const Arguments run{"--limit", "100000", "--trace", shipped("graph")};
  EXPECT_EQ(statistics_of(Arguments{file} + run + set({"mmu.dtlb.entries=32"})),
            statistics_of(run + set({"mmu.dtlb.entries=32"})));
}

TEST(Command, TheVersionIsOneLineWithCommitAndKindOfBuild) {
  const Outcome version = kilburn({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.out, testing::MatchesRegex(
                               "kilburn [0-9]+\\.[0-9]+\\.[0-9]+, commit [0-9a-z() ]+, [A-Za-z]+ "
                               "build\n"));
  for (const Arguments& same : {Arguments{"-V"}, Arguments{"version"}}) {
    const Outcome other = kilburn(same);
    EXPECT_EQ(other.status, 0) << other.err;
    EXPECT_EQ(other.out, version.out);
  }
}

TEST(Command, HelpNamesACommand) {
  EXPECT_EQ(kilburn({"help"}).out, kilburn({"--help"}).out);
  EXPECT_EQ(kilburn({"help", "run"}).out, kilburn({"run", "--help"}).out);
  EXPECT_EQ(kilburn({"help", "trace", "convert"}).out, kilburn({"trace", "convert", "--help"}).out);
  const Outcome unknown = kilburn({"help", "rn"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("rn: no such command; did you mean run?"));
}

TEST(Command, HelpIsForEverySubcommand) {
  EXPECT_EQ(kilburn({"--help"}).status, 0);
  for (const std::string command : {"run", "params", "demo", "trace"}) {
    const Outcome help = kilburn({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("Usage: kilburn " + command));
  }
}

TEST(Command, TheDemonstrationPrintsBothTables) {
  const Outcome demo = kilburn({"demo", "--limit", "100000"});
  ASSERT_EQ(demo.status, 0) << demo.err;
  EXPECT_EQ(demo.err, "");
  std::size_t tables = 0;
  for (std::size_t at = 0; (at = demo.out.find("entries x units", at)) != std::string::npos; ++at) {
    ++tables;
  }
  EXPECT_EQ(tables, 2U);
}

TEST(Command, TheDemonstrationShowsOneTraceThatABurstTlbWinsAndOneThatItLoses) {
  const Outcome demo = kilburn({"demo"});
  ASSERT_EQ(demo.status, 0) << demo.err;
  EXPECT_THAT(demo.out, HasSubstr("The burst TLB WINS"));
  EXPECT_THAT(demo.out, HasSubstr("The burst TLB LOSES"));
}

TEST(Command, TheDemonstrationsRatioIsThatOfTheMissesThatItPrints) {
  const Outcome demo = kilburn({"demo", "--limit", "100k"});
  ASSERT_EQ(demo.status, 0) << demo.err;
  const auto rows = matches(demo.out, "\n  misses +([0-9]+) +([0-9]+)\n");
  const auto verdicts =
      matches(demo.out, ": ([0-9]+) misses to ([0-9]+) of the conventional one, ([0-9.]+) times");
  ASSERT_EQ(rows.size(), 2U) << demo.out;
  ASSERT_EQ(verdicts.size(), 2U) << demo.out;
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(rows[i][1], verdicts[i][1]);
    EXPECT_EQ(rows[i][2], verdicts[i][2]);
    EXPECT_NEAR(std::stod(verdicts[i][3]), std::stod(rows[i][1]) / std::stod(rows[i][2]), 0.00501);
  }
}

TEST(Command, NoTerminalNoProgressBar) {
  for (const Arguments& run : {Arguments{"run", "--limit", "3000000", "--trace", shipped("sort")},
                               Arguments{"demo", "--limit", "200000"}}) {
    const Outcome outcome = kilburn(run);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(outcome.out.find_first_of("\r\033"), std::string::npos);
  }
}

TEST(Command, CtrlCEndsTheRunWithTheStatisticsSoFar) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const Folder folder;
    Process run(Arguments{"run", "--stats", folder / "s.json", "--trace", shipped("database"),
                          "--trace", shipped("key_value"), "--trace", shipped("script")} +
                set({"os.premap=false", "os.context_switch_interval=10000"}));
    ASSERT_TRUE(wait_until([&] { return handles(run.pid(), signal); }, "the signal's handler"));
    ASSERT_TRUE(wait_until_it_plays(shipped("script"), run.pid()));
    ASSERT_EQ(kill(run.pid(), signal), 0);
    const Outcome outcome = run.wait();
    EXPECT_EQ(outcome.status, 128 + signal);
    EXPECT_EQ(outcome.signal, 0);
    EXPECT_THAT(outcome.out, HasSubstr("interrupted"));
    const auto all = nlohmann::json::parse(contents(folder / "s.json"));
    EXPECT_GT(all["platform"]["accesses"], 0);
    EXPECT_LT(all["platform"]["accesses"], 50'000'000);
  }
}

}  // namespace
}  // namespace kilburn::platform
