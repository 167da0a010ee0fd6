// Where a command's output goes, and what becomes of it where it cannot go there.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "process.h"
#include "trace/trace.h"

namespace kilburn::platform {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

/// `line` is bash; in it, $K is the program of this build and $D the folder of the test. Standard
/// output and error are the outcome's.
Outcome shell(const Folder& folder, const std::string& line) {
  const std::string script = folder.write(
      "line.sh", fmt::format("exec >'{0}/out' 2>'{0}/err' </dev/null\nK='{1}'\nD='{0}'\n{2}\n",
                             folder / "", kilburn_program(), line));
  const int status = std::system(("bash '" + script + "'").c_str());  // NOLINT: names of our own
  Outcome outcome;
  if (WIFEXITED(status)) outcome.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  outcome.out = contents(folder / "out");
  outcome.err = contents(folder / "err");
  for (const char* name : {"line.sh", "out", "err"}) fs::remove(folder / name);
  return outcome;
}

/// A trace of one fetch, as text.
std::string small_trace(const Folder& folder, const std::string& name = "c.txt") {
  return folder.write(name, "I  00001000,4\n L 00002000,8\n");
}

/// Two points of that trace.
std::string small_space(const Folder& folder) {
  small_trace(folder);
  return folder.write("space.toml", "[sweep]\ntraces = ['c.txt']\n[mmu.dtlb]\nentries = [8, 16]\n");
}

std::string small_database(const Folder& folder) {
  const Outcome outcome = kilburn({"sweep", small_space(folder), "-o", folder / "a.db"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return folder / "a.db";
}

// --- An output that is an input, or another output

struct Pair {
  std::string name;
  std::string line;  ///< of bash, see above
  std::string victim = "c.txt";
};

void PrintTo(const Pair& pair, std::ostream* out) {
  *out << pair.name;
}

class SameFile : public testing::TestWithParam<Pair> {};

TEST_P(SameFile, IsRefusedAndNothingIsTouched) {
  const Folder folder;
  small_database(folder);
  fs::create_symlink("c.txt", folder / "link");
  fs::create_hard_link(folder / "c.txt", folder / "hard");
  fs::create_directory_symlink(".", folder / "here");
  folder.write("p.toml", "[mmu.dtlb]\nentries = 8\n");
  const std::string before = contents(folder / GetParam().victim);
  const auto count = [&] {
    return std::distance(fs::directory_iterator(folder / ""), fs::directory_iterator());
  };
  const auto files = count();
  const Outcome outcome = shell(folder, "cd \"$D\"; " + GetParam().line);
  EXPECT_EQ(outcome.status, 2) << outcome.out;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("is the same file as"), Not(HasSubstr("internal"))));
  EXPECT_EQ(contents(folder / GetParam().victim), before);
  EXPECT_EQ(count(), files);
}

INSTANTIATE_TEST_SUITE_P(
    Output, SameFile,
    testing::Values(
        Pair{"StatisticsAndTrace", "$K run --trace c.txt --stats c.txt"},
        Pair{"ByASymbolicLink", "$K run --trace c.txt --stats link"},
        Pair{"ByAHardLink", "$K run --trace hard --stats c.txt"},
        Pair{"ByAnotherFolder", "$K run --trace c.txt --stats here/c.txt"},
        Pair{"StatisticsAndConfiguration", "$K run p.toml --trace c.txt --stats p.toml", "p.toml"},
        Pair{"StatisticsAndWaveform", "$K run --trace c.txt --stats x --vcd here/x"},
        Pair{"WaveformAndItsSaveFile", "$K run --trace c.txt --vcd d.gtkw"},
        Pair{"StatisticsAndSaveFile", "$K run --trace c.txt --vcd d.vcd --stats here/d.gtkw"},
        Pair{"WaveformOfCosimAndTrace", "$K cosim burst_tlb --trace c.txt --vcd c.txt"},
        Pair{"WaveformOfCosimAndItsSaveFile", "$K cosim burst_tlb --ops 10 --vcd d.gtkw"},
        Pair{"ConvertedAndItsInput", "$K trace convert c.txt link --format kilburn"},
        Pair{"RecordingAndItsProgram",
             "cp /bin/true t; $K trace record -o t -- ./t; s=$?; rm t; "
             "exit $s"},
        Pair{"ReportAndResults", "$K report a.db -o a.db", "a.db"},
        Pair{"ReportAndJournalOfResults", "$K report a.db -o a.db-journal", "a.db"},
        Pair{"ExportAndResults", "$K sweep export a.db -o ./a.db", "a.db"},
        Pair{"CollectedAndShard", "$K sweep collect a.db ./a.db", "a.db"},
        Pair{"ResultsAndSpace", "$K sweep space.toml -o space.toml", "space.toml"},
        Pair{"ResultsAndTrace", "$K sweep space.toml -o link"},
        Pair{"ResultsAndResultsToLeaveOut", "$K sweep space.toml --done-in a.db -o a.db", "a.db"},
        Pair{"DumpAndItsTrace", "$K trace dump c.txt >> c.txt"},
        Pair{"WaveformAndStandardOutput",
             "$K run --trace c.txt --vcd x > x; s=$?; rm x; "
             "exit $s"},
        Pair{"CheckedQuantumAndTrace", "$K run --check-quantum --trace c.txt --stats c.txt"}),
    [](const auto& each) { return each.param.name; });

TEST(Output, OfSoftwareIsRefusedWhereItIsItsProgramOrAnotherHartsRecording) {
  const Folder folder;
  fs::copy_file(guest("hello"), folder / "h.elf");
  const std::string before = contents(folder / "h.elf");
  for (const std::string line :
       {"$K run --elf h.elf --stats h.elf", "$K run --elf h.elf --signature h.elf",
        "$K run --elf h.elf --record h.elf", "$K run --elf h.elf --stats x --signature x",
        "$K run --elf h.elf --set riscv.harts=2 --record t.ktrace --stats t.hart1.ktrace"}) {
    const Outcome outcome = shell(folder, "cd \"$D\"; " + line);
    EXPECT_EQ(outcome.status, 2) << line;
    EXPECT_THAT(outcome.err, HasSubstr("is the same file as")) << line;
    EXPECT_EQ(contents(folder / "h.elf"), before);
  }
}

TEST(Output, DevNullMayBeAnyNumberOfThem) {
  const Folder folder;
  const Outcome outcome = kilburn(
      {"run", "--trace", small_trace(folder), "--stats", "/dev/null", "--vcd", "/dev/null"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_FALSE(fs::exists("/dev/null.gtkw"));
}

TEST(Output, SalvagingATraceUnderItsOwnNameReadsAllOfTheRest) {
  const Folder folder;
  ASSERT_EQ(kilburn({"trace", "convert", small_trace(folder), folder / "t.ktrace"}).status, 0);
  fs::rename(folder / "t.ktrace", folder / "t.ktrace.partial");
  const Outcome outcome =
      kilburn({"trace", "convert", "--salvage", folder / "t.ktrace.partial", folder / "t.ktrace"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(trace::open_trace(folder / "t.ktrace")->next().records.size(), 2U);
}

// --- `-` and no name

TEST(Output, ADashIsStandardOutputWhereThatMakesSense) {
  const Folder folder;
  const std::string trace = small_trace(folder);
  const std::string database = small_database(folder);
  const Outcome stats = kilburn({"run", "--trace", trace, "--stats", "-"});
  EXPECT_EQ(stats.status, 0) << stats.err;
  EXPECT_EQ(nlohmann::json::parse(stats.out)["platform"]["accesses"], 2);
  EXPECT_EQ(kilburn({"run", "--trace", trace, "--stats", "/dev/stdout"}).out, stats.out);

  const Outcome csv = kilburn({"sweep", "export", database, "-o", "-"});
  EXPECT_EQ(kilburn({"sweep", "export", database, "-o", folder / "a.csv"}).status, 0);
  EXPECT_EQ(csv.out, contents(folder / "a.csv"));

  const Outcome page = kilburn({"report", database, "-o", "-"});
  EXPECT_EQ(kilburn({"report", database, "-o", folder / "a.html"}).status, 0);
  EXPECT_EQ(page.out, contents(folder / "a.html"));
  EXPECT_THAT(page.err, HasSubstr("2 points"));

  const Outcome converted =
      kilburn({"trace", "convert", trace, "-", "--format", "kilburn", "--limit", "1"});
  EXPECT_EQ(converted.status, 0) << converted.err;
  const std::string written = folder.write("t.ktrace", converted.out);
  EXPECT_EQ(trace::open_trace(written)->next().records.size(), 1U);
  EXPECT_FALSE(fs::exists("-"));
}

TEST(Output, ADashIsRefusedElsewhereWithWhatToWriteInstead) {
  const Folder folder;
  const std::string trace = small_trace(folder);
  for (const Arguments& arguments :
       {Arguments{"run", "--trace", trace, "--vcd", "-"},
        Arguments{"run", "--elf", guest("hello"), "--record", "-"},
        Arguments{"run", "--elf", guest("hello"), "--signature", "-"},
        Arguments{"cosim", "burst_tlb", "--ops", "9", "--vcd", "-"},
        Arguments{"trace", "record", "-o", "-", "--", "/bin/true"},
        Arguments{"sweep", small_space(folder), "-o", "-"}, Arguments{"sweep", "collect", "-", "x"},
        Arguments{"sweep", "area", "-"}}) {
    const Outcome outcome = kilburn(arguments);
    EXPECT_EQ(outcome.status, 2) << fmt::format("{}", fmt::join(arguments, " "));
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(" -: "), HasSubstr("./-")));
  }
  EXPECT_FALSE(fs::exists("-"));
}

TEST(Output, AFileCalledDashIsWrittenWithItsFolder) {
  const Folder folder;
  small_trace(folder);
  const Outcome outcome =
      shell(folder, "cd \"$D\"; $K run --trace c.txt --stats ./- && test -s ./-");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("accesses"));
}

TEST(Output, StatisticsShareStandardOutputWithNoOtherTable) {
  const Folder folder;
  for (const char* other : {"--table", "--stats-list"}) {
    const Outcome outcome = kilburn({"run", "--trace", small_trace(folder), "--stats", "-", other});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("--stats -"), HasSubstr(other)));
  }
}

