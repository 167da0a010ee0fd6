// Command lines that are wrong: each message names the command, the word, and what was meant.
#include "process.h"

namespace kilburn::platform {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string refusal(const Arguments& arguments) {
  const Outcome outcome = kilburn(arguments);
  EXPECT_EQ(outcome.status, 2) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, Not(HasSubstr("internal error")));
  return outcome.err;
}

TEST(CommandLine, AnUnknownOptionNamesTheNearest) {
  EXPECT_EQ(refusal({"run", "--trce", "x"}),
            "kilburn run: --trce: no such option; did you mean --trace?\n"
            "kilburn run --help tells more\n");
  EXPECT_THAT(refusal({"sweep", "--job=3", "x.toml"}),
              HasSubstr("kilburn sweep: --job: no such option; did you mean --jobs?"));
  EXPECT_THAT(refusal({"run", "--colour"}), StartsWith("kilburn run: --colour: no such option\n"));
}

TEST(CommandLine, AnOptionOfAnotherCommandSaysWhose) {
  EXPECT_THAT(refusal({"trace", "info", "--gdb", "3"}),
              HasSubstr("--gdb: an option of kilburn run, not of kilburn trace info"));
}

TEST(CommandLine, AParameterAsAnOptionSaysHowItIsSet) {
  EXPECT_THAT(refusal({"run", "--mmu.dtlb.entries=4"}),
              HasSubstr("a parameter's value is given by --set mmu.dtlb.entries=VALUE"));
  EXPECT_THAT(refusal({"run", "mmu.dtlb.entries=4"}),
              HasSubstr("a parameter's value is given by --set mmu.dtlb.entries=4"));
}

TEST(CommandLine, AnUnknownSubcommandNamesTheNearestAndAll) {
  EXPECT_THAT(refusal({"rnu", "--trace", "x"}),
              StartsWith("kilburn: rnu: no such subcommand; did you mean run? there are run, "));
  EXPECT_THAT(refusal({"trace", "inof", "x"}),
              StartsWith("kilburn trace: inof: no such subcommand; did you mean info? there are "
                         "record, convert, info, dump\n"));
  EXPECT_THAT(refusal({"trace"}), StartsWith("kilburn trace: a subcommand is required: record, "));
}

TEST(CommandLine, UnexpectedWordsAreToldInTheirOrder) {
  EXPECT_EQ(refusal({"trace", "info", "a", "first", "--second", "third"}),
            "kilburn trace info: first: not expected here\n"
            "kilburn trace info: --second: no such option\n"
            "kilburn trace info: third: not expected here\n"
            "kilburn trace info --help tells more\n");
}

TEST(CommandLine, AWrongNumberNamesCommandAndOption) {
  EXPECT_THAT(refusal({"run", "--trace", "x", "--limit", "-1"}),
              StartsWith("kilburn run: --limit -1: allowed whole numbers from 1 on"));
  EXPECT_THAT(refusal({"run", "--elf", "x", "--timeout-ms", "nan"}),
              StartsWith("kilburn run: --timeout-ms nan: allowed numbers above 0"));
}

TEST(CommandLine, AWrongChoiceNamesTheNearest) {
  EXPECT_THAT(refusal({"trace", "convert", "a", "b", "--format", "champsin"}),
              HasSubstr("--format champsin: allowed kilburn, champsim; did you mean champsim?"));
}

TEST(CommandLine, OptionsOfARecordedProgramGoAfterTwoDashes) {
  EXPECT_THAT(refusal({"trace", "record", "-o", "x.ktrace", "ls", "--zero"}),
              HasSubstr("--zero: no such option; what is for the program goes after --"));
}

constexpr const char* space = "[sweep]\ntraces = [\"a.ktrace\"]\n[mmu.dtlb]\nentries = [16, 32]\n";

TEST(FileInTheWrongPlace, ASpaceIsForSweep) {
  const Folder folder;
  const std::string file = folder.write("space.toml", space);
  for (const Arguments& command : {Arguments{"run", file}, Arguments{"params", file},
                                   Arguments{"run", file, "--trace", shipped("graph")}}) {
    EXPECT_THAT(refusal(command), AllOf(HasSubstr("space.toml: not a platform's configuration"),
                                        HasSubstr("kilburn sweep " + file + " -o RESULTS.db")));
  }
}

