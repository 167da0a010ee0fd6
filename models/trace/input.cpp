#include "trace/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "common/error.h"
#include "common/input_path.h"

namespace kilburn::trace {
namespace {

constexpr std::size_t raw_bytes = std::size_t{64} << 10;
constexpr std::size_t magic_bytes = 6;

}  // namespace

std::unique_ptr<std::istream> open_stream(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    throw InputError(fmt::format("{}: a directory, no trace", path.string()));
  }
  errno = 0;
  auto stream = std::make_unique<std::ifstream>(input_path(path), std::ios::binary);
  if (!*stream) {
    throw InputError(fmt::format("{}: cannot read: {}", input_name(path), std::strerror(errno)));
  }
  return stream;
}

Input::Input(std::unique_ptr<std::istream> stream, std::string name, std::string_view start)
    : stream_(std::move(stream)), name_(std::move(name)) {
  const auto bytes = std::as_bytes(std::span(start));
  raw_.assign(bytes.begin(), bytes.end());
  while (raw_.size() < magic_bytes && !at_end_) refill();
  decompressor_ = make_decompressor(raw_);
  if (decompressor_) compression_ = decompressor_->name();
}

/// What is left stays in front: of a pipe, a read may bring less than was asked for.
void Input::refill() {
  raw_.erase(raw_.begin(), raw_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  const std::size_t kept = raw_.size();
  raw_.resize(kept + raw_bytes);
  stream_->read(reinterpret_cast<char*>(raw_.data() + kept), raw_bytes);
  raw_.resize(kept + static_cast<std::size_t>(std::max<std::streamsize>(stream_->gcount(), 0)));
  at_end_ = !*stream_;
}

void Input::take(std::size_t bytes) {
  taken_ += bytes;
  offset_ += bytes;
}

std::size_t Input::read_through(std::span<std::byte> to) {
  std::size_t size = 0;
  while (size < to.size()) {
    if (raw().empty() && !at_end_) refill();
    if (!decompressor_) {
      const std::size_t ready = std::min(to.size() - size, raw().size());
      if (ready == 0) break;
      std::ranges::copy(raw().first(ready), to.begin() + static_cast<std::ptrdiff_t>(size));
      take(ready);
      size += ready;
      continue;
    }
    try {
      const Decompressor::Step step = decompressor_->step(raw(), at_end_, to.subspan(size));
      take(step.taken);
      size += step.given;
      if (step.taken == 0 && step.given == 0) {
        if (at_end_) break;
        refill();
      }
    } catch (const DamagedData& error) {
      throw InputError(fmt::format("{}: truncated or damaged {} data at byte {}: {}", name_,
                                   compression_, offset_, error.what()));
    }
  }
  return size;
}

std::size_t Input::read(std::span<std::byte> to) {
  const std::size_t ready = std::min(to.size(), peeked_.size());
  std::copy_n(peeked_.begin(), ready, to.begin());
  peeked_.erase(peeked_.begin(), peeked_.begin() + static_cast<std::ptrdiff_t>(ready));
  return ready + read_through(to.subspan(ready));
}

std::span<const std::byte> Input::peek(std::size_t count) {
  const std::size_t ready = peeked_.size();
  if (ready < count) {
    peeked_.resize(count);
    peeked_.resize(ready + read_through(std::span(peeked_).subspan(ready)));
  }
  return std::span(peeked_).first(std::min(count, peeked_.size()));
}

}  // namespace kilburn::trace
