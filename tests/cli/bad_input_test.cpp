// What users get wrong: status 2, a message that names the place and what is allowed, nothing
// written.
#include <fmt/format.h>

#include "process.h"
#include "trace/trace.h"

namespace kilburn::platform {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Matcher;

/// Runs what must be refused. Statistics were asked for in a folder that must stay empty.
void expect_refusal(const Arguments& arguments, const Matcher<std::string>& message) {
  const Folder output;
  const Outcome outcome = kilburn(Arguments{"run", "--stats", output / "s.json"} + arguments);
  EXPECT_EQ(outcome.status, 2) << "signal " << outcome.signal;
  EXPECT_THAT(outcome.err, message);
  EXPECT_THAT(outcome.err, testing::Not(HasSubstr("internal error")));
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(output.empty());
}

void expect_config_refused(const std::string& toml, const Matcher<std::string>& message) {
  const Folder input;
  const std::string file = input.write("platform.toml", toml);
  SCOPED_TRACE(toml);
  expect_refusal({file, "--trace", shipped("graph")}, message);
}

TEST(BadInput, AnUnknownParameterIsNamedWithItsLineAndTheNearest) {
  expect_config_refused("[mmu.dtlb]\nentries = 32\nentires = 64\n",
                        AllOf(HasSubstr("platform.toml:3:"), HasSubstr("mmu.dtlb.entires"),
                              HasSubstr("did you mean entries?")));
  expect_config_refused("\n[mnu]\n", AllOf(HasSubstr("platform.toml:2:"), HasSubstr("mnu")));
}

TEST(BadInput, AValueOutOfRangeIsNamedWithItsLineAndTheRange) {
  expect_config_refused("[mmu.dtlb]\n\nentries = 0\n",
                        AllOf(HasSubstr("platform.toml:3:"), HasSubstr("mmu.dtlb.entries = 0"),
                              HasSubstr("1 to 65536")));
  expect_config_refused("[os]\npages = \"huge\"\n",
                        AllOf(HasSubstr("platform.toml:2:"), HasSubstr("small, thp, napot")));
}

TEST(BadInput, AConstraintBetweenParametersIsNamedWithItsBlock) {
  expect_config_refused("[mmu.dtlb]\nentries = 60\nways = 8\n",
                        AllOf(HasSubstr("platform.toml"), HasSubstr("mmu.dtlb")));
  expect_config_refused("[os]\npopulate = true\n",
                        AllOf(HasSubstr("platform.toml"), HasSubstr("placement = \"eager\"")));
  expect_config_refused("[memory]\nbase = 4096\n", HasSubstr("largest group"));
}

TEST(BadInput, AHartThatCouldNotFetchItsFirstInstructionIsToldByTheParameter) {
  const Outcome outcome =
      kilburn(Arguments{"run", "--elf", guest("hello")} + set({"rmu.uncovered=deny"}));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("rmu.uncovered: deny"), HasSubstr("realm_0 or all"),
                                 HasSubstr("0x1000 to ")));
  EXPECT_EQ(
      kilburn(Arguments{"run", "--elf", guest("hello")} + set({"rmu.uncovered=realm_0"})).status,
      0);
}

TEST(BadInput, BrokenTomlIsNamedWithItsLine) {
  expect_config_refused("[mmu]\n[mmu.dtlb\n", HasSubstr("platform.toml:2:"));
}

TEST(BadInput, ASettingIsNamedAsItWasGiven) {
  const Arguments run{"--trace", shipped("graph")};
  expect_refusal(run + set({"mmu.dtlb.entires=4"}),
                 AllOf(HasSubstr("mmu.dtlb.entires=4"), HasSubstr("did you mean entries?")));
  expect_refusal(run + set({"mmu.dtlb.entries=many"}),
                 AllOf(HasSubstr("mmu.dtlb.entries=many"), HasSubstr("1 to 65536")));
  expect_refusal(run + set({"mmu.dtlb.entries"}), HasSubstr("block.parameter=value"));
}

TEST(BadInput, AMissingFileIsNamed) {
  expect_refusal({"/no/such/platform.toml", "--trace", shipped("graph")},
                 HasSubstr("/no/such/platform.toml"));
  expect_refusal({"--trace", "/no/such.ktrace"}, HasSubstr("/no/such.ktrace"));
  expect_refusal({"--trace", "/"}, HasSubstr("/"));
}

TEST(BadInput, AnEmptyTraceIsNamed) {
  const Folder input;
  expect_refusal({"--trace", input.write("empty.ktrace", "")}, HasSubstr("empty.ktrace"));
}

