#include "block_trace/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "common/error.h"

namespace kilburn::block_trace {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{64} << 10;

}  // namespace

bool Lines::read_more() {
  text_.erase(0, next_);
  next_ = 0;
  const std::size_t kept = text_.size();
  text_.resize(kept + chunk_bytes);
  const std::size_t size = input_->read(std::as_writable_bytes(std::span(text_).subspan(kept)));
  text_.resize(kept + size);
  return size != 0;
}

std::optional<std::string_view> Lines::next() {
  std::size_t end = text_.find('\n', next_);
  while (end == std::string::npos && text_.size() - next_ <= longest_line) {
    const std::size_t searched = text_.size() - next_;
    if (!read_more()) break;
    end = text_.find('\n', searched);
  }
  if (next_ == text_.size()) return std::nullopt;
  ++number_;
  end = std::min(end, text_.size());
  if (end - next_ > longest_line) {
    throw InputError(
        fmt::format("{}:{}: a line longer than {} bytes", file(), number_, longest_line));
  }
  std::string_view line = std::string_view(text_).substr(next_, end - next_);
  next_ = std::min(end + 1, text_.size());
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace kilburn::block_trace
