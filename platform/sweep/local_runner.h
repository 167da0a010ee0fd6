// Runs the points of a sweep on this machine: threads over chunks, results into the database.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "platform/sweep/plan.h"
#include "platform/sweep/results_database.h"
#include "platform/sweep/space.h"

namespace kilburn::platform::sweep {

struct SweepProgress {
  std::uint64_t points = 0;    ///< in the database
  std::uint64_t accesses = 0;  ///< done, points now running included
};

struct LocalOptions {
  unsigned jobs = 1;                                     ///< workers
  std::string program = "/proc/self/exe";                ///< kilburn, for points on the platform
  std::function<void(const SweepProgress&)> progress{};  ///< called a few times a second
};

/// A point that fails is recorded with its message, and the others go on. Returns once all chunks
/// are done, or `interrupt` was raised: points that ran then are as if they had never started.
/// Where the database cannot be written, raises `interrupt` itself and throws what it threw.
void run_locally(const Space& space, const Plan& plan, ResultsDatabase& database,
                 std::atomic<bool>& interrupt, const LocalOptions& options);

/// Accesses that a point over each workload makes; 0 where its traces do not say before their end.
[[nodiscard]] std::vector<std::uint64_t> expected_accesses(const Space& space);

}  // namespace kilburn::platform::sweep
