// The kilburn program as its users run it: arguments in; exit status, standard output and standard
// error out.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "shipped_traces.h"

namespace kilburn::platform {

struct Outcome {
  int status = -1;  ///< exit status; -1: it could not be run, or a signal ended it
  int signal = 0;   ///< that ended it
  std::string out;
  std::string err;
};

using Arguments = std::vector<std::string>;

/// Of a file; empty where there is none.
std::string contents(const std::filesystem::path& file);

/// Each place of `text` that matches `pattern` (an extended regular expression of POSIX): the whole
/// of it, then its groups.
std::vector<std::vector<std::string>> matches(const std::string& text, const std::string& pattern);

/// A folder of the test's own, gone when the test ends.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }
  [[nodiscard]] bool empty() const { return std::filesystem::is_empty(path_); }
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

/// The program of this build.
const std::string& kilburn_program();

/// A kilburn that runs beside the test, with `input`, a file, on its standard input.
class Process {
 public:
  explicit Process(Arguments arguments, const std::string& input = "/dev/null");
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  Outcome wait();

 private:
  Folder output_;
  pid_t pid_ = -1;
};

/// Looks every few milliseconds until `condition` holds. False after a minute, and the test has
/// failed with `what`.
[[nodiscard]] bool wait_until(const std::function<bool()>& condition, const std::string& what);

/// Processes that the threads of `pid` have started.
std::vector<pid_t> children_of(pid_t pid);

/// Whether `pid` handles `signal` itself.
bool handles(pid_t pid, int signal);

/// How far `pid` or a process that it has started has read or written `file`, in bytes: the
/// furthest that any of their descriptors of it stands. 0 where none has it open.
std::uint64_t position_in(const std::filesystem::path& file, pid_t pid);

/// Waits until `pid`, or a process that it has started, has played a part of `trace`, and not all.
[[nodiscard]] bool wait_until_it_plays(const std::string& trace, pid_t pid);

/// Waits for their end.
void expect_gone(const std::vector<pid_t>& processes);

Outcome kilburn(Arguments arguments, const std::string& input = "/dev/null");

/// A guest of sw/, built beside the program.
std::string guest(const std::string& name);

/// "--set" before each setting.
Arguments set(const std::vector<std::string>& settings);

Arguments operator+(Arguments left, const Arguments& right);

/// The statistics file of a run that must succeed, byte for byte.
std::string statistics_of(const Arguments& run);

}  // namespace kilburn::platform
