// One point on the SystemC platform: a process of its own, since the kernel elaborates only once.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/configuration/statistic_writers.h"
#include "platform/process/child_process.h"
#include "platform/sweep/results_database.h"
#include "platform/sweep/space.h"

namespace kilburn::platform::sweep {

/// Runs `program run` with the point's configuration, and waits. Nothing where `interrupt` was
/// raised: the process is ended then. It ends with the calling thread, too, however that ends.
[[nodiscard]] std::optional<PointResult> run_platform(const std::string& program,
                                                      const Space& space, const Point& point,
                                                      const std::atomic<bool>& interrupt);

/// What `--stats-list` prints.
[[nodiscard]] std::vector<StatisticValue> parse_statistics_list(const std::string& text);

/// Why the program failed, by what it said, or by its status.
[[nodiscard]] std::string failure_of(const ChildOutcome& outcome);

/// `message` with the paths of the workload's traces as the space gives them: it must not say where
/// the sweep ran.
[[nodiscard]] std::string with_given_paths(std::string message, const Workload& workload);

}  // namespace kilburn::platform::sweep
