#include "platform/sweep/slurm/slurm_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string_view>
#include <system_error>

#include "common/error.h"

namespace kilburn::platform::sweep {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// A file without a name, for a standard stream of the command.
class StreamFile {
 public:
  StreamFile() : file_(std::tmpfile()) {
    if (!file_) throw std::system_error(errno, std::generic_category(), "temporary file");
  }
  [[nodiscard]] int descriptor() const { return fileno(file_.get()); }
  [[nodiscard]] std::string text() const {
    std::string text;
    std::array<char, 4096> buffer{};
    std::rewind(file_.get());
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file_.get())) {
      text.append(buffer.data(), got);
    }
    return text;
  }

 private:
  std::unique_ptr<std::FILE, CloseFile> file_;
};

class SpawnActions {
 public:
  SpawnActions() {
    posix_spawn_file_actions_init(&files_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnActions() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  /// The status of posix_spawnp.
  int spawn(pid_t& child, const StreamFile& out, const StreamFile& err, char* const* argv,
            char* const* environment) {
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files_, out.descriptor(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files_, err.descriptor(), STDERR_FILENO);
    sigset_t ignored_here;
    sigemptyset(&ignored_here);
    sigaddset(&ignored_here, SIGPIPE);
    sigaddset(&ignored_here, SIGXFSZ);
    posix_spawnattr_setsigdefault(&attributes_, &ignored_here);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes_, 0);
    return posix_spawnp(&child, argv[0], &files_, &attributes_, argv, environment);
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

SlurmCommandOutcome run_slurm_command(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<char*> environment;
  for (char** each = environ; *each != nullptr; ++each) {
    if (!std::string_view(*each).starts_with("SQUEUE_")) environment.push_back(*each);
  }
  environment.push_back(nullptr);

  const StreamFile out;
  const StreamFile err;
  pid_t child = 0;
  const int error = SpawnActions().spawn(child, out, err, argv.data(), environment.data());
  if (error == ENOENT) {
    throw InputError(fmt::format(
        "{}: no such command: --engine slurm needs Slurm's commands (Debian: slurm-client)",
        arguments.front()));
  }
  if (error != 0) throw std::system_error(error, std::generic_category(), arguments.front());
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, out.text(), err.text()};
}

}  // namespace kilburn::platform::sweep
