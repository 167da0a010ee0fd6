#include "process.h"

#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace kilburn::platform {

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::vector<std::string>> matches(const std::string& text, const std::string& pattern) {
  // Not std::regex: with sanitizers GCC 12 takes parts of it for uninitialized (GCC bug 105562).
  regex_t compiled;
  EXPECT_EQ(regcomp(&compiled, pattern.c_str(), REG_EXTENDED), 0) << pattern;
  std::vector<std::vector<std::string>> found;
  std::vector<regmatch_t> groups(compiled.re_nsub + 1);
  const char* at = text.c_str();
  while (*at != 0 && regexec(&compiled, at, groups.size(), groups.data(), 0) == 0) {
    std::vector<std::string>& match = found.emplace_back();
    for (const regmatch_t& group : groups) {
      match.emplace_back(at + std::max<regoff_t>(group.rm_so, 0),
                         at + std::max<regoff_t>(group.rm_eo, 0));
    }
    at += std::max<regoff_t>(groups[0].rm_eo, 1);
  }
  regfree(&compiled);
  return found;
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "kilburn-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
  return *this / name;
}

const std::string& kilburn_program() {
  static const std::string program = KILBURN_PROGRAM;
  return program;
}

Process::Process(Arguments arguments, const std::string& input) {
  arguments.insert(arguments.begin(), kilburn_program());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  constexpr int flags = O_WRONLY | O_CREAT;
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, (output_ / "out").c_str(), flags, 0600);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, (output_ / "err").c_str(), flags, 0600);
  // As from a terminal: tests that run in the background, or under nohup, ignore these.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGHUP}) sigaddset(&signals, signal);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  if (posix_spawn(&pid_, argv.front(), &files, &attributes, argv.data(), environ) != 0) pid_ = -1;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
}

Process::~Process() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

Outcome Process::wait() {
  Outcome outcome;
  int status = 0;
  if (pid_ > 0 && waitpid(pid_, &status, 0) == pid_) {
    if (WIFEXITED(status)) outcome.status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  }
  pid_ = -1;
  outcome.out = contents(output_ / "out");
  outcome.err = contents(output_ / "err");
  return outcome;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  std::error_code ignored;
  const std::string threads = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& thread : std::filesystem::directory_iterator(threads, ignored)) {
    std::ifstream list(thread.path() / "children");
    for (pid_t child = 0; list >> child;) children.push_back(child);
  }
  return children;
}

void expect_gone(const std::vector<pid_t>& processes) {
  for (const pid_t process : processes) {
    for (int i = 0; i < 2000 && kill(process, 0) == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_NE(kill(process, 0), 0) << "process " << process << " goes on";
  }
}

Outcome kilburn(Arguments arguments, const std::string& input) {
  return Process(std::move(arguments), input).wait();
}

std::string guest(const std::string& name) {
  const auto built = std::filesystem::path(kilburn_program()).parent_path();
  return (built / "sw" / (name + ".elf")).string();
}

Arguments set(const std::vector<std::string>& settings) {
  Arguments arguments;
  for (const std::string& setting : settings) {
    arguments.emplace_back("--set");
    arguments.push_back(setting);
  }
  return arguments;
}

Arguments operator+(Arguments left, const Arguments& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::string statistics_of(const Arguments& run) {
  const Folder folder;
  const Outcome outcome = kilburn(Arguments{"run", "--stats", folder / "s.json"} + run);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return contents(folder / "s.json");
}

}  // namespace kilburn::platform