TEST(Output, AnEmptyValueIsRefusedAtItsOption) {
  const Folder folder;
  const std::string trace = small_trace(folder);
  const std::vector<std::pair<Arguments, std::string>> cases = {
      {{"run", "--trace", trace, "--stats", ""}, "--stats"},
      {{"run", "--trace", trace, "--vcd", ""}, "--vcd"},
      {{"run", "--trace", ""}, "--trace"},
      {{"run", "", "--trace", trace}, "files"},
      {{"run", "--elf", ""}, "--elf"},
      {{"report", "", "-o", "x"}, "results"},
      {{"report", "a.db", "-o", ""}, "-o"},
      {{"trace", "convert", trace, ""}, "output"},
      {{"trace", "record", "-o", "", "--", "/bin/true"}, "-o"},
      {{"sweep", "space.toml", "-o", ""}, "-o"}};
  for (const auto& [arguments, option] : cases) {
    const Outcome outcome = kilburn(arguments);
    EXPECT_EQ(outcome.status, 2) << option;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(option), HasSubstr("empty")));
  }
}

// --- What is no file

TEST(Output, GoesThroughAPipeByItsName) {
  const Folder folder;
  const std::string trace = small_trace(folder);
  ASSERT_EQ(kilburn({"trace", "convert", trace, folder / "t.ktrace"}).status, 0);
  const Outcome outcome = shell(folder, R"(cd "$D"; mkfifo pipe
cat pipe > through.ktrace & $K trace convert c.txt pipe --format kilburn && wait
test -p pipe && cmp t.ktrace through.ktrace &&
$K run --trace c.txt --stats s.json > /dev/null &&
$K run --trace c.txt --stats >(cat > t.json; touch read) > /dev/null
for ((i = 0; i < 6000; ++i)); do [ ! -e read ] || break; sleep 0.01; done
[ -e read ] || echo "waited in vain for the end of the pipe"
cmp s.json t.json)");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
}

