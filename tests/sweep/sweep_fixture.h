// Sweeps of a small space by the program.
#pragma once

#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include "sweep/support.h"

namespace kilburn::platform::sweep {

inline constexpr std::size_t points = 12;

class Sweep : public testing::Test {
 protected:
  /// Twelve short points. `sweep`: more of [sweep].
  std::string write_space(const std::string& sweep, const std::string& name = "space.toml") {
    return folder_.write(name, "[sweep]\nname = 'test'\nlimit = 20_000\ntraces = ['" +
                                   shipped("graph") + "', '" + shipped("sort") + "']\n" + sweep +
                                   "\n[mmu.dtlb]\nentries = { from = 8, to = 48, step = 8 }\n");
  }
  Outcome sweep(const std::string& space, const std::string& database,
                const Arguments& more = {}) const {
    return kilburn(Arguments{"sweep", space, "-o", folder_ / database} + more);
  }
  /// What an undisturbed run of the space leaves.
  Rows undisturbed(const std::string& space) const {
    const Outcome outcome = sweep(space, "undisturbed.db", {"--jobs", "2"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return content(folder_ / "undisturbed.db");
  }
  /// A sweep of one job that has finished some of its points and not all, and is stopped
  /// (SIGSTOP): however slow the machine is, it does not finish while the test looks at it.
  void start(std::optional<Process>& process, const std::string& space,
             const std::string& database) const {
    const std::string path = folder_ / database;
    for (int attempt = 0; attempt < 10; ++attempt) {
      std::filesystem::remove(path);
      process.emplace(Arguments{"sweep", space, "-o", path, "--jobs", "1"});
      while (stop(process->pid())) {
        const std::size_t done = points_in(path);
        if (done == points) break;  // too late: once more
        if (done > 0) return;
        kill(process->pid(), SIGCONT);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    FAIL() << "no sweep was caught in mid-run";
  }
  /// False: it had ended.
  static bool stop(pid_t pid) {
    kill(pid, SIGSTOP);
    siginfo_t state{};
    return waitid(P_PID, static_cast<id_t>(pid), &state, WSTOPPED | WEXITED | WNOWAIT) == 0 &&
           state.si_code == CLD_STOPPED;
  }
  /// 0 as long as the database is not there, and while it is being written to: it is not waited
  /// for, as the sweep may have been stopped in the midst of that.
  static std::size_t points_in(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::file_size(path, ignored) == 0 || ignored) return 0;
    try {
      SqlConnection connection(path, true);
      sqlite3_busy_timeout(connection.handle(), 0);
      SqlStatement count(connection, "SELECT count(*) FROM points");
      return count.step() ? std::stoul(count.text(0)) : 0;
    } catch (const std::exception&) {
      return 0;  // its tables are being made, or its points written
    }
  }
  void expect_part(const std::string& database) const {
    ASSERT_GT(points_in(folder_ / database), 0U);
    ASSERT_LT(points_in(folder_ / database), points);
  }

  Folder folder_;
};

}  // namespace kilburn::platform::sweep
