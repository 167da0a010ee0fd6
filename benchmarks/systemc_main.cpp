// main() of the benchmarks that have SystemC modules. libsystemc brings a main of its own, which
// calls sc_main and would win over Google Benchmark's; this one wins over both.
#include <benchmark/benchmark.h>

#include <systemc>

int sc_main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

int main(int argc, char** argv) {
  return sc_main(argc, argv);
}