TEST(Output, ToStandardOutputByItsNameLeavesAFileThatIsThereItsOwn) {
  const Folder folder;
  const std::string database = small_database(folder);
  ASSERT_EQ(kilburn({"sweep", "export", database, "-o", folder / "a.csv"}).status, 0);
  const Outcome outcome = shell(folder, R"(cd "$D"
{ echo before; $K sweep export a.db -o /dev/stdout; echo after; } > all
{ echo before; cat a.csv; echo after; } > expected
cmp all expected)");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
}

TEST(Output, ARecordingToADeviceWritesThroughAndTheDeviceStays) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a device";
  const Folder folder;
  // The device of /dev/full, in a folder of our own.
  if (::mknod((folder / "full").c_str(), S_IFCHR | 0600, makedev(1, 7)) != 0) {
    GTEST_SKIP() << "no devices here";
  }
  small_trace(folder);
  for (const std::string line :
       {"$K trace convert c.txt full --format kilburn", "$K run --trace c.txt --stats full",
        "$K run --trace c.txt --vcd full", "$K cosim burst_tlb --ops 100 --vcd full",
        "$K trace record -o full -- /bin/true"}) {
    const Outcome outcome = shell(folder, "cd \"$D\"; " + line);
    EXPECT_EQ(outcome.status, 2) << line;
    EXPECT_THAT(outcome.err, HasSubstr("full: cannot be written: No space left on device")) << line;
    EXPECT_TRUE(fs::is_character_file(folder / "full")) << line;
  }
}

// --- A full disk

class FullDisk : public testing::TestWithParam<Pair> {};

