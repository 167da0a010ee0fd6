// Any bytes as a file of our own trace format, whole and salvaged, from its start and from a
// record.
#include "trace/kilburn_reader.h"
#include "trace_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kilburn::trace;
  for (const bool salvage : {false, true}) {
    fuzz::read_all([&] {
      return std::make_unique<KilburnReader>(fuzz::stream_of(data, size), "fuzz",
                                             OpenOptions{.salvage = salvage});
    });
  }
  fuzz::read_all([&] {
    auto reader =
        std::make_unique<KilburnReader>(fuzz::stream_of(data, size), "fuzz", OpenOptions{});
    reader->seek(size > 20 ? data[20] : 0);
    return reader;
  });
  return 0;
}
