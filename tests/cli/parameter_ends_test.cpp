// Every parameter at the ends of its range, one at a time, on a few accesses and on a small
// program: the run works, or says what is allowed. Each run is in a process of its own, forked from
// this one.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>

#include "common/error.h"
#include "common/parameter_values.h"
#include "platform/cli/commands.h"
#include "platform/node/platform_config.h"
#include "process.h"

namespace kilburn::platform {
namespace {

/// Settings "path=value" of all parameters: the least and the most, every flag and choice.
class EndsOfRanges final : public ParameterVisitor {
 public:
  void enter(std::string_view block, std::string_view /*sentence*/) override {
    blocks_.push_back(join_path(blocks_.back(), block));
  }
  void leave() override { blocks_.pop_back(); }
  [[nodiscard]] const std::vector<std::string>& settings() const { return settings_; }

 protected:
  void visit_integer(const ParameterLabel& label, std::uint64_t& /*value*/,
                     IntegerRange range) override {
    for (const std::uint64_t value : {range.min, range.max}) add(label, std::to_string(value));
  }
  void visit_real(const ParameterLabel& label, double& /*value*/, RealRange range) override {
    for (const double value : {range.min, range.max}) add(label, real_text(value));
  }
  void visit_flag(const ParameterLabel& label, bool& value) override {
    add(label, value ? "false" : "true");
  }
  void visit_choice(const ParameterLabel& label, unsigned& index,
                    std::span<const std::string_view> names) override {
    for (unsigned i = 0; i < names.size(); ++i) {
      if (i != index) add(label, std::string(names[i]));
    }
  }
  void visit_text(const ParameterLabel& label, std::string& /*value*/) override {
    add(label, "\"\"");
  }

 private:
  void add(const ParameterLabel& label, const std::string& value) {
    settings_.push_back(join_path(blocks_.back(), label.name) + "=" + value);
  }

  std::vector<std::string> blocks_{""};
  std::vector<std::string> settings_;
};

std::vector<std::string> all_settings() {
  PlatformConfig config;
  EndsOfRanges ends;
  config.visit(ends);
  return ends.settings();
}

/// As the program ends: its main() is not linked here.
int run_here(Arguments arguments) {
  CLI::App app("", "kilburn");
  int status = 0;
  add_commands(app, "", status);
  std::ranges::reverse(arguments);  // as CLI11 takes them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "command line: %s\n", error.what());
    return 2;
  } catch (const InputError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "internal error: %s\n", error.what());
    return 1;
  }
  return status;
}

/// "status 2: message", or "signal 6: ...".
Outcome run_forked(const Arguments& arguments, const std::string& output) {
  constexpr unsigned patience = 120;  // seconds
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    const int file = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    alarm(patience);
    const int status = run_here(arguments);
    std::fflush(nullptr);
    _exit(status);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Outcome outcome;
  if (WIFEXITED(status)) outcome.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  outcome.out = contents(output);
  return outcome;
}

/// `allowed`: statuses. A hart that may not fetch its first instruction from the ROM, which no
/// table covers, is stuck, and the run says so: it could not be otherwise.
void expect_runs_or_refusals(const Arguments& run, const std::vector<int>& allowed) {
  const Folder folder;
  unsigned runs = 0;
  for (const std::string& setting : all_settings()) {
    const Outcome outcome = run_forked(run + set({setting}), folder / "out");
    const bool stuck = outcome.status == 1 && setting == "rmu.uncovered=deny" &&
                       outcome.out.find("hart 0: ") != std::string::npos;
    const bool fine = stuck || std::ranges::count(allowed, outcome.status) > 0;
    EXPECT_TRUE(fine) << "--set " << setting << ": status " << outcome.status << ", signal "
                      << outcome.signal << '\n'
                      << outcome.out;
    if (outcome.status == 0) ++runs;
    // A guest may end itself with any status, as without protection registers that it writes.
    if (outcome.out.find("the guest ended the run") != std::string::npos) continue;
    if (outcome.status != 2) continue;
    const std::string name = setting.substr(0, setting.find('='));
    EXPECT_TRUE(outcome.out.find(name.substr(name.rfind('.') + 1)) != std::string::npos ||
                outcome.out.find(name.substr(0, name.rfind('.'))) != std::string::npos)
        << "--set " << setting << ": the parameter is not named:\n"
        << outcome.out;
  }
  EXPECT_GT(runs, 150U) << "hardly anything ran";
}

/// A few pages of code and more of data, some accesses across two pages.
std::string small_trace() {
  std::string text;
  for (unsigned i = 0; i < 120; ++i) {
    text += fmt::format("I  {:08x},4\n L {:08x},8\n S {:08x},8\n", 0x400000 + 52 * i,
                        0x10000000 + 4092 * i, 0x20000000 + 300 * i);
  }
  return text;
}

TEST(ParameterEnds, TracesRunOrSayWhatIsAllowed) {
  const Folder folder;
  const std::string trace = folder.write("small.txt", small_trace());
  expect_runs_or_refusals(Arguments{"run", "--trace", trace, trace} +
                              set({"os.premap=false", "os.remap_interval=9", "os.unmap_interval=11",
                                   "os.context_switch_interval=20", "os.pages=thp"}),
                          {0, 2});
}

TEST(ParameterEnds, SoftwareRunsOrSaysWhatIsAllowed) {
  constexpr int timeout = 124;
  expect_runs_or_refusals({"run", "--elf", guest("hello"), "--timeout-ms", "1"}, {0, 2, timeout});
}

}  // namespace
}  // namespace kilburn::platform
