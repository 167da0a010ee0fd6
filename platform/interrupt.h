// Ctrl-C as a flag: the run ends at its next batch, with the statistics so far.
#pragma once

#include <atomic>

namespace kilburn::platform {

/// While one lives, SIGINT and SIGTERM raise it; a second signal ends the process as usual.
class InterruptFlag {
 public:
  InterruptFlag();
  ~InterruptFlag();
  InterruptFlag(const InterruptFlag&) = delete;
  InterruptFlag& operator=(const InterruptFlag&) = delete;

  [[nodiscard]] std::atomic<bool>& raised();
};

}  // namespace kilburn::platform
