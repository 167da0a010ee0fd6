#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "common/error.h"
#include "trace/lackey.h"

namespace kilburn::trace {
namespace {

constexpr std::size_t chunk_bytes = 65536;
constexpr std::size_t max_line_bytes = 4096;  // valgrind's messages are shorter
constexpr unsigned max_size = 65536;          // of one access: larger than any x86 saves at once

struct Line {
  enum class Type : std::uint8_t { fetch, load, store, modify, skipped, bad };
  Type type = Type::bad;
  Address address = 0;
  unsigned size = 0;
};

bool is_message(std::string_view line) {
  return line.empty() || line.starts_with("==") || line.starts_with("--") ||
         line.starts_with("**") || line.starts_with("SB ");
}

Line parse(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (is_message(line)) return {.type = Line::Type::skipped};
  Line result;
  const auto type = line.substr(0, 3);
  if (type == "I  ")
    result.type = Line::Type::fetch;
  else if (type == " L ")
    result.type = Line::Type::load;
  else if (type == " S ")
    result.type = Line::Type::store;
  else if (type == " M ")
    result.type = Line::Type::modify;
  else
    return {};
  const char* const end = line.data() + line.size();
  const auto address = std::from_chars(line.data() + 3, end, result.address, 16);
  if (address.ec != std::errc() || address.ptr == end || *address.ptr != ',') return {};
  const auto size = std::from_chars(address.ptr + 1, end, result.size);
  const bool valid =
      size.ec == std::errc() && size.ptr == end && result.size >= 1 && result.size <= max_size;
  return valid ? result : Line{};
}

void add(std::vector<Record>& records, Kind kind, const Line& line) {
  for (unsigned done = 0; done < line.size; done += max_access_bytes) {
    records.push_back(
        {.address = line.address + done,
         .kind = kind,
         .size = static_cast<std::uint8_t>(std::min(line.size - done, max_access_bytes))});
  }
}

void add(std::vector<Record>& records, const Line& line) {
  switch (line.type) {
    case Line::Type::fetch:
      return add(records, Kind::fetch, line);
    case Line::Type::load:
      return add(records, Kind::load, line);
    case Line::Type::store:
      return add(records, Kind::store, line);
    case Line::Type::modify:
      add(records, Kind::load, line);
      return add(records, Kind::store, line);
    case Line::Type::skipped:
    case Line::Type::bad:
      return;
  }
}

Description describe(const Input& input) {
  Description description;
  description.file = input.name();
  description.format = input.compression().empty()
                           ? "valgrind lackey"
                           : fmt::format("valgrind lackey, {}", input.compression());
  return description;
}

}  // namespace

std::string lackey_objection(std::string_view text) {
  std::size_t begin = 0;
  for (std::uint64_t number = 1; begin < text.size(); ++number) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos && number > 1) break;  // perhaps cut by the peek
    const Line line = parse(text.substr(begin, end - begin));
    if (line.type == Line::Type::bad) return fmt::format("line {} is no lackey line", number);
    if (line.type != Line::Type::skipped) return {};
    begin = end == std::string_view::npos ? text.size() : end + 1;
  }
  return "no access line";
}

LackeyReader::LackeyReader(std::unique_ptr<Input> input)
    : SequentialReader(describe(*input)), input_(std::move(input)) {}

bool LackeyReader::read_more() {
  if (at_end_) return false;
  offset_ += next_;
  text_.erase(0, next_);
  next_ = 0;
  const std::size_t kept = text_.size();
  text_.resize(kept + chunk_bytes);
  const std::size_t size = input_->read(std::as_writable_bytes(std::span(text_).subspan(kept)));
  text_.resize(kept + size);
  at_end_ = size < chunk_bytes;
  return size != 0;
}

void LackeyReader::read(std::vector<Record>& records) {
  while (records.size() < batch_records) {
    std::size_t end = text_.find('\n', next_);
    if (end == std::string::npos && text_.size() - next_ <= max_line_bytes) {
      if (read_more()) continue;
      if (next_ == text_.size()) return;
    }
    end = std::min(end, text_.size());
    const std::string_view text = std::string_view(text_).substr(next_, end - next_);
    const Line line = parse(text);
    ++line_;
    if (line.type == Line::Type::bad) {
      throw InputError(
          fmt::format("{}:{}: at byte {}: \"{:.40}\" is no lackey line: allowed are \"I  "
                      "ADDRESS,SIZE\", \" L \", "
                      "\" S \" and \" M \" with 1 to {} bytes, and valgrind's messages",
                      input_->name(), line_, offset_ + next_, text, max_size));
    }
    add(records, line);
    next_ = std::min(end + 1, text_.size());
  }
}

}  // namespace kilburn::trace
