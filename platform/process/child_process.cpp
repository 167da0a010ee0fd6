#include "platform/process/child_process.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace kilburn::platform::sweep {

namespace {

constexpr int poll_milliseconds = 50;
constexpr int patience_milliseconds = 500;

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
  for (const int ignored_here : {SIGPIPE, SIGXFSZ}) std::signal(ignored_here, SIG_DFL);
  setpgid(0, 0);  // Ctrl-C is the sweep's, which ends this process itself
  if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
      dup2(err, STDERR_FILENO) >= 0) {
    execv(argv[0], argv);
  }
  _exit(127);
}

/// The wait status; nothing where `interrupt` ended it.
std::optional<int> wait_for(pid_t child, const std::atomic<bool>& interrupt,
                            const ChildOptions& options) {
  // The header of glibc 2.36 declares pidfd_open as a function of C++.
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, child, 0)), "pidfd_open");
  const auto kill_group = [&] {
    if (kill(-child, SIGKILL) != 0) kill(child, SIGKILL);  // before it has its group
  };
  bool asked = !options.asked_first;
  int patience = asked ? 0 : patience_milliseconds / poll_milliseconds;
  bool killed = false;
  pollfd event{process.get(), POLLIN, 0};
  while (poll(&event, 1, poll_milliseconds) <= 0) {
    if (killed) continue;
    if (!interrupt.load(std::memory_order_relaxed)) {
      if (options.meanwhile) options.meanwhile();
    } else if (!std::exchange(asked, true)) {
      kill(child, SIGTERM);
    } else if (patience-- <= 0) {
      kill_group();
      killed = true;
    }
  }
  // What it started may be left, where it ended by itself.
  if (options.asked_first && interrupt.load(std::memory_order_relaxed)) kill_group();
  int status = 0;
  waitpid(child, &status, 0);
  if (killed || interrupt.load(std::memory_order_relaxed)) return std::nullopt;
  return status;
}

}  // namespace

std::optional<ChildOutcome> run_child(std::vector<std::string> arguments, const std::string& input,
                                      const std::atomic<bool>& interrupt,
                                      const ChildOptions& options) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  const MemoryFile in(input);
  const MemoryFile out;
  const MemoryFile err;
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) {
    become(argv.data(), in.descriptor(), out.descriptor(), err.descriptor(), parent);
  }
  const auto status = wait_for(child, interrupt, options);
  if (!status) return std::nullopt;
  ChildOutcome outcome{.status = -1, .signal = 0, .out = out.text(), .err = err.text()};
  if (WIFEXITED(*status)) outcome.status = WEXITSTATUS(*status);
  if (WIFSIGNALED(*status)) outcome.signal = WTERMSIG(*status);
  return outcome;
}

}  // namespace kilburn::platform::sweep
