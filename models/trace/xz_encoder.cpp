#include "trace/xz_encoder.h"

#include <algorithm>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <utility>

namespace kilburn::trace {

namespace {

constexpr std::uint32_t most_dictionary_bytes = 4u << 20;
constexpr std::size_t output_bytes = 64u << 10;

}  // namespace

XzEncoder::XzEncoder(Sink sink, unsigned level) : sink_(std::move(sink)), output_(output_bytes) {
  lzma_options_lzma options{};
  if (lzma_lzma_preset(&options, level) != 0) throw std::invalid_argument("xz level");
  options.dict_size = std::min(options.dict_size, most_dictionary_bytes);
  const lzma_filter filters[] = {{.id = LZMA_FILTER_LZMA2, .options = &options},
                                 {.id = LZMA_VLI_UNKNOWN, .options = nullptr}};
  if (lzma_stream_encoder(&stream_, filters, LZMA_CHECK_CRC64) != LZMA_OK) throw std::bad_alloc();
}

XzEncoder::~XzEncoder() {
  lzma_end(&stream_);
}

void XzEncoder::write(std::span<const std::byte> bytes) {
  stream_.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  stream_.avail_in = bytes.size();
  run(LZMA_RUN);
}

void XzEncoder::finish() {
  run(LZMA_FINISH);
}

/// Until all input is taken in, or the stream has ended.
void XzEncoder::run(lzma_action action) {
  for (lzma_ret result = LZMA_OK; result != LZMA_STREAM_END;) {
    if (action == LZMA_RUN && stream_.avail_in == 0) return;
    stream_.next_out = reinterpret_cast<std::uint8_t*>(output_.data());
    stream_.avail_out = output_.size();
    result = lzma_code(&stream_, action);
    if (result == LZMA_MEM_ERROR) throw std::bad_alloc();
    if (result != LZMA_OK && result != LZMA_STREAM_END) throw std::logic_error("xz encoder");
    sink_(std::span(output_).first(output_.size() - stream_.avail_out));
  }
}

}  // namespace kilburn::trace
