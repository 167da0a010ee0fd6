// Parameters that only one kind of run reads: another refuses them, wherever they are given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/configuration/parameter_table.h"
#include "platform/node/platform_config.h"
#include "process.h"

namespace kilburn::platform {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view of_software =
    "clock, riscv, mmu, rmu, cache, interconnect, memory, board, iommu, pcie, "
    "rtc";
constexpr std::string_view of_a_drive =
    "clock, mmu, rmu, cache, interconnect, memory, iommu, pcie, ssd";
constexpr std::string_view of_traces = "clock, hart, mmu, rmu, cache, interconnect, memory, os";

void expect_refusal(const Arguments& command, const std::string& message) {
  const Outcome outcome = kilburn(command);
  EXPECT_EQ(outcome.status, 2) << testing::PrintToString(command);
  EXPECT_THAT(outcome.err, HasSubstr(message)) << testing::PrintToString(command);
}

TEST(RunKind, SoftwareRefusesWhatTracesReadAndNamesWhatItReads) {
  expect_refusal(
      Arguments{"run", "--elf", guest("hello")} + set({"os.premap=true"}),
      "--set os.premap=true: os.premap: only runs of traces have this parameter; runs of "
      "software have " +
          std::string(of_software) + "\n");
  expect_refusal(Arguments{"run", "--elf", guest("hello")} + set({"hart.stores_stall=true"}),
                 "hart.stores_stall: only runs of traces have this parameter");
}

TEST(RunKind, TracesRefuseWhatSoftwareReadsAndNameWhatTheyRead) {
  const Arguments run{"run", "--limit", "1000", "--trace", shipped("sort")};
  expect_refusal(
      run + set({"riscv.harts=2"}),
      "--set riscv.harts=2: riscv.harts: only runs of software have this parameter; runs "
      "of traces have " +
          std::string(of_traces) + "\n");
  expect_refusal(run + set({"rtc.start_seconds=1"}), "rtc.start_seconds: only runs of software");
  expect_refusal(run + set({"rmu.register_cycles=9"}),
                 "rmu.register_cycles: only runs of software have this parameter; runs of traces "
                 "have rmu.enabled, rmu.granule_shift, ");
}

TEST(RunKind, RunsOfADriveRefuseWhatOthersReadAndNameWhatTheyRead) {
  expect_refusal(Arguments{"ssd", "run"} + set({"riscv.harts=2"}),
                 "--set riscv.harts=2: riscv.harts: only runs of software have this parameter; "
                 "runs of ssd have " +
                     std::string(of_a_drive) + "\n");
  expect_refusal(Arguments{"ssd", "run"} + set({"os.premap=true"}), "only runs of traces");
  expect_refusal(Arguments{"run", "--elf", guest("hello")} + set({"ssd.verify=true"}),
                 "ssd.verify: only runs of ssd have this parameter");
}

TEST(RunKind, AFileIsRefusedAtItsLineWithEveryParameter) {
  const Folder folder;
  const std::string file = folder.write(
      "p.toml", "[os]\npremap = false\nhost.seed = 3\n[mmu.dtlb]\nentries = 32\n[hart]\n");
  const Outcome outcome = kilburn({"run", file, "--elf", guest("hello")});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(file + ":2:1: os.premap: only runs of traces have"),
                                 HasSubstr(file + ":3:6: os.host.seed: only runs of traces have"),
                                 Not(HasSubstr("mmu.dtlb"))));
  EXPECT_EQ(kilburn({"run", file, "--limit", "1000", "--trace", shipped("sort")}).status, 0);
}

TEST(RunKind, EveryCommandThatRunsRefuses) {
  expect_refusal({"linux", "--set", "os.premap=false"}, "os.premap: only runs of traces");
  expect_refusal({"run", "--check-quantum", "--trace", shipped("sort"), "--set", "riscv.harts=2"},
                 "riscv.harts: only runs of software");
  expect_refusal(
      {"run", "--check-quantum", "--elf", guest("hello"), "--set", "hart.stores_stall=true"},
      "hart.stores_stall: only runs of traces");
}

TEST(RunKind, ASweepOfTracesRefusesInWhatIsFixedInAxesAndInGroups) {
  const Folder folder;
  const auto refused = [&](const std::string& text, const std::string& message) {
    const std::string file =
        folder.write("space.toml", "[sweep]\ntraces = ['" + shipped("sort") + "']\n" + text);
    expect_refusal({"sweep", file, "-o", folder / "r.db", "--dry-run"}, message);
  };
  refused("[riscv]\nharts = 2\n", "space.toml:4:1: riscv.harts: only runs of software have");
  refused("[riscv]\nharts = [1, 2]\n", "space.toml:4:1: riscv.harts: only runs of software have");
  refused("[sweep.group.g]\n\"rtc.start_seconds\" = [1, 2]\n",
          "space.toml:4:1: rtc.start_seconds: only runs of software have");
}

TEST(RunKind, WhatIsSaidOfPathsNamesParametersOrBlocksThatThereAre) {
  const ParameterTable all = parameter_table(PlatformConfig{});
  std::size_t traces = 0;
  std::size_t software = 0;
  for (const ParameterBlock& block : all) {
    for (const ParameterRow& row : block.rows) {
      traces += row.use == runs_of_traces ? 1U : 0U;
      software += row.use == runs_of_software ? 1U : 0U;
      const bool of_a_trace = block.path == "hart" || block.path.starts_with("os");
      const bool of_both = block.path == "pcie" || block.path.starts_with("iommu") ||
                           (block.path == "board" && row.name == "iommu");
      const bool of_a_program = block.path == "riscv" || block.path == "rtc" ||
                                block.path == "board" ||
                                (block.path == "rmu" && row.name == "register_cycles");
      EXPECT_EQ(row.use, of_a_trace            ? "traces"
                         : block.path == "ssd" ? "ssd"
                         : of_both             ? "software and ssd"
                         : of_a_program        ? "software"
                                               : "")
          << block.path << "." << row.name;
    }
  }
  EXPECT_GT(traces, 20u);
  EXPECT_GT(software, 10u);
}

TEST(RunKind, ParamsSaysWhichRunsReadAParameter) {
  const Outcome all = kilburn({"params"});
  ASSERT_EQ(all.status, 0) << all.err;
  EXPECT_THAT(all.out, testing::ContainsRegex("\nos\\.premap .* traces   +map what"));
  EXPECT_THAT(all.out, testing::ContainsRegex("\nriscv\\.harts .* software +harts of"));
  EXPECT_THAT(all.out, testing::ContainsRegex("\nmmu\\.dtlb\\.entries .* all +number of"));
  const Outcome software = kilburn({"params", "--runs", "software"});
  EXPECT_THAT(software.out, AllOf(HasSubstr("riscv.harts"), Not(HasSubstr("os.premap")),
                                  testing::ContainsRegex("memory\\.bytes +1GiB +16GiB")));
}

TEST(RunKind, AFileOfAllParametersIsForOneKindOfRun) {
  const Folder folder;
  expect_refusal({"params", "--toml"}, "add --runs traces, --runs software or --runs ssd");
  const Outcome software = kilburn({"params", "--runs", "software", "--toml"});
  ASSERT_EQ(software.status, 0) << software.err;
  const std::string file = folder.write("p.toml", software.out);
  EXPECT_EQ(kilburn({"run", file, "--elf", guest("hello")}).status, 0);
  expect_refusal({"run", file, "--trace", shipped("sort")}, "only runs of software have");
  expect_refusal({"params", file, "--runs", "traces"}, "only runs of software have");
}

}  // namespace
}  // namespace kilburn::platform