TEST(BadInput, ATruncatedTraceIsNamedWithBlockAndByte) {
  const Folder input;
  const std::string whole = contents(shipped("graph"));
  ASSERT_GT(whole.size(), 1000U);
  const std::string file = input.write("half.ktrace", whole.substr(0, whole.size() / 2));
  expect_refusal({"--trace", file}, AllOf(HasSubstr("half.ktrace"), HasSubstr("block 1 at byte ")));
}

TEST(BadInput, ADamagedTraceIsNamedWithBlockAndByte) {
  const Folder input;
  std::string damaged = contents(shipped("graph"));
  for (std::size_t i = 0; i < 64; ++i) damaged[damaged.size() / 2 + i] ^= '\x55';
  expect_refusal({"--trace", input.write("damaged.ktrace", damaged)},
                 AllOf(HasSubstr("damaged.ktrace"), HasSubstr("block 1 at byte ")));
}

TEST(BadInput, AFileThatIsNoTraceIsNamed) {
  expect_refusal({"--trace", kilburn_program()}, HasSubstr(kilburn_program()));
  const Folder input;
  expect_refusal({"--trace", input.write("text.ktrace", "These are words.\n")},
                 HasSubstr("text.ktrace"));
}

std::string trace_of(const Folder& folder, Address address) {
  const std::vector<trace::Record> records = {
      {.address = 0x1000, .kind = trace::Kind::fetch, .size = 4},
      {.address = address, .kind = trace::Kind::load, .size = 8}};
  const std::string file = folder / "written.ktrace";
  const auto writer = trace::create_trace(file, trace::Format::kilburn);
  writer->append({.records = records});
  writer->finish();
  return file;
}

