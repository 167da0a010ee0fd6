#include "block_trace/iolog.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "block_trace/fields.h"

namespace kilburn::block_trace {
namespace {

constexpr std::string_view version_line = "fio version ";
constexpr std::string_view with_extent =
    "read, write, trim, sync, datasync, and wait in version 2, with offset and length";
constexpr std::string_view without_extent = "add, open, close without them";
constexpr std::uint64_t microsecond_ns = 1000;
constexpr std::size_t most_words = 5;

using Words = Fields<most_words>;

Words split(std::string_view line) {
  Words words;
  while (true) {
    const std::string_view word = take_word(line);
    if (word.empty()) return words;
    words.add(word);
  }
}

bool is_file_action(std::string_view action) {
  return action == "add" || action == "open" || action == "close";
}

/// Nothing for what does nothing to a drive: sync_file_range writes pages, and flushes no cache.
std::optional<BlockIo::Kind> kind_of(std::string_view action) {
  if (action == "read") return BlockIo::Kind::read;
  if (action == "write") return BlockIo::Kind::write;
  if (action == "trim") return BlockIo::Kind::deallocate;
  if (action == "sync" || action == "datasync" || action == "syncfs") return BlockIo::Kind::flush;
  if (action == "sync_file_range") return std::nullopt;
  reject(action, "the action", fmt::format("{}; {}", with_extent, without_extent));
}

}  // namespace

bool looks_like_iolog(std::string_view line) {
  return line.starts_with(version_line);
}

IologReader::Version IologReader::version_of(std::string_view line) {
  if (line == "fio version 2 iolog") return Version::without_times;
  if (line == "fio version 3 iolog") return Version::with_times;
  throw BadLine("another version: allowed \"fio version 2 iolog\", \"fio version 3 iolog\"");
}

/// "Wait for `offset` microseconds ... relative to the previous `wait`": waits add up.
void IologReader::wait(std::string_view microseconds) {
  const std::uint64_t ns = scaled(number(microseconds, "the wait"), microsecond_ns, "the wait");
  if (__builtin_add_overflow(waited_ns_, ns, &waited_ns_)) {
    throw BadLine(fmt::format("all waits together are more than {} microseconds",
                              std::numeric_limits<std::uint64_t>::max() / microsecond_ns));
  }
}

std::optional<Request> IologReader::parse(std::string_view line) {
  if (looks_like_iolog(line)) {
    version_ = version_of(line);
    return std::nullopt;
  }
  const Words words = split(line);
  const bool times = version_ == Version::with_times;
  const std::size_t file = times ? 1 : 0;
  const std::size_t after_file = words.count - std::min(words.count, file + 1);
  if (after_file != 1 && after_file != 3) {
    throw BadLine(fmt::format("{} words: allowed {}FILE ACTION, or {}FILE ACTION OFFSET LENGTH",
                              words.count, times ? "TIME " : "", times ? "TIME " : ""));
  }
  const std::uint64_t time_ns =
      times ? scaled(number(words.at[0], "the time"), microsecond_ns, "the time") : waited_ns_;
  const std::string_view action = words.at[file + 1];
  if (after_file == 1) {
    if (is_file_action(action)) return std::nullopt;
    reject(action, "the action", fmt::format("{}; {}", without_extent, with_extent));
  }
  const std::string_view offset = words.at[file + 2];
  const std::uint64_t bytes = number(words.at[file + 3], "the length");
  if (action == "wait" && !times) {
    wait(offset);
    return std::nullopt;
  }
  const auto kind = kind_of(action);
  const std::uint64_t from = number(offset, "the offset");
  if (!kind) return std::nullopt;
  if (*kind == BlockIo::Kind::flush) {
    return Request{.kind = *kind, .time_ns = time_ns, .volume = words.at[file]};
  }
  return Request{
      .kind = *kind, .time_ns = time_ns, .offset = from, .bytes = bytes, .volume = words.at[file]};
}

}  // namespace kilburn::block_trace
