// Any bytes as a block trace, of either action where it is blkparse's text.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>

#include "block_trace/block_trace.h"
#include "common/error.h"

namespace {

using namespace kilburn::block_trace;

constexpr std::uint64_t enough = 1u << 20;  // compressed input may hold more

/// Traps where the reader breaks its promises.
void check(const BlockIo& io, const Reader& reader, std::uint64_t latest_ns) {
  const bool flush = io.kind == BlockIo::Kind::flush;
  if (io.at_ns < latest_ns || io.volume >= reader.volumes().size()) __builtin_trap();
  if (flush ? io.offset != 0 || io.bytes != 0 : io.bytes == 0) __builtin_trap();
  if (io.bytes > max_volume_bytes || io.offset > max_volume_bytes - io.bytes) __builtin_trap();
  if (io.force_unit_access && io.kind != BlockIo::Kind::write) __builtin_trap();
}

void read_all(const std::string& bytes, OpenOptions options) {
  try {
    const auto reader = open(std::make_unique<std::istringstream>(bytes), "fuzz", options);
    std::uint64_t latest_ns = 0;
    while (const auto io = reader->next()) {
      check(*io, *reader, latest_ns);
      latest_ns = io->at_ns;
      if (reader->counts().ios > enough) return;
    }
  } catch (const kilburn::InputError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  read_all(bytes, {.blkparse_action = BlkparseAction::dispatched});
  read_all(bytes, {.blkparse_action = BlkparseAction::queued});
  return 0;
}
