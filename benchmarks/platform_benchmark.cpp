// The platform on the shipped database trace, as a whole process, against what the kernel could do
// at best: the bare blocking-transport hops that one access makes, and nothing else.
//
//     build/release/benchmarks/platform_benchmark
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>

#include "bare_transport.h"
#include "trace/trace.h"

namespace {

using namespace kilburn;

constexpr const char* trace_file = KILBURN_SOURCE_DIR "/traces/database.ktrace";
// Player to MMU, MMU to first-level cache: what a translated hit passes through.
constexpr int hops_of_a_hit = 2;

void transport_limit(benchmark::State& state) {
  static auto* const transport = new BareTransport(hops_of_a_hit);
  for (auto _ : state) transport->transport(tlm::TLM_IGNORE_COMMAND, 8);
  state.counters["accesses/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["ns a hop"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * hops_of_a_hit * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(transport_limit);

std::uint64_t accesses_of_trace() {
  const auto counts = trace::open_trace(trace_file)->description().counts;
  return counts->records - counts->events;
}

void whole_process(benchmark::State& state, const char* settings) {
  const std::string command =
      fmt::format("{} run --trace {} {} > /dev/null", KILBURN_PROGRAM, trace_file, settings);
  const std::uint64_t accesses = accesses_of_trace();
  for (auto _ : state) {
    if (std::system(command.c_str()) != 0) state.SkipWithError("kilburn run failed");
  }
  state.counters["accesses/s"] =
      benchmark::Counter(static_cast<double>(accesses) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}
BENCHMARK_CAPTURE(whole_process, defaults, "")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->MinTime(4);
BENCHMARK_CAPTURE(
    whole_process, conventional,
    "--set mmu.itlb.organisation=conventional --set mmu.dtlb.organisation=conventional "
    "--set mmu.l2tlb.organisation=conventional")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->MinTime(4);

}  // namespace
