// What the host could do at best for RISC-V software: the kernels of the mix guest compiled for the
// host by the same kind of compiler, and the bare hops of a load from a device. riscv_speed, beside
// this, compares whole programs with it.
//
//     build/release/benchmarks/riscv_benchmark
#include <benchmark/benchmark.h>

#include <array>
#include <systemc>
#include <tlm>

#include "common/forward_target.h"

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

/// Passes on, or answers as a device of one register.
class Hop final : public sc_core::sc_module, public ForwardTarget, public BackwardInitiator {
 public:
  tlm::tlm_target_socket<> in{"in"};
  tlm::tlm_initiator_socket<> out{"out"};

  Hop(const sc_core::sc_module_name& name, bool last) : sc_module(name), last_(last) {
    in.bind(*this);
    out.bind(*this);
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
    if (!last_) {
      out->b_transport(payload, delay);
      return;
    }
    delay += sc_core::sc_time::from_value(1);
    *payload.get_data_ptr() = 0;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

 private:
  bool last_;
};

/// Hart, interconnect, device.
struct Chain {
  Hop hart{"hart", false};
  Hop interconnect{"interconnect", false};
  Hop device{"device", true};
  Chain() {
    hart.out.bind(interconnect.in);
    interconnect.out.bind(device.in);
    device.out.bind(hart.in);  // closes the ring; `device` never uses it
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
};

void device_load(benchmark::State& state) {
  static auto* const chain = new Chain;  // SystemC objects live until the process ends
  std::array<unsigned char, 8> data{};
  tlm::tlm_generic_payload payload;
  sc_core::sc_time delay;
  for (auto _ : state) {
    payload.set_command(tlm::TLM_READ_COMMAND);
    payload.set_address(0x1000);
    payload.set_data_ptr(data.data());
    payload.set_data_length(1);
    payload.set_streaming_width(1);
    payload.set_byte_enable_ptr(nullptr);
    payload.set_byte_enable_length(0);
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    chain->hart.out->b_transport(payload, delay);
    benchmark::DoNotOptimize(data);
  }
}
BENCHMARK(device_load);

}  // namespace

int sc_main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

int main(int argc, char** argv) {
  return sc_main(argc, argv);
}
