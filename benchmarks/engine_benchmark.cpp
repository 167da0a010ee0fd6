// 256 translation configurations over one trace of 100 million accesses, two threads with half of
// them each, against the limit: threads that only read the steps that a configuration has to carry
// out itself.
//
//     build/release/benchmarks/engine_benchmark
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <systemc>
#include <thread>

#include "platform/configuration/config_file.h"
#include "platform/engine/common_path.h"
#include "platform/engine/translation_engine.h"

namespace {

using namespace kilburn;
using namespace kilburn::platform;

constexpr std::uint64_t trace_accesses = 100'000'000;
constexpr unsigned threads = 2;

/// A shipped trace, again and again until it has 100 million accesses.
class LongTrace {
 public:
  explicit LongTrace(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / ("kilburn_" + name + "_100m.ktrace")) {
    const auto writer = trace::create_trace(path_, trace::Format::kilburn, {.level = 1});
    std::uint64_t left = trace_accesses;
    while (left > 0) {
      const auto reader = trace::open_trace(KILBURN_SOURCE_DIR "/traces/" + name + ".ktrace");
      for (trace::Batch batch = reader->next(); left > 0 && !batch.empty();
           batch = reader->next()) {
        batch.records = batch.records.first(std::min<std::size_t>(batch.records.size(), left));
        left -= batch.records.size();
        writer->append(batch);
      }
    }
    writer->finish();
  }
  ~LongTrace() { std::filesystem::remove(path_); }
  LongTrace(const LongTrace&) = delete;
  LongTrace& operator=(const LongTrace&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Data TLBs of 16 to 128 tags, 1 to 8 units a tag, both fill policies, fully associative or four
/// ways, every replacement policy.
std::vector<PlatformConfig> configurations() {
  std::vector<PlatformConfig> configs;
  for (const char* entries : {"16", "32", "64", "128"}) {
    for (const char* units : {"1", "2", "4", "8"}) {
      for (const char* fill : {"single", "line"}) {
        for (const char* ways : {"0", "4"}) {
          for (const char* replacement : {"lru", "tree_plru", "round_robin", "random"}) {
            PlatformConfig config;
            configure(config, "",
                      {fmt::format("mmu.dtlb.entries={}", entries),
                       fmt::format("mmu.dtlb.units_per_tag={}", units),
                       fmt::format("mmu.dtlb.fill={}", fill), fmt::format("mmu.dtlb.ways={}", ways),
                       fmt::format("mmu.dtlb.replacement={}", replacement)});
            configs.push_back(config);
          }
        }
      }
    }
  }
  return configs;
}

template <class Work>
void on_all_threads(Work work) {
  std::vector<std::jthread> workers;
  for (unsigned thread = 0; thread < threads; ++thread) {
    workers.emplace_back([&, thread] { work(thread); });
  }
}

void report(benchmark::State& state, std::size_t configs) {
  state.counters["configuration-accesses/s"] =
      benchmark::Counter(static_cast<double>(configs) * static_cast<double>(trace_accesses) *
                             static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

void engine(benchmark::State& state, const char* name) {
  const LongTrace trace(name);
  const std::vector<PlatformConfig> configs = configurations();
  const std::size_t share = configs.size() / threads;
  for (auto _ : state) {
    on_all_threads([&](unsigned thread) {
      const auto results =
          run_group(std::span(configs).subspan(thread * share, share), {trace.path()});
      for (const EngineResult& result : results) {
        if (!result.error.empty()) throw std::runtime_error(result.error);
      }
    });
  }
  report(state, configs.size());
}

void limit(benchmark::State& state, const char* name) {
  const LongTrace trace(name);
  const std::vector<PlatformConfig> configs = configurations();
  const std::size_t share = configs.size() / threads;
  for (auto _ : state) {
    on_all_threads([&](unsigned) {
      CommonPath common(configs.front(), {trace.path()}, UINT64_MAX, nullptr);
      StepBatch batch;
      while (common.next(batch)) {
        for (std::size_t config = 0; config < share; ++config) {
          std::uint64_t sum = 0;
          for (const Step& step : batch.steps) sum += step.value + step.fetches;
          benchmark::DoNotOptimize(sum);
        }
      }
    });
  }
  report(state, configs.size());
}

void common_path(benchmark::State& state, const char* name) {
  const LongTrace trace(name);
  std::uint64_t steps = 0;
  for (auto _ : state) {
    CommonPath common(PlatformConfig{}, {trace.path()}, UINT64_MAX, nullptr);
    StepBatch batch;
    while (common.next(batch)) steps += batch.steps.size();
  }
  state.counters["accesses/s"] = benchmark::Counter(
      static_cast<double>(trace_accesses) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
  state.counters["steps/access"] = static_cast<double>(steps) /
                                   static_cast<double>(trace_accesses) /
                                   static_cast<double>(state.iterations());
}

#define BENCHMARKS_OF(trace)                                                                       \
  BENCHMARK_CAPTURE(engine, trace, #trace)                                                         \
      ->UseRealTime()                                                                              \
      ->Unit(benchmark::kSecond)                                                                   \
      ->Iterations(1);                                                                             \
  BENCHMARK_CAPTURE(limit, trace, #trace)->UseRealTime()->Unit(benchmark::kSecond)->Iterations(1); \
  BENCHMARK_CAPTURE(common_path, trace, #trace)                                                    \
      ->UseRealTime()                                                                              \
      ->Unit(benchmark::kSecond)                                                                   \
      ->Iterations(1)

BENCHMARKS_OF(database);
BENCHMARKS_OF(compressor);
BENCHMARKS_OF(graph);

}  // namespace
