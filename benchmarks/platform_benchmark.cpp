// The platform on the shipped database trace, as a whole process, against what the kernel could do
// at best: the bare blocking-transport hops that one access makes, and nothing else.
//
//     build/release/benchmarks/platform_benchmark
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <systemc>
#include <tlm>

#include "common/forward_target.h"
#include "trace/trace.h"

namespace {

using namespace kilburn;

constexpr const char* trace_file = KILBURN_SOURCE_DIR "/traces/database.ktrace";
// Player to MMU, MMU to first-level cache: what a translated hit passes through.
constexpr int hops_of_a_hit = 2;

/// Counts and passes on, or ends the way.
class Hop final : public sc_core::sc_module, public ForwardTarget, public BackwardInitiator {
 public:
  tlm::tlm_target_socket<> in{"in"};
  tlm::tlm_initiator_socket<> out{"out"};

  Hop(const sc_core::sc_module_name& name, bool last) : sc_module(name), last_(last) {
    in.bind(*this);
    out.bind(*this);
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
    ++count_;
    if (!last_) {
      out->b_transport(payload, delay);
      return;
    }
    delay += sc_core::sc_time::from_value(1);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

 private:
  bool last_;
  std::uint64_t count_ = 0;
};

struct Chain {
  Hop first{"first", false};
  Hop second{"second", true};
  Hop start{"start", false};
  Chain() {
    start.out.bind(first.in);
    first.out.bind(second.in);
    second.out.bind(start.in);  // closes the ring; `second` never uses it
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
};

Chain& chain() {
  static auto* const instance = new Chain;  // SystemC objects live until the process ends
  return *instance;
}

void transport_limit(benchmark::State& state) {
  Chain& c = chain();
  std::array<unsigned char, 8> data{};
  tlm::tlm_generic_payload payload;
  sc_core::sc_time delay;
  for (auto _ : state) {
    payload.set_command(tlm::TLM_IGNORE_COMMAND);
    payload.set_address(0x1000);
    payload.set_data_ptr(data.data());
    payload.set_data_length(8);
    payload.set_streaming_width(8);
    payload.set_byte_enable_ptr(nullptr);
    payload.set_byte_enable_length(0);
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    c.start.out->b_transport(payload, delay);
    benchmark::DoNotOptimize(delay);
  }
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

int sc_main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

int main(int argc, char** argv) {
  return sc_main(argc, argv);
}
