// Sweeps that are killed, interrupted, out of disk, or not alone: what is done is kept.
#include <algorithm>
#include <cstdlib>

#include "sweep/sweep_fixture.h"

namespace kilburn::platform::sweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST_F(Sweep, KilledAndResumedLeavesWhatAnUndisturbedOneLeaves) {
  for (const std::string engine : {"platform", "translation"}) {
    SCOPED_TRACE(engine);
    // Many short passes: each group of the translation engine has one configuration.
    const std::string space =
        engine == "platform"
            ? write_space("engine = 'platform'")
            : folder_.write("many.toml",
                            "[sweep]\nlimit = 300_000\nengine = 'translation'\n"
                            "traces = ['" +
                                shipped("graph") +
                                "']\n"
                                "[os]\naging = 1\nseed = { from = 1, to = 12, step = 1 }\n");
    const std::string database = engine + ".db";
    const Rows expected = [&] {
      std::filesystem::remove(folder_ / "undisturbed.db");
      return undisturbed(space);
    }();
    std::optional<Process> process;
    start(process, space, database);
    ASSERT_EQ(kill(process->pid(), SIGKILL), 0);
    EXPECT_EQ(process->wait().signal, SIGKILL);
    expect_part(database);
    EXPECT_EQ(sweep(space, database).status, 2);  // without --resume
    const Outcome resumed = sweep(space, database, {"--resume"});
    EXPECT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(content(folder_ / database), expected);
  }
}

TEST_F(Sweep, ResumingRepeatsNothingAndNothingWentOnMeanwhile) {
  const std::string space = write_space("engine = 'platform'");
  std::optional<Process> process;
  start(process, space, "r.db");
  const std::vector<pid_t> children = children_of(process->pid());
  ASSERT_EQ(kill(process->pid(), SIGKILL), 0);
  process->wait();
  expect_gone(children);
  expect_part("r.db");
  SqlConnection(folder_ / "r.db", false).execute("UPDATE points SET command = 'as it was'");
  const std::size_t before = points_in(folder_ / "r.db");
  EXPECT_EQ(sweep(space, "r.db", {"--resume"}).status, 0);
  EXPECT_EQ(rows_in(folder_ / "r.db", "points WHERE command = 'as it was'"), before);
  EXPECT_EQ(rows_in(folder_ / "r.db", "points"), points);
  EXPECT_THAT(sweep(space, "r.db", {"--resume"}).out, HasSubstr("12 points done, 0 failed"));
}

TEST_F(Sweep, CtrlCKeepsWhatIsDoneAndEndsTheProcesses) {
  const std::string space = write_space("engine = 'platform'");
  std::optional<Process> process;
  start(process, space, "r.db");
  const std::vector<pid_t> children = children_of(process->pid());
  ASSERT_EQ(kill(process->pid(), SIGINT), 0);
  ASSERT_EQ(kill(process->pid(), SIGCONT), 0);
  const Outcome outcome = process->wait();
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("interrupted"), HasSubstr("--resume")));
  expect_gone(children);
  expect_part("r.db");
  EXPECT_EQ(sweep(space, "r.db", {"--resume"}).status, 0);
  EXPECT_EQ(content(folder_ / "r.db"), undisturbed(space));
}

TEST_F(Sweep, CtrlCEndsAPassOfTheTranslationEngine) {
  // One pass so long that it cannot end by itself.
  const std::string space =
      folder_.write("long.toml", "[sweep]\ntraces = ['" + shipped("database") +
                                     "']\n[mmu.dtlb]\nentries = { from = 1, to = 60, step = 1 }\n");
  Process process({"sweep", space, "-o", folder_ / "long.db", "--jobs", "1"});
  // The trace is read quickly to its end, and again from its beginning by the pass.
  std::uint64_t furthest = 0;
  const auto in_the_pass = [&] {
    const std::uint64_t position = position_in(shipped("database"), process.pid());
    furthest = std::max(furthest, position);
    return position > 0 && position < furthest / 2;
  };
  ASSERT_TRUE(wait_until(in_the_pass, "the pass to read the trace"));
  ASSERT_EQ(kill(process.pid(), SIGTERM), 0);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.status, 143) << outcome.err;
  EXPECT_EQ(points_in(folder_ / "long.db"), 0U);
}

TEST_F(Sweep, ASecondSweepOnOneDatabaseIsRefusedAndTheFirstGoesOn) {
  const std::string space = write_space("engine = 'platform'");
  std::optional<Process> first;
  start(first, space, "r.db");
  for (const Arguments& more : {Arguments{}, Arguments{"--resume"}}) {
    const Outcome second = sweep(space, "r.db", more);
    EXPECT_EQ(second.status, 2);
    EXPECT_THAT(second.err, AllOf(HasSubstr("r.db"), HasSubstr("another sweep is writing to it")));
  }
  expect_part("r.db");  // so the first was still there
  ASSERT_EQ(kill(first->pid(), SIGCONT), 0);
  EXPECT_EQ(first->wait().status, 0);
  EXPECT_EQ(points_in(folder_ / "r.db"), points);
}

TEST_F(Sweep, AFullDiskKeepsWhatIsDone) {
  const std::string space = write_space("engine = 'platform'");
  const std::string database = folder_ / "r.db";
  // Blocks of 512 bytes: the tables fit, and some of the points.
  const std::string line = fmt::format("ulimit -f 200; exec {} sweep {} -o {} --jobs 1 >{} 2>&1",
                                       kilburn_program(), space, database, folder_ / "out");
  const int status = std::system(("exec sh -c '" + line + "'").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 2) << contents(folder_ / "out");
  EXPECT_THAT(contents(folder_ / "out"),
              AllOf(HasSubstr("r.db"), HasSubstr("kept"), HasSubstr("--resume")));
  expect_part("r.db");
  EXPECT_EQ(sweep(space, "r.db", {"--resume"}).status, 0);
  EXPECT_EQ(content(database), undisturbed(space));
}

TEST_F(Sweep, ADiskThatIsFullFromTheBeginningLeavesNoFile) {
  const std::string space = write_space("");
  const std::string line = fmt::format("ulimit -f 8; exec {} sweep {} -o {} >{} 2>&1",
                                       kilburn_program(), space, folder_ / "r.db", folder_ / "out");
  const int status = std::system(("exec sh -c '" + line + "'").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 2) << contents(folder_ / "out");
  EXPECT_THAT(contents(folder_ / "out"), HasSubstr("r.db: "));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "r.db"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "r.db-journal"));
}

}  // namespace
}  // namespace kilburn::platform::sweep
