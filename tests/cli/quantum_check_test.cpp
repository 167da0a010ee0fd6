// kilburn run --check-quantum: what is compared, how it is told, and what is refused.
#include "platform/cli/quantum_check.h"

#include <fcntl.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "kilburn/board.h"
#include "process.h"
#include "riscv/assembler.h"
#include "software/elf_builder.h"

namespace kilburn::platform {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Values = std::vector<StatisticValue>;

StatisticValue counter(const std::string& path, std::uint64_t value,
                       const std::string& unit = "lookups") {
  return {path, value, unit};
}
StatisticValue formula(const std::string& path, double value) {
  return {path, value, ""};
}

std::vector<std::string> paths(const std::vector<StatisticDifference>& differences) {
  std::vector<std::string> paths;
  for (const StatisticDifference& each : differences) paths.push_back(each.path);
  return paths;
}

TEST(Differences, OfEqualListsThereAreNone) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Values list{counter("a", 1), formula("b", 0.5), formula("c", nan), counter("zero", 0)};
  EXPECT_TRUE(differences(list, list).empty());
  EXPECT_TRUE(differences({}, {}).empty());
}

TEST(Differences, AreSortedByRelativeSizeWhateverTheSign) {
  const Values first{counter("one_per_cent", 100), counter("same", 7), counter("half", 50),
                     counter("tenth", 100), formula("quarter", 0.75)};
  const Values second{counter("one_per_cent", 99), counter("same", 7), counter("half", 100),
                      counter("tenth", 90), formula("quarter", 1.0)};
  const auto all = differences(first, second);
  ASSERT_THAT(paths(all), ElementsAre("half", "quarter", "tenth", "one_per_cent"));
  EXPECT_DOUBLE_EQ(all[0].relative, -0.5);
  EXPECT_DOUBLE_EQ(all[1].relative, -0.25);
  EXPECT_DOUBLE_EQ(all[2].relative, 0.1);
  EXPECT_DOUBLE_EQ(all[3].relative, 0.01);
  EXPECT_EQ(all[0].first, StatisticDifference::Value(std::uint64_t{50}));
  EXPECT_EQ(all[0].second, StatisticDifference::Value(std::uint64_t{100}));
  EXPECT_EQ(all[0].unit, "lookups");
}

TEST(Differences, FromNothingIsAllOfIt) {
  const auto all =
      differences({counter("a", 0), counter("b", 3)}, {counter("a", 5), counter("b", 0)});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_DOUBLE_EQ(all[0].relative, -1);
  EXPECT_DOUBLE_EQ(all[1].relative, 1);
}

TEST(Differences, OfLargeCountersAreExact) {
  const std::uint64_t large = std::uint64_t{1} << 60;
  const auto all = differences({counter("a", large + 1)}, {counter("a", large)});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_DOUBLE_EQ(all[0].relative, std::ldexp(1.0, -60));
}

TEST(Differences, AStatisticThatOneRunLacksDiffersWholly) {
  const auto all =
      differences({counter("a", 1), counter("b", 2)}, {counter("b", 2), counter("c", 3)});
  ASSERT_THAT(paths(all), ElementsAre("a", "c"));
  EXPECT_FALSE(all[0].second.has_value());
  EXPECT_FALSE(all[1].first.has_value());
  EXPECT_DOUBLE_EQ(all[0].relative, 1);
  EXPECT_DOUBLE_EQ(all[1].relative, 1);
}

TEST(Differences, NotANumberAgainstANumberDiffersWholly) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto all = differences({formula("a", nan)}, {formula("a", 2)});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_DOUBLE_EQ(all[0].relative, 1);
}

/// Two runs that differ in nothing but the quantum.
std::pair<QuantumRun, QuantumRun> twins() {
  const QuantumRun run{.quantum = 1000,
                       .status = 0,
                       .console = "one\ntwo\nthree\n",
                       .statistics = {counter("hart0.cycles", 2'000'000, "cycles"),
                                      counter("hart1.cycles", 4'000'000, "cycles"),
                                      counter("hart0.dtlb.lookups", 10)}};
  QuantumRun finer = run;
  finer.quantum = 100;
  return {run, finer};
}

TEST(QuantumReport, SaysIdenticalWhereNothingDiffers) {
  const auto [first, second] = twins();
  const std::string report = quantum_report(first, second, 2000);
  EXPECT_THAT(report, HasSubstr("exit status 0 and the console's output: identical"));
  EXPECT_THAT(report, HasSubstr("3 statistics: identical"));
  EXPECT_THAT(report, Not(HasSubstr("largest difference")));
}

