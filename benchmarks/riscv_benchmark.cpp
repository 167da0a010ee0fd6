// What the host could do at best for RISC-V software: the kernels of the mix guest compiled for the
// host by the same kind of compiler, and the bare hops of a load from a device. riscv_speed, beside
// this, compares whole programs with it.
//
//     build/release/benchmarks/riscv_benchmark
#include <benchmark/benchmark.h>

#include "bare_transport.h"

extern "C" {
#include "guests/mix/mix.h"
}

namespace {

using namespace kilburn;

void native(benchmark::State& state, std::uint64_t (*kernel)()) {
  for (auto _ : state) benchmark::DoNotOptimize(kernel());
}
BENCHMARK_CAPTURE(native, sieve, sieve);
BENCHMARK_CAPTURE(native, crc32, crc32);
BENCHMARK_CAPTURE(native, quicksort, quicksort);
BENCHMARK_CAPTURE(native, matrix, matrix);
BENCHMARK_CAPTURE(native, collatz, collatz);

/// Hart, interconnect, device.
void device_load(benchmark::State& state) {
  static auto* const transport = new BareTransport(2);
  for (auto _ : state) transport->transport(tlm::TLM_READ_COMMAND, 1);
}
BENCHMARK(device_load);

}  // namespace
