// Any bytes as the content of a block of our own trace format, past compression and checksums.
#include <cstring>
#include <vector>

#include "trace/block_codec.h"
#include "trace_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kilburn::trace;
  std::vector<std::byte> content(size + decoder_slack);
  if (size != 0) std::memcpy(content.data(), data, size);
  try {
    BlockDecoder decoder;
    decoder.start(std::span(content).first(size));
    std::uint64_t records = 0;
    for (Batch batch = decoder.next(); !batch.empty(); batch = decoder.next()) {
      fuzz::check(batch);
      records += batch.records.size();
    }
    if (records != decoder.records()) __builtin_trap();
  } catch (const CorruptBlock&) {
  }
  return 0;
}
