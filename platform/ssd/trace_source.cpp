#include "platform/ssd/trace_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/error.h"

namespace kilburn::ssd {

TraceSource::TraceSource(std::unique_ptr<block_trace::Reader> reader,
                         std::vector<std::uint64_t> sectors, Nanoseconds begin, std::uint64_t limit)
    : reader_(std::move(reader)), sectors_(std::move(sectors)), begin_(begin), left_(limit) {}

std::optional<Request> TraceSource::next() {
  if (left_ == 0) return std::nullopt;
  const std::optional<block_trace::BlockIo> io = reader_->next();
  if (!io) return std::nullopt;
  --left_;
  // Both have the same kinds, in the same order.
  static_assert(static_cast<int>(Request::Kind::deallocate) ==
                static_cast<int>(block_trace::BlockIo::Kind::deallocate));
  // Far within what the simulation's clock holds.
  constexpr Nanoseconds longest = Nanoseconds{100} * 24 * 3600 * 1'000'000'000;
  if (io->at_ns > longest) {
    throw InputError(
        fmt::format("block trace, line {}: it comes {} ns after the first: allowed are 100 days",
                    reader_->line(), io->at_ns));
  }
  Request request{.kind = static_cast<Request::Kind>(io->kind),
                  .due = begin_ + io->at_ns,
                  .target = static_cast<std::uint32_t>(io->volume % sectors_.size()),
                  .durable = io->force_unit_access};
  if (request.kind == Request::Kind::flush) return request;
  const std::uint64_t size = sectors_[request.target];
  const std::uint64_t first = io->offset / sector_bytes;
  const std::uint64_t end = (io->offset + io->bytes + sector_bytes - 1) / sector_bytes;
  request.sectors = std::min(end - first, size);
  request.first = std::min(first % size, size - request.sectors);
  return request;
}

}  // namespace kilburn::ssd
