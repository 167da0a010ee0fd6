// What the time quantum changes: the same run at the configured quantum and at a tenth of it.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/types.h"
#include "platform/configuration/statistic_writers.h"
#include "platform/node/platform_config.h"

namespace kilburn::platform {

/// A statistic that two runs counted differently.
struct StatisticDifference {
  using Value = std::variant<std::uint64_t, double>;
  std::string path;
  std::string unit;
  std::optional<Value> first;  ///< nothing: that run has no such statistic
  std::optional<Value> second;
  /// first - second, as a share of whichever is larger in magnitude: -1 to 1, and beyond, to -2 and
  /// 2, where the signs differ; 1 where one of them is missing or not a number.
  double relative = 0;
};

/// Largest relative difference first, equal ones in the order of the lists.
[[nodiscard]] std::vector<StatisticDifference> differences(
    const std::vector<StatisticValue>& first, const std::vector<StatisticValue>& second);

struct QuantumRun {
  Cycles quantum = 0;
  int status = 0;       ///< exit status
  std::string console;  ///< what the guest printed
  std::vector<StatisticValue> statistics;
};

/// What differs: exit status and console first, then cycles and simulated time, then statistics.
[[nodiscard]] std::string quantum_report(const QuantumRun& first, const QuantumRun& second,
                                         std::uint32_t frequency_mhz);

struct QuantumCheck {
  std::string_view use;  ///< runs_of_traces or runs_of_software
  PlatformConfig config;
  std::vector<std::string> arguments;  ///< of `kilburn run`, but for the configuration
  std::string statistics_file;         ///< of the run at the configured quantum; empty: none
};

/// Runs both at once, each in a process of its own as SystemC elaborates once in one, with what
/// standard input holds on the console; prints the first one's console, then the report. Returns
/// the exit status of the run at the configured quantum, 130 after an interrupt. Throws InputError
/// where the console's input is a terminal, there is no smaller quantum, or the input of a run is
/// bad.
[[nodiscard]] int check_quantum(const QuantumCheck& check);

}  // namespace kilburn::platform
