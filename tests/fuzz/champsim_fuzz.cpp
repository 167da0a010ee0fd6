// Any bytes as a ChampSim trace, plain or compressed, and as a trace whose format is to be
// recognised.
#include "trace/champsim.h"
#include "trace_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kilburn::trace;
  fuzz::read_all([&] {
    return std::make_unique<ChampsimReader>(
        std::make_unique<Input>(fuzz::stream_of(data, size), "fuzz"));
  });
  fuzz::read_all([&] { return open_trace(fuzz::stream_of(data, size), "fuzz"); });
  return 0;
}