TEST(Sweep, NumbersOfASpaceAreReadAsThoseOfTheCommandLine) {
  const Folder folder;
  const std::string text = "[sweep]\ntraces = [\"" + shipped("graph") +
                           "\"]\nlimit = \"LIMIT\"\n[mmu.dtlb]\nentries = [\"2^4\", 32]\n";
  const auto with = [&](const std::string& limit) {
    std::string copy = text;
    return folder.write("space.toml", copy.replace(copy.find("LIMIT"), 5, limit));
  };
  const Outcome plan = kilburn({"sweep", with("1k"), "--dry-run", "--shard", "01/02"});
  EXPECT_EQ(plan.status, 0) << plan.err;
  EXPECT_THAT(plan.out, AllOf(HasSubstr("1 points of 2"), HasSubstr("mmu.dtlb.entries: 16, 32")));
  for (const char* wrong : {"-1", "nan", "0", "1.5"}) {
    EXPECT_THAT(refusal({"sweep", with(wrong), "--dry-run"}), HasSubstr("from 1 on (accesses)"));
  }
}

TEST(FileInTheWrongPlace, ResultsAreForReport) {
  const Folder folder;
  const std::string file =
      folder.write("results.db", std::string("SQLite format 3\0and so on", 26));
  for (const char* command : {"sweep", "run", "params"}) {
    EXPECT_THAT(refusal({command, file}), HasSubstr("kilburn report " + file + " -o PAGE.html"))
        << command;
  }
}

TEST(FileInTheWrongPlace, ATraceIsNoSpaceAndNoResults) {
  EXPECT_THAT(refusal({"sweep", shipped("graph")}), HasSubstr("a trace: a space names it"));
  EXPECT_THAT(refusal({"report", shipped("graph"), "-o", "/no/such/page.html"}),
              HasSubstr("kilburn run " + shipped("graph")));
  EXPECT_THAT(refusal({"params", guest("hello")}), HasSubstr("a program (ELF)"));
}

TEST(Run, AFileWithoutAnOptionIsRunForWhatItIs) {
  const Folder folder;
  const std::string config = folder.write("p.toml", "[mmu.dtlb]\nentries = 16\n");
  const std::string lackey = folder.write("t.txt", "==1== text\nI  00001000,4\n L 00002000,8\n");
  const Arguments limit{"--limit", "1k"};
  EXPECT_EQ(statistics_of(Arguments{shipped("graph")} + limit),
            statistics_of(Arguments{"--trace", shipped("graph")} + limit));
  EXPECT_EQ(statistics_of(Arguments{shipped("graph"), config} + limit),
            statistics_of(Arguments{config, "--trace", shipped("graph")} + limit));
  EXPECT_EQ(statistics_of({lackey}), statistics_of({"--trace", lackey}));
  const Outcome hello = kilburn({"run", guest("hello")});
  EXPECT_EQ(hello.status, 0) << hello.err;
  EXPECT_EQ(hello.out.substr(0, hello.out.find('\n')),
            kilburn({"run", "--elf", guest("hello")}).out.substr(0, hello.out.find('\n')));
}

TEST(Run, APipeThatHoldsAConfigurationLosesNothing) {
  const Folder folder;
  const std::string config = folder.write("p.toml", "[mmu.dtlb]\nentries = 16\n");
  const Arguments run{"--limit", "1k", "--trace", shipped("graph")};
  const Outcome piped =
      kilburn(Arguments{"run", "/dev/stdin", "--stats", folder / "s.json"} + run, config);
  EXPECT_EQ(piped.status, 0) << piped.err;
  EXPECT_EQ(contents(folder / "s.json"), statistics_of(Arguments{config} + run));
}

TEST(Run, OneProgramOrTracesOneConfiguration) {
  const Folder folder;
  const std::string a = folder.write("a.toml", "");
  const std::string b = folder.write("b.toml", "");
  EXPECT_THAT(refusal({"run", a, b, shipped("graph")}), HasSubstr("one configuration at a time"));
  EXPECT_THAT(refusal({"run", guest("hello"), shipped("graph")}),
              HasSubstr("a program or traces, not both"));
  EXPECT_THAT(refusal({"run", guest("hello"), "--elf", guest("hello")}),
              HasSubstr("one program at a time"));
  EXPECT_THAT(refusal({"run", guest("hello"), "--limit", "3"}), HasSubstr("--limit: not with"));
}

}  // namespace
}  // namespace kilburn::platform
