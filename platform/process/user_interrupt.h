// Ctrl-C as a flag: a command ends at its next look at it, with what there is so far.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace kilburn::platform {

/// While one lives, SIGINT, SIGTERM and SIGHUP raise it; a second signal ends the process as usual.
/// SIGHUP stays ignored where it was when the program started: under nohup. One lives at a time.
class InterruptFlag {
 public:
  InterruptFlag();
  ~InterruptFlag();
  InterruptFlag(const InterruptFlag&) = delete;
  InterruptFlag& operator=(const InterruptFlag&) = delete;

  /// May be raised by others, too: a key, a timeout.
  [[nodiscard]] std::atomic<bool>& raised();
  /// The exit status where it was raised: the signal's, or SIGINT's where there was none.
  [[nodiscard]] int status() const;

 private:
  static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, signals.size()> before_{};
};

/// Thrown by a command that has nothing to show for what was done until the interrupt.
struct Interrupted {
  int status;  ///< of the program
};

/// For work that cannot look at the flag often enough (compressing a block, laying out a page):
/// while one lives, an interrupt that it has not followed in half a second removes what is half
/// written and ends the process, wherever that is.
class InterruptDeadline {
 public:
  /// `tick`, where there is one, is called by its thread some ten times a second.
  explicit InterruptDeadline(InterruptFlag& interrupt,
                             std::vector<std::filesystem::path> half_written = {},
                             std::function<void()> tick = {});
  ~InterruptDeadline() = default;
  InterruptDeadline(const InterruptDeadline&) = delete;
  InterruptDeadline& operator=(const InterruptDeadline&) = delete;

 private:
  void watch(const std::stop_token& stop);
  [[noreturn]] void end();

  InterruptFlag& interrupt_;
  std::vector<std::filesystem::path> half_written_;
  std::function<void()> tick_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;  ///< last: it uses the others
};

}  // namespace kilburn::platform
