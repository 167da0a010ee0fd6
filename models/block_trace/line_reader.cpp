#include "block_trace/line_reader.h"

#include <fmt/format.h>

#include <utility>

#include "block_trace/fields.h"
#include "common/error.h"
#include "common/parameter_values.h"

namespace kilburn::block_trace {
namespace {

std::string with_compression(std::string_view format, const std::string& compression) {
  return compression.empty() ? std::string(format) : fmt::format("{}, {}", format, compression);
}

void require_within_volume(const Request& request) {
  if (request.bytes > max_volume_bytes || request.offset > max_volume_bytes - request.bytes) {
    throw BadLine(fmt::format("{} bytes from offset {}: allowed to end at byte 2^63", request.bytes,
                              request.offset));
  }
}

}  // namespace

LineReader::LineReader(std::unique_ptr<trace::Input> input, std::string_view format)
    : lines_(std::move(input)), format_(with_compression(format, lines_.compression())) {}

std::optional<BlockIo> LineReader::next() {
  if (second_) return std::exchange(second_, std::nullopt);
  while (const auto line = lines_.next()) {
    if (without_blanks(*line).empty()) continue;
    try {
      const auto request = parse(*line);
      if (!request) continue;
      if (const auto io = take(*request)) return io;
    } catch (const BadLine& bad) {
      throw InputError(fmt::format("{}:{}: {}; the line is \"{}\"", lines_.file(), lines_.number(),
                                   bad.what(), printable(*line)));
    }
  }
  if (counts_.ios == 0) {
    throw InputError(fmt::format("{}: {} without any I/O{}", lines_.file(), format_, why_none()));
  }
  return std::nullopt;
}

std::optional<BlockIo> LineReader::take(const Request& request) {
  require_within_volume(request);
  if (request.kind != BlockIo::Kind::flush && request.bytes == 0) {
    ++counts_.empty;
    return std::nullopt;
  }
  BlockIo io{.kind = request.kind,
             .at_ns = since_first(request.time_ns),
             .offset = request.offset,
             .bytes = request.bytes,
             .volume = names_.number_of(request.volume),
             .force_unit_access = request.force_unit_access};
  ++counts_.ios;
  if (!request.flush_first) return io;
  ++counts_.ios;
  second_ = io;
  return BlockIo{.kind = BlockIo::Kind::flush, .at_ns = io.at_ns, .volume = io.volume};
}

std::uint64_t LineReader::since_first(std::uint64_t time_ns) {
  if (!first_) first_ = latest_ = time_ns;
  if (time_ns < latest_) {
    ++counts_.late;
  } else {
    latest_ = time_ns;
  }
  return latest_ - *first_;
}

}  // namespace kilburn::block_trace
