#include "block_trace/blkparse.h"

#include <fmt/format.h>

#include <algorithm>

#include "block_trace/fields.h"

namespace kilburn::block_trace {
namespace {

constexpr std::uint64_t sector_bytes = 512;
constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::size_t digits_of_nanoseconds = 9;
constexpr std::string_view default_format =
    "blkparse's default format, DEVICE CPU SEQUENCE SECONDS PID ACTION RWBS ...";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

bool is_device(std::string_view word) {
  const std::size_t comma = std::min(word.find(','), word.size());
  return is_digits(word.substr(0, comma)) &&
         is_digits(word.substr(std::min(comma + 1, word.size())));
}

/// "12.000000345"
bool is_time(std::string_view word) {
  const std::size_t point = std::min(word.find('.'), word.size());
  const std::string_view fraction = word.substr(std::min(point + 1, word.size()));
  return is_digits(word.substr(0, point)) && is_digits(fraction) &&
         fraction.size() == digits_of_nanoseconds;
}

/// What every event's line begins with.
struct Header {
  std::string_view device, cpu, sequence, time, pid, action, rwbs;
};

Header take_header(std::string_view& line) {
  Header header;
  for (std::string_view* const word : {&header.device, &header.cpu, &header.sequence, &header.time,
                                       &header.pid, &header.action, &header.rwbs}) {
    *word = take_word(line);
  }
  return header;
}

bool is_event(const Header& header) {
  return is_device(header.device) && is_digits(header.cpu) && is_digits(header.sequence) &&
         is_time(header.time) && is_digits(header.pid) && !header.action.empty() &&
         std::ranges::all_of(header.action, is_letter);
}

std::uint64_t nanoseconds(std::string_view time) {
  const std::size_t point = time.find('.');
  const std::uint64_t seconds =
      scaled(number(time.substr(0, point), "the time"), second_ns, "the time");
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(seconds, number(time.substr(point + 1), "the time"), &sum)) {
    reject(time, "the time", "a time below 2^64 nanoseconds");
  }
  return sum;
}

enum class Command : std::uint8_t { read, write, discard, flush, none };

struct Rwbs {
  Command command = Command::none;
  bool flush_first = false;
  bool force_unit_access = false;
};

/// F before the command's letter flushes first, behind it is force unit access; B, the barrier of
/// kernels before 2.6.37, is both.
Rwbs parse_rwbs(std::string_view word) {
  std::string_view rest = word;
  Rwbs rwbs;
  if (rest.starts_with('F')) {
    rwbs.flush_first = true;
    rest.remove_prefix(1);
  }
  switch (rest.empty() ? 'F' : rest.front()) {
    case 'R':
      rwbs.command = Command::read;
      break;
    case 'W':
      rwbs.command = Command::write;
      break;
    case 'D':
      rwbs.command = Command::discard;
      break;
    case 'F':
      rwbs.command = Command::flush;
      break;
    case 'N':
      rwbs.command = rwbs.flush_first ? Command::flush : Command::none;
      break;
    default:
      reject(word, "RWBS", "one of R W D N, F before it, other letters behind it");
  }
  const std::string_view flags = rest.substr(std::min<std::size_t>(1, rest.size()));
  const bool barrier = flags.find('B') != std::string_view::npos;
  rwbs.flush_first = rwbs.flush_first || barrier;
  rwbs.force_unit_access = barrier || flags.find('F') != std::string_view::npos;
  return rwbs;
}

struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

/// "223490 + 8 [kjournald]". Commands that move no blocks have "[name]", or, with a number and what
/// stands in parentheses, packets and the elapsed time of blkparse -t.
Extent parse_extent(std::string_view text) {
  constexpr std::string_view allowed = "SECTOR + SECTORS [PROCESS]";
  const std::string_view whole = text;
  const std::string_view first = take_word(text);
  if (first.starts_with('[')) return {};
  const std::string_view second = take_word(text);
  const bool moves = second == "+";
  const std::string_view sectors = moves ? take_word(text) : std::string_view();
  const std::string_view behind = moves ? take_word(text) : second;
  if (!is_digits(first) || (moves && !is_digits(sectors)) ||
      !(behind.starts_with('[') || behind.starts_with('('))) {
    reject(whole, "what follows RWBS", allowed);
  }
  if (!moves) return {};
  return {.offset = scaled(number(first, "the sector"), sector_bytes, "the sector"),
          .bytes = scaled(number(sectors, "the number of sectors"), sector_bytes,
                          "the number of sectors")};
}

BlockIo::Kind kind_of(Command command) {
  if (command == Command::read) return BlockIo::Kind::read;
  return command == Command::write ? BlockIo::Kind::write : BlockIo::Kind::deallocate;
}

std::string_view letter_of(BlkparseAction action) {
  return action == BlkparseAction::dispatched ? "D" : "Q";
}

}  // namespace

bool looks_like_blkparse(std::string_view line) {
  return is_event(take_header(line));
}

std::optional<Request> BlkparseReader::parse(std::string_view line) {
  if (is_letter(without_blanks(line).front())) return std::nullopt;
  std::string_view rest = line;
  const Header header = take_header(rest);
  if (!is_event(header)) throw BadLine(fmt::format("no event: allowed is {}", default_format));
  if (header.action != letter_of(action_)) {
    if (header.action == "D" || header.action == "Q") ++others_;
    return std::nullopt;
  }
  const Rwbs rwbs = parse_rwbs(header.rwbs);
  const Extent extent = parse_extent(rest);
  const std::uint64_t time_ns = nanoseconds(header.time);
  if (rwbs.command == Command::none) return std::nullopt;
  if (rwbs.command == Command::flush || (rwbs.flush_first && extent.bytes == 0)) {
    return Request{.kind = BlockIo::Kind::flush, .time_ns = time_ns, .volume = header.device};
  }
  return Request{.kind = kind_of(rwbs.command),
                 .time_ns = time_ns,
                 .offset = extent.offset,
                 .bytes = extent.bytes,
                 .volume = header.device,
                 .flush_first = rwbs.flush_first,
                 .force_unit_access = rwbs.force_unit_access && rwbs.command == Command::write};
}

std::string BlkparseReader::why_none() const {
  const bool dispatched = action_ == BlkparseAction::dispatched;
  return fmt::format(" of action {}; there are {} of action {}", letter_of(action_), others_,
                     letter_of(dispatched ? BlkparseAction::queued : BlkparseAction::dispatched));
}

}  // namespace kilburn::block_trace
