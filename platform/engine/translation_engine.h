// The translation engine: runs many configurations of the platform over the same traces in one
// pass, without the SystemC kernel, to the very statistics that the platform gives.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "platform/configuration/statistic_writers.h"
#include "platform/node/platform_config.h"

namespace kilburn::platform {

/// What keeps `config` from the translation engine; empty where nothing does.
/// Example: "mmu.dtlb.implementation is rtl".
[[nodiscard]] std::string obstacle_to_engine(const PlatformConfig& config);

/// Configurations of equal group text can share a pass: they differ in nothing that decides which
/// pages, frames and first-level cache lines the trace touches, nor in how memory is set up.
[[nodiscard]] std::string engine_group(const PlatformConfig& config);

struct EngineOptions {
  std::uint64_t limit = UINT64_MAX;        ///< accesses, all processes together
  std::atomic<bool>* interrupt = nullptr;  ///< set from outside: ends the pass; all results say so
  /// Called now and then with the accesses of the trace done so far, each configuration counted
  /// once: 4 configurations over 1000 accesses end at 4000.
  std::function<void(std::uint64_t)> progress{};
};

/// One configuration's run. Where `error` is not empty there are no statistics.
struct EngineResult {
  std::vector<StatisticValue> statistics;
  std::string error;
};

/// Runs configurations of one group over `traces`, each a process. A configuration that fails (no
/// frame is left, an access is denied) gives an error and the others go on. Throws InputError where
/// all fail alike: a trace that cannot be opened or read.
/// Uses the calling thread only; two calls may run at once.
[[nodiscard]] std::vector<EngineResult> run_group(std::span<const PlatformConfig> configs,
                                                  const std::vector<std::filesystem::path>& traces,
                                                  const EngineOptions& options = {});

}  // namespace kilburn::platform
