#include "platform/sweep/platform_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "common/parameter_table.h"

namespace kilburn::platform::sweep {

namespace {

constexpr int poll_milliseconds = 50;

class Descriptor {
 public:
  explicit Descriptor(int descriptor, const char* what) : descriptor_(descriptor) {
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
  }
  ~Descriptor() { close(descriptor_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// A file in memory, for a standard stream of the process: no file is left whatever happens.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& text = "")
      : file_(memfd_create("kilburn", MFD_CLOEXEC), "memfd_create") {
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t written = ::write(file_.get(), text.data() + at, text.size() - at);
      if (written < 0) throw std::system_error(errno, std::generic_category(), "memory file");
      at += static_cast<std::size_t>(written);
    }
    lseek(file_.get(), 0, SEEK_SET);
  }
  [[nodiscard]] int descriptor() const { return file_.get(); }
  [[nodiscard]] std::string text() const {
    std::string text(static_cast<std::size_t>(lseek(file_.get(), 0, SEEK_END)), '\0');
    const ssize_t got = pread(file_.get(), text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }

 private:
  Descriptor file_;
};

/// Nothing between fork and exec may allocate: other threads may hold the heap's lock.
[[noreturn]] void become(char* const* argv, int in, int out, int err, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a sweep that is killed leaves nothing running
  if (getppid() != parent) _exit(127);
  setpgid(0, 0);  // Ctrl-C is the sweep's, which ends this process itself
  if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
      dup2(err, STDERR_FILENO) >= 0) {
    execv(argv[0], argv);
  }
  _exit(127);
}

/// The wait status; nothing where `interrupt` ended it.
std::optional<int> wait_for(pid_t child, const std::atomic<bool>& interrupt) {
  // The header of glibc 2.36 declares pidfd_open as a function of C++.
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, child, 0)), "pidfd_open");
  bool killed = false;
  pollfd event{process.get(), POLLIN, 0};
  while (poll(&event, 1, poll_milliseconds) <= 0) {
    if (!killed && interrupt.load(std::memory_order_relaxed)) {
      kill(child, SIGKILL);
      killed = true;
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (killed || interrupt.load(std::memory_order_relaxed)) return std::nullopt;
  return status;
}

std::vector<StatisticValue> parse_list(const std::string& text) {
  std::vector<StatisticValue> list;
  for (const auto& row : nlohmann::json::parse(text)) {
    StatisticValue value{row.at(0).get<std::string>(), std::uint64_t{0},
                         row.at(2).get<std::string>()};
    if (row.at(1).is_number_unsigned()) {
      value.value = row.at(1).get<std::uint64_t>();
    } else if (row.at(1).is_number()) {
      value.value = row.at(1).get<double>();
    } else {
      value.value = std::numeric_limits<double>::quiet_NaN();  // JSON has null for it
    }
    list.push_back(std::move(value));
  }
  return list;
}

std::string failure(int status, std::string message) {
  while (!message.empty() && message.back() == '\n') message.pop_back();
  constexpr std::string_view prefix = "kilburn: ";
  if (message.starts_with(prefix)) message.erase(0, prefix.size());
  if (WIFSIGNALED(status)) {
    message += fmt::format("{}ended by signal {}", message.empty() ? "" : "\n", WTERMSIG(status));
  } else if (message.empty()) {
    message = fmt::format("ended with status {}", WEXITSTATUS(status));
  }
  return message;
}

}  // namespace

std::string with_given_paths(std::string message, const Workload& workload) {
  for (std::size_t i = 0; i < workload.traces.size(); ++i) {
    const std::string& path = workload.traces[i].native();
    for (std::size_t at = message.find(path); at != std::string::npos;
         at = message.find(path, at + workload.given[i].size())) {
      message.replace(at, path.size(), workload.given[i]);
    }
  }
  return message;
}

std::optional<PointResult> run_platform(const std::string& program, const Space& space,
                                        const Point& point, const std::atomic<bool>& interrupt) {
  const Workload& workload = space.workloads()[point.workload];
  std::vector<std::string> arguments = {program, "run", "/dev/stdin", "--stats-list"};
  for (const auto& trace : workload.traces) {
    arguments.emplace_back("--trace");
    arguments.push_back(trace.string());
  }
  if (space.file().limit) {
    arguments.emplace_back("--limit");
    arguments.push_back(fmt::format("{}", *space.file().limit));
  }
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  const MemoryFile in(canonical_text(parameter_table(point.config)));
  const MemoryFile out;
  const MemoryFile err;
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) {
    become(argv.data(), in.descriptor(), out.descriptor(), err.descriptor(), parent);
  }
  const auto status = wait_for(child, interrupt);
  if (!status) return std::nullopt;
  PointResult result{point.number, "platform", "", {}};
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) {
    result.statistics = parse_list(out.text());
  } else {
    result.error = with_given_paths(failure(*status, err.text()), workload);
  }
  return result;
}

}  // namespace kilburn::platform::sweep
