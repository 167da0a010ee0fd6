// Any bytes as a lackey trace.
#include "trace/lackey.h"
#include "trace_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kilburn::trace;
  fuzz::read_all([&] {
    return std::make_unique<LackeyReader>(
        std::make_unique<Input>(fuzz::stream_of(data, size), "fuzz"));
  });
  return 0;
}