TEST(QuantumReport, TimeIsThatOfTheHartThatRanLongest) {
  auto [first, second] = twins();
  second.statistics[1] = counter("hart1.cycles", 5'000'000, "cycles");
  const std::string report = quantum_report(first, second, 2000);  // 2000 cycles a microsecond
  EXPECT_THAT(report, testing::ContainsRegex("hart0\\.cycles +2000000 +2000000 +0 %"));
  EXPECT_THAT(report, testing::ContainsRegex("hart1\\.cycles +4000000 +5000000 +-20 %"));
  EXPECT_THAT(report,
              testing::ContainsRegex("simulated time \\(ms\\) +2\\.000000 +2\\.500000 +-20 %"));
  EXPECT_THAT(report, HasSubstr("1 of 3 statistics differ"));
  EXPECT_THAT(report, HasSubstr("largest difference: -20 %, hart1.cycles"));
}

TEST(QuantumReport, WhatTheGuestDidOtherwiseComesFirst) {
  auto [first, second] = twins();
  second.status = 3;
  second.console = "one\ntoo\nthree\n";
  second.statistics[2] = counter("hart0.dtlb.lookups", 11);
  const std::string report = quantum_report(first, second, 2000);
  const std::size_t status = report.find("the exit status differs: 0 at 1000 cycles, 3 at 100");
  const std::size_t console = report.find("differs from line 2 on");
  const std::size_t cycles = report.find("hart0.cycles");
  ASSERT_NE(status, std::string::npos) << report;
  ASSERT_NE(console, std::string::npos) << report;
  EXPECT_LT(status, console);
  EXPECT_LT(console, cycles);
  EXPECT_THAT(report, HasSubstr(": two\n"));
  EXPECT_THAT(report, HasSubstr(": too\n"));
}

TEST(QuantumReport, AShorterConsoleEndsWhereItEnds) {
  auto [first, second] = twins();
  second.console = "one\n";
  const std::string report = quantum_report(first, second, 2000);
  EXPECT_THAT(report, HasSubstr("differs from line 2 on"));
  EXPECT_THAT(report, HasSubstr("(the end)"));
}

Outcome check(const Arguments& run, const std::string& input = "/dev/null") {
  return kilburn(Arguments{"run", "--check-quantum"} + run, input);
}

/// The value after `name` in the row of a report, in per cent.
double difference_of(const std::string& report, const std::string& name) {
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  " + name + " ")) continue;
    const std::size_t per_cent = line.rfind(" %");
    const std::size_t begin = line.rfind(' ', per_cent - 1);
    return std::stod(line.substr(begin, per_cent - begin));
  }
  ADD_FAILURE() << "no " << name << " in " << report;
  return 0;
}

// docs/riscv.md, Time: nobody else's time matters to a hart that is alone and asks no device for
// it.
TEST(CheckQuantum, AHartThatWaitsForNobodyIsTheSameAtAnyQuantum) {
  const Outcome outcome = check({"--elf", guest("pointer_chase_4k_short")});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("a quantum of 10000 cycles and one of 1000"));
  EXPECT_THAT(outcome.out, HasSubstr("exit status 0 and the console's output: identical"));
  EXPECT_LT(std::abs(difference_of(outcome.out, "hart0.cycles")), 1.0);
}

