// Inputs of the program through pipes, FIFOs and standard input: read whole, or refused by name.
#include <fmt/format.h>

#include <cstdlib>

#include "process.h"

namespace kilburn::platform {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A command of bash in which $K is the program.
Outcome shell(const std::string& command) {
  const Folder folder;
  const std::string script = folder.write(
      "script", fmt::format("K='{}'\nset -o pipefail\n{}\n", kilburn_program(), command));
  const int status = std::system(  // NOLINT: names of temporary files only
      fmt::format("bash {0} > {1} 2> {2}", script, folder / "out", folder / "err").c_str());
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .signal = 0,
          .out = contents(folder / "out"),
          .err = contents(folder / "err")};
}

/// As lackey writes it: more bytes than the first look at a file takes.
std::string lackey_file(const Folder& folder) {
  std::string text;
  for (unsigned i = 0; i < 2000; ++i) {
    text += fmt::format("I  {:08x},4\n L {:010x},8\n", 0x4001000 + 4 * i, 0x1ffeff0000 + 8 * i);
  }
  return folder.write("t.lackey", text);
}

TEST(Pipes, ATraceThroughAPipeCountsAsFromItsFile) {
  const Folder folder;
  const std::string file = lackey_file(folder);
  for (const std::string command :
       {"$K trace info {0}", "cat {0} | $K trace info /dev/stdin", "cat {0} | $K trace info -",
        "gzip -c {0} | $K trace info -", "$K trace info <(xz -c {0})", "$K trace info - < {0}"}) {
    const Outcome outcome = shell(fmt::format(fmt::runtime(command), file));
    EXPECT_EQ(outcome.status, 0) << command << outcome.err;
    EXPECT_THAT(outcome.out,
                AllOf(HasSubstr("records              4000"), HasSubstr("fetches            2000"),
                      HasSubstr("format     valgrind lackey")))
        << command;
  }
}

TEST(Pipes, ConvertAndDumpGiveWhatTheFileGives) {
  const Folder folder;
  const std::string file = lackey_file(folder);
  const Outcome converted = shell(fmt::format(
      "$K trace convert {0} {1}/a.champsim && cat {0} | $K trace convert - {1}/b.champsim && "
      "cmp {1}/a.champsim {1}/b.champsim",
      file, folder / ""));
  EXPECT_EQ(converted.status, 0) << converted.err;
  const Outcome dumped = shell(fmt::format("cat {} | $K trace dump -", file));
  EXPECT_EQ(dumped.out, contents(file));
}

TEST(Pipes, ARunReadsATraceOnceWherePagesAreNotMappedBefore) {
  const Folder folder;
  const std::string file = lackey_file(folder);
  const std::string options = "--set os.premap=false --stats";
  const Outcome outcome = shell(fmt::format(
      "$K run --trace {0} {1} {2}/a && cat {0} | $K run --trace - {1} {2}/b && cmp {2}/a {2}/b",
      file, options, folder / ""));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const Outcome refused = shell(fmt::format("cat {} | $K run --trace /dev/stdin", file));
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("/dev/stdin: os.premap reads a trace twice"),
                                 HasSubstr("--set os.premap=false")));
  const Outcome twice = shell(
      fmt::format("cat {} | $K run --trace - --trace /dev/stdin --set os.premap=false", file));
  EXPECT_EQ(twice.status, 2);
  EXPECT_THAT(twice.err, HasSubstr("--trace /dev/stdin: given twice"));
  const Outcome checked = shell(fmt::format(
      "cat {} | $K run --trace /dev/stdin --set os.premap=false --check-quantum", file));
  EXPECT_EQ(checked.status, 2);
  EXPECT_THAT(checked.err, HasSubstr("not with --check-quantum, which reads a trace twice"));
}

TEST(Pipes, ASweepRefusesATraceThatItCannotReadAgain) {
  const Folder folder;
  const std::string space = folder.write("s.toml", "[sweep]\ntraces = ['fifo']\n");
  const Outcome outcome =
      shell(fmt::format("mkfifo {0}/fifo && $K sweep {1} -o {0}/s.db", folder / "", space));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("fifo: is no file: a sweep reads its traces many times"));
}

TEST(Pipes, AProgramAndItsFilesComeThroughPipes) {
  for (const std::string command :
       {"$K run --elf <(cat {0}) < /dev/null", "cat {0} | $K run --elf /dev/stdin",
        "echo 'riscv.harts = 1' | $K run - --elf {0}",
        "$K run <(echo 'riscv.harts = 1') --elf {0} < /dev/null"}) {
    const Outcome outcome = shell(fmt::format(fmt::runtime(command), guest("hello")));
    EXPECT_EQ(outcome.status, 0) << command << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("Hello from hart 0")) << command;
  }
}

TEST(Pipes, StandardInputThatIsTheGuestsConsoleIsNoProgram) {
  for (const char* option : {"--elf", "--kernel", "--initrd", "--overlay"}) {
    const std::string elf = std::string(option) == "--elf" ? "" : "--elf x ";
    const Outcome outcome = shell(fmt::format("$K run {}{} - < /dev/null", elf, option));
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err,
                HasSubstr(fmt::format("{} -: standard input is the guest's console", option)));
  }
}

TEST(Pipes, AResultsDatabaseMustBeAFile) {
  for (const char* command : {"$K report - -o r.html", "$K sweep export - -o r.csv",
                              "$K sweep export <(echo) -o r.csv"}) {
    const Outcome outcome = shell(command);
    EXPECT_EQ(outcome.status, 2) << command;
    EXPECT_THAT(outcome.err, HasSubstr("a results database must be a file")) << command;
  }
}

}  // namespace
}  // namespace kilburn::platform