/// Files of at most 40 KiB: writing fails in the middle, or at the end.
TEST_P(FullDisk, IsToldAndNothingHalfWrittenIsLeft) {
  const Folder folder;
  fs::copy_file(shipped("sort"), folder / "sort.ktrace");
  folder.write("x", "old");
  const Outcome outcome =
      shell(folder, "cd \"$D\"; ulimit -f 40; timeout -k 1 60 " + GetParam().line);
  EXPECT_EQ(outcome.status, 2) << outcome.out;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("x: cannot be written: File too large"),
                                 Not(HasSubstr("internal error"))));
  EXPECT_EQ(contents(folder / "x"), "old");
  for (const auto& entry : fs::directory_iterator(folder / "")) {
    EXPECT_THAT(entry.path().filename().string(), testing::AnyOf("x", "sort.ktrace"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Output, FullDisk,
    testing::Values(
        Pair{"WaveformOfCosim", "$K cosim burst_tlb --ops 20000 --vcd x"},
        Pair{"WaveformOfATrace", "$K run --trace sort.ktrace --limit 100000 --vcd x"},
        Pair{"ConvertedTrace",
             "$K trace convert sort.ktrace x --format kilburn --level 1 --limit 3000000"},
        Pair{"ChampsimTrace", "$K trace convert sort.ktrace x --format champsim --limit 2000"}),
    [](const auto& each) { return each.param.name; });

// --- Standard output

class StandardOutput : public testing::TestWithParam<Pair> {};

TEST_P(StandardOutput, ThatCannotBeWrittenIsAnError) {
  const Folder folder;
  small_database(folder);
  ASSERT_TRUE(fs::exists("/dev/full"));
  for (const std::string to : {"> /dev/full", ">&-"}) {
    const Outcome outcome = shell(folder, "cd \"$D\"; " + GetParam().line + " " + to);
    EXPECT_EQ(outcome.status, 2) << to;
    EXPECT_THAT(outcome.err, HasSubstr("standard output: cannot be written: "));
    EXPECT_THAT(outcome.err,
                HasSubstr(to == ">&-" ? "Bad file descriptor" : "No space left on device"));
    EXPECT_THAT(outcome.err, Not(HasSubstr("internal error")));
  }
}

std::vector<Pair> printing_commands() {
  return {{"Help", "$K --help"},
          {"HelpOfACommand", "$K run --help"},
          {"Version", "$K --version"},
          {"Run", "$K run --trace c.txt"},
          {"RunWithStatistics", "$K run --trace c.txt --stats -"},
          {"RunWithAList", "$K run --trace c.txt --stats-list"},
          {"Software", "$K run --elf " + guest("hello")},
          {"Params", "$K params"},
          {"Cosim", "$K cosim burst_tlb --ops 100"},
          {"CosimList", "$K cosim burst_tlb --list"},
          {"TraceInfo", "$K trace info c.txt"},
          {"TraceDump", "$K trace dump c.txt"},
          {"TraceConvert", "$K trace convert c.txt - --format kilburn"},
          {"Report", "$K report a.db -o r.html"},
          {"ReportToStandardOutput", "$K report a.db -o -"},
          {"SweepDryRun", "$K sweep space.toml --dry-run"},
          {"Sweep", "rm -f c.db; $K sweep space.toml -o c.db"},
          {"SweepExport", "$K sweep export a.db -o -"},
          {"SweepCollect", "$K sweep collect b.db a.db"},
          {"Demo", "$K demo sort --limit 10"}};
}

INSTANTIATE_TEST_SUITE_P(Output, StandardOutput, testing::ValuesIn(printing_commands()),
                         [](const auto& each) { return each.param.name; });

TEST(Output, ThatNobodyReadsAnyMoreEndsQuietlyAsOtherProgramsDo) {
  const Folder folder;
  small_trace(folder);
  for (const std::string& command :
       {"$K trace dump '" + shipped("sort") + "'", std::string("$K params"),
        std::string("$K --help"), "$K run --elf '" + guest("hello") + "'",
        std::string("$K run --trace c.txt --stats -")}) {
    // A pipe whose only reader has gone before anything is written.
    const Outcome outcome =
        shell(folder, "cd \"$D\"; rm -f p; mkfifo p; exec 3<>p 4>p 3<&-\n" + command + " >&4");
    EXPECT_EQ(outcome.err, "") << command;
    EXPECT_EQ(outcome.status, 128 + SIGPIPE) << command;
  }
}

TEST(Output, AClosedStandardOutputIsNotTakenForAFile) {
  const Folder folder;
  small_trace(folder);
  shell(folder, "cd \"$D\"; $K run --trace c.txt --stats s.json >&-");
  EXPECT_TRUE(nlohmann::json::accept(contents(folder / "s.json")));
}

TEST(Output, MessagesThatStandardErrorCannotTakeEndNothing) {
  const Folder folder;
  small_trace(folder);
  const Outcome outcome = shell(folder,
                                "cd \"$D\"; $K trace convert c.txt t.ktrace 2>/dev/full && "
                                "$K trace convert c.txt u.ktrace 2>&- && cmp t.ktrace u.ktrace");
  EXPECT_EQ(outcome.status, 0);
}

}  // namespace
}  // namespace kilburn::platform