TEST(BadInput, AnAddressThatIsNotCanonicalIsNamedWithItsRecord) {
  for (const std::string premap : {"os.premap=true", "os.premap=false"}) {
    const Folder input;
    const std::string file = trace_of(input, 0x1234'0000'0000'0000);
    expect_refusal(
        Arguments{"--trace", file} + set({premap}),
        AllOf(HasSubstr("written.ktrace"), HasSubstr("record 1"), HasSubstr("0x1234000000000000"),
              HasSubstr("canonical"), testing::Not(HasSubstr("os.mode"))));
  }
}

TEST(BadInput, AnAddressTooWideForTheModeSaysThatALargerModeWouldDo) {
  for (const std::string premap : {"os.premap=true", "os.premap=false"}) {
    SCOPED_TRACE(premap);
    const Folder input;
    const std::string file = trace_of(input, 0x60'0000'0000);  // 39 bits: more than Sv39's half
    const Arguments run = Arguments{"--trace", file} + set({premap});
    expect_refusal(run + set({"os.mode=sv39"}),
                   AllOf(HasSubstr("record 1"), HasSubstr("choose a larger os.mode")));
    EXPECT_NE(statistics_of(run + set({"os.mode=sv48"})), "");
  }
}

TEST(BadInput, AnAccessWhoseSecondPageIsTooWideSaysSoToo) {
  for (const std::string premap : {"os.premap=true", "os.premap=false"}) {
    SCOPED_TRACE(premap);
    const Folder input;
    const Arguments run = Arguments{"--trace", trace_of(input, 0x3F'FFFF'FFFC)} + set({premap});
    expect_refusal(run + set({"os.mode=sv39"}), HasSubstr("record 1"));
    EXPECT_NE(statistics_of(run + set({"os.mode=sv48"})), "");
  }
}

TEST(BadInput, AnAddressInTheUpperHalfIsTheKernels) {
  for (const std::string premap : {"os.premap=true", "os.premap=false"}) {
    const Folder input;
    expect_refusal(Arguments{"--trace", trace_of(input, 0xFFFF'FFFF'FFFF'F000)} + set({premap}),
                   AllOf(HasSubstr("record 1"), HasSubstr("kernel's half")));
  }
}

TEST(BadInput, AnAccessThatWrapsPastTheLastAddressIsRefused) {
  const Folder input;
  expect_refusal({"--trace", trace_of(input, 0xFFFF'FFFF'FFFF'FFFC)}, HasSubstr("record 1"));
}

TEST(BadInput, AnArenaTooSmallSaysWhatToGive) {
  expect_refusal(Arguments{"--trace", shipped("database")} + set({"os.arena_bytes=1MiB"}),
                 HasSubstr("os.arena_bytes"));
  expect_refusal(
      Arguments{"--trace", shipped("graph"), "--trace", shipped("sort")} +
          set({"os.arena_bytes=1GiB", "memory.bytes=1GiB"}),
      AllOf(HasSubstr("process 1"), HasSubstr("os.arena_bytes"), HasSubstr("memory.bytes")));
}

TEST(BadInput, StatisticsThatCannotBeWrittenAreRefusedBeforeAnyTraceIsOpened) {
  const Folder folder;
  for (const std::string stats : {"/no/such/folder/s.json", "/"}) {
    const Outcome outcome =
        kilburn({"run", "--trace", folder / "missing.ktrace", "--stats", stats});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr("--stats " + stats));
    EXPECT_EQ(outcome.out, "");
  }
}

struct Line {
  std::string name;
  Arguments arguments;
  std::string message;
};

void PrintTo(const Line& line, std::ostream* out) {
  *out << line.name;
}

class BadCommandLine : public testing::TestWithParam<Line> {};

TEST_P(BadCommandLine, EndsWithStatusTwoAndSaysWhat) {
  const Outcome outcome = kilburn(GetParam().arguments);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr(GetParam().message), testing::Not(HasSubstr("internal error"))));
  EXPECT_EQ(outcome.out, "");
}

INSTANTIATE_TEST_SUITE_P(
    BadInput, BadCommandLine,
    testing::Values(
        Line{"NoSubcommand", {}, "subcommand"}, Line{"UnknownSubcommand", {"walk"}, "walk"},
        Line{"UnknownOption", {"run", "--trce", "x"}, "--trce"},
        Line{"NoTrace", {"run"}, "--trace"},
        Line{"LimitOfNothing",
             {"run", "--trace", "x", "--limit", "0"},
             "--limit 0: allowed whole numbers from 1 on"},
        Line{"LimitOfWords", {"run", "--trace", "x", "--limit", "many"}, "--limit"},
        Line{"ParamsOfNoFile", {"params", "/no/such.toml"}, "/no/such.toml"},
        Line{"WindowOfNoWaveform",
             {"run", "--trace", "x", "--vcd-from", "5"},
             "--vcd-from requires --vcd"},
        Line{"ScopeOfNoWaveform",
             {"run", "--trace", "x", "--trace-scope", "hart"},
             "--trace-scope requires --vcd"},
        Line{"MismatchOfNothing",
             {"run", "--trace", "x", "--vcd", "/no/such/x.vcd", "--vcd-on-mismatch"},
             "nothing is compared"},
        Line{"WindowThatEndsBeforeItBegins",
             {"run", "--trace", "x", "--vcd", "/no/such/x.vcd", "--vcd-from", "100", "--vcd-until",
              "50"},
             "--vcd-until 50: the window ends before it begins"},
        Line{"WindowOfNothing",
             {"run", "--trace", "x", "--vcd", "/no/such/x.vcd", "--vcd-from", "50", "--vcd-until",
              "50"},
             "--vcd-until 50: the window ends before it begins"},
        Line{"WindowOfSoftwareThatEndsBeforeItBegins",
             {"run", "--elf", "x", "--vcd", "/no/such/x.vcd", "--vcd-from", "100", "--vcd-until",
              "50"},
             "--vcd-until 50: the window ends before it begins"},
        Line{"WindowOfLinuxThatEndsBeforeItBegins",
             {"linux", "--vcd", "/no/such/x.vcd", "--vcd-from", "1M", "--vcd-until", "64k"},
             "--vcd-until 64000: the window ends before it begins"},
        Line{"WindowOfCosimThatEndsBeforeItBegins",
             {"cosim", "burst_tlb", "--vcd", "/no/such/x.vcd", "--vcd-from", "100", "--vcd-until",
              "50"},
             "--vcd-until 50: the window ends before it begins"},
        Line{"CosimOfNoBlock", {"cosim", "cache"}, "burst_tlb"},
        Line{"CosimOfBothStreams",
             {"cosim", "burst_tlb", "--ops", "5", "--trace", "x"},
             "--ops excludes --trace"},
        Line{"CosimOfAPartOfNoTrace",
             {"cosim", "burst_tlb", "--limit", "5"},
             "--limit requires --trace"},
        Line{"CosimOfNoTrace",
             {"cosim", "burst_tlb", "--trace", "/no/such.ktrace"},
             "/no/such.ktrace"},
        Line{"CosimIntoNoFolder",
             {"cosim", "burst_tlb", "--ops", "5", "--vcd", "/no/such/x.vcd"},
             "/no/such/x.vcd"},
        Line{"DemoOfNoFolder", {"demo", "--traces", "/no/such"}, "/no/such"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace kilburn::platform