TEST(CheckQuantum, TwoHartsThatWaitForEachOtherDiffer) {
  const Outcome outcome =
      check(Arguments{"--elf", guest("two_hart_storm_short")} + set({"riscv.harts=2"}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("statistics differ"));
  EXPECT_GT(std::abs(difference_of(outcome.out, "hart1.cycles")), 0.0);
  EXPECT_THAT(outcome.out, HasSubstr("largest difference: "));
}

TEST(CheckQuantum, TheExitStatusIsTheGuests) {
  EXPECT_EQ(check({"--elf", guest("fails")}).status, 42);
}

/// A program that prints what it reads, and passes behind a 'q'.
std::string echo() {
  using namespace riscv::test;
  constexpr unsigned device = 5;  // t0
  constexpr unsigned word = 6;    // t1
  constexpr unsigned byte = 7;    // t2
  Code code{upper(Op::lui, device, BOARD_UART),
            i(Op::addi, word, 0, 3),  // line control: words of 8 bits
            store(Op::sb, word, device, 3)};
  const Code loop{i(Op::lbu, word, device, 5),  // line status: bit 0, a byte is there
                  i(Op::andi, word, word, 1),  branch(Op::beq, word, 0, -8),
                  i(Op::lbu, byte, device, 0), store(Op::sb, byte, device, 0),
                  i(Op::addi, word, 0, 'q'),   branch(Op::bne, byte, word, -24)};
  code.insert(code.end(), loop.begin(), loop.end());
  const Code pass{upper(Op::lui, device, BOARD_FINISHER), upper(Op::lui, word, 0x5000),
                  i(Op::addi, word, word, 0x555), store(Op::sw, word, device, 0), jal(0, 0)};
  code.insert(code.end(), pass.begin(), pass.end());
  const std::string content(reinterpret_cast<const char*>(code.data()), 4 * code.size());
  software::testing::ElfBuilder elf;
  elf.segments = {{BOARD_DRAM, content, content.size()}};
  const auto file = elf.build();
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

TEST(CheckQuantum, BothRunsGetTheSameInput) {
  const Folder folder;
  const Outcome outcome =
      check({"--elf", folder.write("echo.elf", echo())}, folder.write("input", "quantum"));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("q\n"));
  const Outcome longer =
      check({"--elf", folder / "echo.elf"}, folder.write("input", "a line\nand another q"));
  ASSERT_EQ(longer.status, 0) << longer.err;
  EXPECT_THAT(longer.out, StartsWith("a line\nand another q\n"));
  EXPECT_THAT(longer.out, HasSubstr("the console's output: identical"));
}

TEST(CheckQuantum, TheStatisticsFileIsThatOfTheConfiguredQuantum) {
  const Folder folder;
  const Arguments run = Arguments{"--elf", guest("two_hart_storm_short")} + set({"riscv.harts=2"});
  const Outcome outcome = check(run + Arguments{"--stats", folder / "s.json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(contents(folder / "s.json"), statistics_of(run));
}

TEST(CheckQuantum, ATraceIsCheckedToo) {
  const Outcome outcome = check({"--trace", shipped("graph"), "--limit", "100000"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("platform.cycles"));
}

TEST(CheckQuantum, IsRefusedWithWhatConcernsOneRun) {
  const Folder folder;
  const Arguments software{"--elf", guest("hello")};
  const Arguments trace{"--trace", shipped("sort")};
  for (const auto& [option, run] : std::vector<std::pair<std::string, Arguments>>{
           {"--gdb", software + Arguments{"--gdb", "0"}},
           {"--record", software + Arguments{"--record", folder / "t.ktrace"}},
           {"--signature", software + Arguments{"--signature", folder / "s"}},
           {"--table", software + Arguments{"--table"}},
           {"--stats-list", software + Arguments{"--stats-list"}},
           {"--check", trace + Arguments{"--check"}},
           {"--vcd", trace + Arguments{"--vcd", folder / "w.vcd"}}}) {
    const Outcome outcome = check(run);
    EXPECT_EQ(outcome.status, 2) << option;
    EXPECT_THAT(outcome.err, HasSubstr(option + ": not with --check-quantum"));
  }
  EXPECT_TRUE(folder.empty());
}

TEST(CheckQuantum, IsRefusedWhereTheConsoleIsATerminal) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  ASSERT_EQ(grantpt(terminal), 0);
  ASSERT_EQ(unlockpt(terminal), 0);
  char name[64];
  ASSERT_EQ(ptsname_r(terminal, name, sizeof name), 0);
  const Outcome outcome = check({"--elf", guest("hello")}, name);
  close(terminal);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--check-quantum: standard input is a terminal"));
}

TEST(CheckQuantum, AQuantumOfOneHasNoTenth) {
  const Outcome one = check(Arguments{"--elf", guest("hello")} + set({"clock.quantum_cycles=1"}));
  EXPECT_EQ(one.status, 2);
  EXPECT_THAT(one.err, HasSubstr("clock.quantum_cycles = 1: allowed is 2 and more"));
  const Outcome five = check(Arguments{"--elf", guest("fails")} + set({"clock.quantum_cycles=5"}));
  EXPECT_EQ(five.status, 42);
  EXPECT_THAT(five.out, HasSubstr("a quantum of 5 cycles and one of 1"));
}

TEST(CheckQuantum, WhatARunRefusesIsToldOnce) {
  const Outcome outcome = check({"--elf", "no_such.elf"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, StartsWith("kilburn: no_such.elf: "));
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1);
}

TEST(CheckQuantum, CtrlCEndsBothRuns) {
  Process run(
      {"run", "--check-quantum", "--elf", guest("two_hart_storm"), "--set", "riscv.harts=2"});
  std::vector<pid_t> children;
  const auto both = [&] { return (children = children_of(run.pid())).size() == 2; };
  ASSERT_TRUE(wait_until(both, "two runs"));
  ASSERT_EQ(kill(run.pid(), SIGINT), 0);
  EXPECT_EQ(run.wait().status, 130);
  expect_gone(children);
}

}  // namespace
}  // namespace kilburn::platform
