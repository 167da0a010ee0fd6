// Progress of a guest on the terminal on which its console is, too.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "platform/host/console.h"
#include "platform/process/progress.h"

namespace kilburn::host {

/// Passes a console through, and draws a bar under what the guest has printed: only once it has
/// printed nothing for a second and the cursor stands at a line's begin, so never behind a prompt;
/// what it prints next, and what is typed, clears it.
class ProgressConsole final : public Console {
 public:
  explicit ProgressConsole(Console& console) : console_(console) {}

  void put(std::uint8_t byte) override;
  std::optional<std::uint8_t> get() override;
  [[nodiscard]] bool ended() const override { return console_.ended(); }

  void update(std::uint64_t instructions);
  void finish() { bar_.finish(); }

 private:
  using SteadyClock = std::chrono::steady_clock;

  Console& console_;
  platform::ProgressBar bar_{"kilburn", "instructions"};
  SteadyClock::time_point last_activity_ = SteadyClock::now();
  bool active_ = false;  ///< since the last update
  bool line_begins_ = true;
};

}  // namespace kilburn::host
