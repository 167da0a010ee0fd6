// Co-simulation of the burst TLB against its limit: the same Verilated RTL clocked through the same
// requests by a bare loop, with no model, no stimulus and no comparison.
#include <benchmark/benchmark.h>

#include <chrono>
#include <deque>
#include <stdexcept>
#include <vector>

#include "burst_tlb/burst_tlb_cosim.h"
#include "burst_tlb/burst_tlb_stimulus.h"

namespace {

using namespace kilburn::burst_tlb;
using Clock = std::chrono::steady_clock;

/// A stretch of a random stream with requests of its own, to be played without making it.
class Recorded {
 public:
  Recorded(const RtlParameters& parameters, std::size_t cycles) {
    RandomStimulus stimulus(parameters, 1);
    BurstTlbPorts model(parameters.model());
    for (std::size_t i = 0; i < cycles; ++i) {
      const PortRequests& seen = stimulus.next(model.ready());
      PortRequests own;
      if (seen.lookup != nullptr) own.lookup = &lookups_.emplace_back(*seen.lookup);
      if (seen.fill != nullptr) own.fill = &fills_.emplace_back(*seen.fill);
      if (seen.invalidate != nullptr)
        own.invalidate = &invalidations_.emplace_back(*seen.invalidate);
      requests.push_back(own);
      model.cycle(own);
    }
  }
  std::vector<PortRequests> requests;

 private:
  std::deque<Comparand> lookups_;
  std::deque<FillRequest> fills_;
  std::deque<kilburn::Invalidation> invalidations_;
};

double seconds_since(Clock::time_point started) {
  return std::chrono::duration<double>(Clock::now() - started).count();
}

void cosim(benchmark::State& state, const RtlConfiguration& configuration) {
  const Recorded recorded(configuration.parameters, 20'000);
  double bare_seconds = 0;
  double cosim_seconds = 0;
  double bare_cycles = 0;
  double cosim_cycles = 0;
  for (auto _ : state) {
    const auto bare = make_rtl(configuration);
    const auto bare_started = Clock::now();
    for (const PortRequests& requests : recorded.requests) {
      benchmark::DoNotOptimize(bare->cycle(requests).lookup_valid);
    }
    bare_seconds += seconds_since(bare_started);
    bare_cycles += static_cast<double>(recorded.requests.size());

    const auto rtl = make_rtl(configuration);
    const auto started = Clock::now();
    const CosimResult result =
        cosimulate(configuration.parameters, *rtl, {.operations = 10'000, .seed = 1});
    const double seconds = seconds_since(started);
    if (result.difference) throw std::logic_error("RTL and model differ");
    cosim_seconds += seconds;
    cosim_cycles += static_cast<double>(result.cycles);
    state.SetIterationTime(seconds);
  }
  const double limit = bare_cycles / bare_seconds;
  const double reached = cosim_cycles / cosim_seconds;
  state.counters["limit cycles/s"] = limit;
  state.counters["cosim cycles/s"] = reached;
  state.counters["ratio"] = reached / limit;
}

[[maybe_unused]] const bool registered = [] {
  for (const RtlConfiguration& configuration : rtl_configurations()) {
    benchmark::RegisterBenchmark(std::string(configuration.name).c_str(), cosim, configuration)
        ->UseManualTime();
  }
  return true;
}();

}  // namespace

BENCHMARK_MAIN();
