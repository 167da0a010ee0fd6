#include "process.h"

#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <sstream>
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

bool wait_until(const std::function<bool()>& condition, const std::string& what) {
  using namespace std::chrono_literals;
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      ADD_FAILURE() << "waited in vain: " << what;
      return false;
    }
    std::this_thread::sleep_for(2ms);
  }
  return true;
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

bool handles(pid_t pid, int signal) {
  std::istringstream status(contents("/proc/" + std::to_string(pid) + "/status"));
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("SigCgt:")) continue;
    return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0;
  }
  return false;
}

std::uint64_t position_in(const std::filesystem::path& file, pid_t pid) {
  std::uint64_t furthest = 0;
  const std::filesystem::path process = "/proc/" + std::to_string(pid);
  std::error_code ignored;  // it may close the file, or end, meanwhile
  for (const auto& each : std::filesystem::directory_iterator(process / "fd", ignored)) {
    if (!std::filesystem::equivalent(each.path(), file, ignored)) continue;
    std::ifstream description(process / "fdinfo" / each.path().filename());
    std::string word;
    std::uint64_t position = 0;
    if (description >> word >> position && word == "pos:") furthest = std::max(furthest, position);
  }
  for (const pid_t child : children_of(pid)) {
    furthest = std::max(furthest, position_in(file, child));
  }
  return furthest;
}

bool wait_until_it_plays(const std::string& trace, pid_t pid) {
  const std::uint64_t bytes = std::filesystem::file_size(trace);
  // A reader begins with the header and the index, which is the end of the file.
  const auto within_the_blocks = [&] {
    const std::uint64_t position = position_in(trace, pid);
    return position > bytes / 16 && position < bytes - bytes / 16;
  };
  return wait_until(within_the_blocks, "blocks of " + trace + " to be read");
}

void expect_gone(const std::vector<pid_t>& processes) {
  for (const pid_t process : processes) {
    EXPECT_TRUE(wait_until([&] { return kill(process, 0) != 0; },
                           "the end of process " + std::to_string(process)));
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
