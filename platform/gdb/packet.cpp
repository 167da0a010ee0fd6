#include "platform/gdb/packet.h"

#include <fmt/format.h>

#include <charconv>

namespace kilburn::gdb {

namespace {

constexpr char interrupt_byte = 0x03;
constexpr char escape = '}';
constexpr char escape_mask = 0x20;
constexpr std::size_t checksum_digits = 2;

unsigned checksum(std::string_view data) {
  unsigned sum = 0;
  for (const char c : data) sum += static_cast<unsigned char>(c);
  return sum & 0xFF;
}

std::string unescaped(std::string_view data) {
  std::string text;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const bool escaped = data[i] == escape && i + 1 < data.size();
    text += escaped ? static_cast<char>(data[++i] ^ escape_mask) : data[i];
  }
  return text;
}

}  // namespace

std::optional<Incoming> PacketReader::next() {
  using enum Incoming::Kind;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const char c = pending_[i];
    if (c != '$' && c != interrupt_byte && c != '-') continue;
    if (c != '$') {
      pending_.erase(0, i + 1);
      return Incoming{c == '-' ? resend : interrupt, {}};
    }
    pending_.erase(0, i);
    const std::size_t end = pending_.find('#');
    if (end == std::string::npos || pending_.size() < end + 1 + checksum_digits) {
      if (pending_.size() < 2 + most + checksum_digits) return std::nullopt;
      pending_.clear();
      return Incoming{damaged, {}};
    }
    const std::string data = pending_.substr(1, end - 1);
    std::string_view digits = std::string_view(pending_).substr(end + 1, checksum_digits);
    const auto sum = take_number(digits);
    const bool right = digits.empty() && sum == checksum(data);
    pending_.erase(0, end + 1 + checksum_digits);
    if (!right || data.size() > most) return Incoming{damaged, {}};
    return Incoming{packet, unescaped(data)};
  }
  pending_.clear();
  return std::nullopt;
}

std::string framed(std::string_view data) {
  std::string text;
  for (const char c : data) {
    if (c == escape || c == '$' || c == '#' || c == '*') {
      text += escape;
      text += static_cast<char>(c ^ escape_mask);
    } else {
      text += c;
    }
  }
  return fmt::format("${}#{:02x}", text, checksum(text));
}

std::string to_hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

std::optional<std::string> from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (; !digits.empty(); digits.remove_prefix(2)) {
    std::string_view pair = digits.substr(0, 2);
    const auto value = take_number(pair);
    if (!value || !pair.empty()) return std::nullopt;
    bytes += static_cast<char>(*value);
  }
  return bytes;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  constexpr int hexadecimal = 16;
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace kilburn::gdb
