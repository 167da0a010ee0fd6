// Records the memory accesses of a real program, run under QEMU's user mode.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "trace/trace.h"

namespace kilburn::trace {

struct RecordOptions {
  std::filesystem::path output{};
  std::vector<std::string> command{};   ///< program and arguments; the program as a shell finds it
  std::uint64_t skip = 0;               ///< records passed over before the recording begins
  std::uint64_t limit = UINT64_MAX;     ///< records to keep; then the program is ended
  Metadata metadata{};                  ///< beside, or instead of, program, command, recorder, skip
  int level = 3;                        ///< zstd
  std::filesystem::path plugin{};       ///< empty: where the build or the installation put it
  std::function<bool()> interrupted{};  ///< polled: true ends the recording with what there is
  /// Called now and then with the records so far, those passed over included.
  std::function<void(std::uint64_t)> progress{};
};

struct Recording {
  Counts counts;
  std::uint64_t skipped = 0;   ///< records
  std::uint64_t bytes = 0;     ///< of the file
  double seconds = 0;          ///< from start to end of the program
  bool stopped = false;        ///< by the limit or an interruption, not by the program itself
  std::uint32_t threads = 0;   ///< that the program has had
  std::uint32_t children = 0;  ///< processes that it forked: not recorded
  int exit_status = 0;         ///< the program's; 128 + signal where one killed it; 0 where stopped
  std::vector<std::string> notes;  ///< what the user should know, a sentence each
};

/// Runs the program with this process's files and environment and writes what its first process
/// does, from all its threads (requester: thread modulo 256), to `output`. What processes that it
/// starts do is not recorded; where there were several threads, or such processes, `notes` and the
/// trace's metadata (threads, children) say so. x86-64, aarch64 and riscv64 programs are recorded
/// where the matching qemu-user is installed. Throws InputError where program, QEMU or output
/// cannot be used.
[[nodiscard]] Recording record(const RecordOptions& options);

}  // namespace kilburn::trace
