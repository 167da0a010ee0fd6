#include "platform/sweep/local_runner.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "block_trace/block_trace.h"
#include "common/error.h"
#include "platform/engine/translation_engine.h"
#include "platform/sweep/platform_process.h"
#include "trace/trace.h"

namespace kilburn::platform::sweep {

namespace {

constexpr auto look_every = std::chrono::milliseconds(200);

/// Workers take chunks in order and hand over results; the calling thread alone writes.
class Workers {
 public:
  Workers(const Space& space, const Plan& plan, std::atomic<bool>& interrupt,
          const LocalOptions& options)
      : space_(space),
        plan_(plan),
        interrupt_(interrupt),
        options_(options),
        expected_(expected_accesses(space)),
        running_(std::max(options.jobs, 1U)) {
    for (std::size_t worker = 0; worker < running_.size(); ++worker) {
      threads_.emplace_back([this, worker] { work(worker); });
    }
  }
  ~Workers() {
    if (std::uncaught_exceptions() > 0) interrupt_ = true;
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Waits a moment for results. Nothing once all workers have ended and all results were taken.
  std::optional<std::vector<PointResult>> take() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, look_every,
                      [&] { return !results_.empty() || ended_ == running_.size(); });
    if (results_.empty() && ended_ == running_.size()) return std::nullopt;
    return std::exchange(results_, {});
  }
  [[nodiscard]] std::uint64_t accesses() const {
    std::uint64_t sum = finished_accesses_;
    for (const auto& each : running_) sum += each;
    return sum;
  }

 private:
  void work(std::size_t worker) {
    while (!interrupt_) {
      const std::size_t next = next_chunk_++;
      if (next >= plan_.chunks.size()) break;
      const Chunk& chunk = plan_.chunks[next];
      std::vector<PointResult> results = run(chunk, running_[worker]);
      const std::scoped_lock lock(mutex_);
      running_[worker] = 0;
      finished_accesses_ += results.size() * expected_[chunk.workload];
      std::ranges::move(results, std::back_inserter(results_));
      changed_.notify_one();
    }
    const std::scoped_lock lock(mutex_);
    ++ended_;
    changed_.notify_one();
  }

  /// Empty where it was interrupted.
  std::vector<PointResult> run(const Chunk& chunk, std::atomic<std::uint64_t>& accesses) {
    try {
      return chunk.engine == Engine::translation ? run_pass(chunk, accesses) : run_process(chunk);
    } catch (const InputError& error) {
      return all_failed(chunk, error.what());
    } catch (const std::exception& error) {
      return all_failed(chunk, std::string("internal error: ") + error.what());
    }
  }

  std::vector<PointResult> all_failed(const Chunk& chunk, const std::string& message) const {
    std::vector<PointResult> results;
    for (const std::uint64_t number : chunk.points) {
      results.push_back({number,
                         std::string(to_string(chunk.engine)),
                         with_given_paths(message, space_.workloads()[chunk.workload]),
                         {}});
    }
    return results;
  }

  std::vector<PointResult> run_pass(const Chunk& chunk, std::atomic<std::uint64_t>& accesses) {
    std::vector<PlatformConfig> configs;
    for (const std::uint64_t number : chunk.points) configs.push_back(space_.point(number).config);
    const Workload& workload = space_.workloads()[chunk.workload];
    std::vector<EngineResult> runs =
        run_group(configs, workload.traces,
                  {.limit = space_.file().limit.value_or(UINT64_MAX),
                   .interrupt = &interrupt_,
                   .progress = [&](std::uint64_t done) { accesses = done; }});
    if (interrupt_) return {};
    std::vector<PointResult> results;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      PointResult result{
          chunk.points[i], "translation", with_given_paths(std::move(runs[i].error), workload), {}};
      if (result.error.empty()) result.statistics = std::move(runs[i].statistics);
      results.push_back(std::move(result));
    }
    return results;
  }

  std::vector<PointResult> run_process(const Chunk& chunk) const {
    const Point point = space_.point(chunk.points.front());
    std::optional<PointResult> result = run_platform(options_.program, space_, point, interrupt_);
    if (!result) return {};
    return {std::move(*result)};
  }

  const Space& space_;
  const Plan& plan_;
  std::atomic<bool>& interrupt_;
  const LocalOptions& options_;
  std::vector<std::uint64_t> expected_;  ///< accesses a point, by workload

  std::atomic<std::size_t> next_chunk_ = 0;
  std::vector<std::atomic<std::uint64_t>> running_;  ///< accesses of each worker's chunk so far
  std::atomic<std::uint64_t> finished_accesses_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<PointResult> results_;
  std::size_t ended_ = 0;  ///< workers
  std::vector<std::jthread> threads_;
};

}  // namespace

void run_locally(const Space& space, const Plan& plan, ResultsDatabase& database,
                 std::atomic<bool>& interrupt, const LocalOptions& options) {
  SweepProgress progress;
  Workers workers(space, plan, interrupt, options);
  while (const auto results = workers.take()) {
    if (!results->empty()) database.add(space, *results);
    progress.points += results->size();
    progress.accesses = workers.accesses();
    if (options.progress) options.progress(progress);
  }
}

std::vector<std::uint64_t> expected_accesses(const Space& space) {
  std::vector<std::uint64_t> expected;
  for (const Workload& workload : space.workloads()) {
    if (space.file().runs == runs_of_ssd) {
      for (const auto& trace : workload.traces) (void)block_trace::open(trace.string());
      expected.push_back(0);
      continue;
    }
    std::uint64_t total = 0;
    bool known = true;
    for (const auto& trace : workload.traces) {
      const auto counts = trace::open_trace(trace)->description().counts;
      known = known && counts;
      if (counts) total += counts->records - counts->events;
    }
    expected.push_back(known ? std::min(total, space.file().limit.value_or(UINT64_MAX)) : 0);
  }
  return expected;
}

}  // namespace kilburn::platform::sweep
