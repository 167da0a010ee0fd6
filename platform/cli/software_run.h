// kilburn run --elf, kilburn linux: software on the board.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "platform/board/board.h"
#include "platform/board/recorder.h"
#include "platform/cli/statistics_output.h"
#include "platform/configuration/statistic_writers.h"
#include "platform/host/script_console.h"
#include "platform/node/run_defaults.h"
#include "platform/software/signature.h"
#include "platform/waveform/waveform.h"

namespace kilburn::platform {

struct SoftwareRun {
  std::string config_file;  ///< where `config` is from, too; empty: no file
  PlatformConfig config = software_defaults();
  board::Software software;
  std::optional<host::Script> script;  ///< plays the console; none: the user's terminal, or pipes
  double timeout_ms = 0;               ///< of simulated time; 0: none
  double host_timeout = 0;             ///< seconds; 0: none
  std::optional<std::uint16_t> gdb_port;  ///< 0: any that is free
  board::RecordOptions record;
  software::SignatureOptions signature;
  WaveformOptions waveform;
  bool semihosting = false;
  bool check = false;  ///< compares translations of devices with a walk in software
  std::string about;   ///< the software and its version, a line above the summary; empty: none
  StatisticsOutput output;
};

struct SoftwareEnd {
  int status = 0;  ///< of the program
  std::vector<StatisticValue> statistics;
};

/// Throws InputError where an output is an input or another output, or goes where it cannot.
void check_files(const SoftwareRun& run);

/// Runs, and prints summary and end. The status is 0 where the guest says that it passed, or the
/// script comes to its `end`; the guest's own code where it says that it failed; 1 where it cannot
/// go on, RTL and model of a TLB differ, a device's translation is not what the tables say, or the
/// script waits in vain; 124 after a timeout, 130
/// after an interrupt.
[[nodiscard]] SoftwareEnd run_software(const SoftwareRun& run);

}  // namespace kilburn::platform
