// A progress bar on a terminal; nothing where standard error is none.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace kilburn::platform {

/// One line on standard error, redrawn a few times a second: done, rate, time left.
class ProgressBar {
 public:
  /// Without a unit nothing is counted: the line has the note, and the time since the start.
  explicit ProgressBar(std::string label, std::string unit = "accesses");
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// 0: not known, so no bar and no time left.
  void set_total(std::uint64_t total) { total_ = total; }
  /// What else the line says. Example: "12 of 64 points".
  void set_note(std::string note) { note_ = std::move(note); }
  void update(std::uint64_t done = 0);
  /// Clears the line.
  void finish();

 private:
  using SteadyClock = std::chrono::steady_clock;
  void draw(std::uint64_t done, double seconds);
  [[nodiscard]] std::string counted(std::uint64_t done, double seconds) const;

  std::string label_;
  std::string unit_;
  std::string note_;
  std::uint64_t total_ = 0;
  bool terminal_;
  bool drawn_ = false;
  SteadyClock::time_point started_;
  SteadyClock::time_point next_;
};

/// Example: "1.2 M", "870 k".
[[nodiscard]] std::string short_count(double value);

}  // namespace kilburn::platform
