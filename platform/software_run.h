// kilburn run --elf: software on the board.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/board/board.h"
#include "platform/statistics_output.h"

namespace kilburn::platform {

struct SoftwareRun {
  std::string config;  ///< TOML; empty: defaults
  std::vector<std::string> settings;
  board::Software software;
  double timeout_ms = 0;                  ///< of simulated time; 0: none
  double host_timeout = 0;                ///< seconds; 0: none
  std::optional<std::uint16_t> gdb_port;  ///< 0: any that is free
  StatisticsOutput output;
};

/// The configuration that software runs on where nothing is said: 1 GiB of memory, of which nobody
/// owns a page at first, so that software which knows nothing of the RMU runs.
[[nodiscard]] PlatformConfig software_defaults();

/// Returns the exit status: 0 where the guest says that it passed, its own code where it says that
/// it failed, 1 where it cannot go on, 124 after a timeout, 130 after an interrupt.
int run_software(const SoftwareRun& run);

}  // namespace kilburn::platform
