#include "trace/input.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/lzma.hpp>

#include "common/error.h"

namespace kilburn::trace {
namespace io = boost::iostreams;

Input::Input(std::unique_ptr<std::istream> stream, std::string name)
    : stream_(std::move(stream)), name_(std::move(name)) {
  std::array<char, 6> magic{};
  stream_->read(magic.data(), magic.size());
  stream_->clear();
  stream_->seekg(0);
  constexpr std::array<char, 6> xz = {'\xFD', '7', 'z', 'X', 'Z', '\0'};
  if (magic == xz) {
    compression_ = "xz";
    require_xz_footer();
    filter_.push(io::lzma_decompressor());
  } else if (magic[0] == '\x1F' && magic[1] == '\x8B') {
    compression_ = "gzip";
    filter_.push(io::gzip_decompressor());
  }
  filter_.push(*stream_);
}

/// The filter takes the end of the file for the end of the data, so a truncated file is found here:
/// an xz file ends with "YZ" and, perhaps, padding of zeros.
void Input::require_xz_footer() {
  stream_->seekg(0, std::ios::end);
  const auto size = static_cast<std::uint64_t>(stream_->tellg());
  char byte = '\0';
  std::uint64_t end = size;
  while (end > 2 && byte == '\0') {
    stream_->seekg(static_cast<std::streamoff>(--end));
    stream_->get(byte);
  }
  char before = '\0';
  stream_->seekg(static_cast<std::streamoff>(end - 1));
  stream_->get(before);
  if (before != 'Y' || byte != 'Z') {
    throw InputError(
        fmt::format("{}: truncated: the xz data end at byte {} without their footer", name_, size));
  }
  stream_->clear();
  stream_->seekg(0);
}

std::size_t Input::read_through(std::span<std::byte> to) {
  try {
    std::size_t size = 0;
    while (size < to.size()) {
      const auto got = filter_.sgetn(reinterpret_cast<char*>(to.data()) + size,
                                     static_cast<std::streamsize>(to.size() - size));
      if (got <= 0) break;
      size += static_cast<std::size_t>(got);
    }
    return size;
  } catch (const std::ios_base::failure& error) {
    stream_->clear();
    throw InputError(fmt::format("{}: truncated or damaged {} data before byte {}: {}", name_,
                                 compression_, static_cast<std::int64_t>(stream_->tellg()),
                                 error.what()));
  }
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
