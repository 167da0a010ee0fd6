// The kilburn program as its users run it: arguments in; exit status, standard output and standard
// error out.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace kilburn::platform {

struct Outcome {
  int status = -1;  ///< exit status; -1: it could not be run, or a signal ended it
  int signal = 0;   ///< that ended it
  std::string out;
  std::string err;
};

using Arguments = std::vector<std::string>;

inline std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A folder of the test's own, gone when the test ends.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kilburn-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }
  [[nodiscard]] bool empty() const { return std::filesystem::is_empty(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return *this / name;
  }

 private:
  std::filesystem::path path_;
};

/// A kilburn that runs beside the test, with `input`, a file, on its standard input.
class Process {
 public:
  explicit Process(Arguments arguments, const std::string& input = "/dev/null") {
    arguments.insert(arguments.begin(), KILBURN_PROGRAM);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
    constexpr int flags = O_WRONLY | O_CREAT;
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, (output_ / "out").c_str(), flags, 0600);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, (output_ / "err").c_str(), flags, 0600);
    if (posix_spawn(&pid_, KILBURN_PROGRAM, &files, nullptr, argv.data(), environ) != 0) pid_ = -1;
    posix_spawn_file_actions_destroy(&files);
  }
  ~Process() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  Outcome wait() {
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

 private:
  Folder output_;
  pid_t pid_ = -1;
};

/// Processes that the threads of `pid` have started.
inline std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  std::error_code ignored;
  const std::string threads = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& thread : std::filesystem::directory_iterator(threads, ignored)) {
    std::ifstream list(thread.path() / "children");
    for (pid_t child = 0; list >> child;) children.push_back(child);
  }
  return children;
}

inline void expect_gone(const std::vector<pid_t>& processes) {
  for (const pid_t process : processes) {
    for (int i = 0; i < 2000 && kill(process, 0) == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_NE(kill(process, 0), 0) << "process " << process << " goes on";
  }
}

inline Outcome kilburn(Arguments arguments, const std::string& input = "/dev/null") {
  return Process(std::move(arguments), input).wait();
}

/// A guest of sw/, built beside the program.
inline std::string guest(const std::string& name) {
  return (std::filesystem::path(KILBURN_PROGRAM).parent_path() / "sw" / (name + ".elf")).string();
}

inline std::string shipped(const std::string& name) {
  return KILBURN_SOURCE_DIR "/traces/" + name + ".ktrace";
}

inline std::vector<std::string> shipped_traces() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(KILBURN_SOURCE_DIR "/traces")) {
    if (entry.path().extension() == ".ktrace") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// "--set" before each setting.
inline Arguments set(const std::vector<std::string>& settings) {
  Arguments arguments;
  for (const std::string& setting : settings) {
    arguments.emplace_back("--set");
    arguments.push_back(setting);
  }
  return arguments;
}

inline Arguments operator+(Arguments left, const Arguments& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// The statistics file of a run that must succeed, byte for byte.
inline std::string statistics_of(const Arguments& run) {
  const Folder folder;
  const Outcome outcome = kilburn(Arguments{"run", "--stats", folder / "s.json"} + run);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return contents(folder / "s.json");
}

}  // namespace kilburn::platform
