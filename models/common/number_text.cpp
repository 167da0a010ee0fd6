#include "common/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace kilburn {

namespace {

constexpr std::string_view digits = "0123456789";

/// Takes what consists of digits off the front.
std::string_view take_digits(std::string_view& text) {
  const std::size_t size = std::min(text.find_first_not_of(digits), text.size());
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}

std::optional<std::uint64_t> times(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

/// Continues `value` with more decimal digits.
std::optional<std::uint64_t> append_digits(std::uint64_t value, std::string_view more) {
  for (const char c : more) {
    const auto shifted = times(value, 10);
    if (!shifted || __builtin_add_overflow(*shifted, static_cast<std::uint64_t>(c - '0'), &value)) {
      return std::nullopt;
    }
  }
  return value;
}

/// 1 for no unit; nothing where it is none.
std::optional<std::uint64_t> unit_of(std::string_view text, bool bytes) {
  constexpr std::array<std::string_view, 6> decimal = {"k", "M", "G", "T", "P", "E"};
  constexpr std::array<std::string_view, 6> binary = {"Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  if (text.empty()) return 1;
  if (text.front() == ' ') text.remove_prefix(1);
  std::uint64_t unit = 1;
  for (const std::string_view name : decimal) {
    unit *= 1000;
    if (text == name) return unit;
  }
  if (bytes && text == "B") return 1;
  if (bytes && text.ends_with("iB")) text.remove_suffix(1);
  const auto* const found = std::ranges::find(binary, text);
  if (found == binary.end()) return std::nullopt;
  return std::uint64_t{1} << (10 * (found - binary.begin() + 1));
}

/// The parts of a number, before its value is made of them.
struct Parts {
  std::string_view whole;
  std::string_view fraction;
  std::uint64_t exponent = 0;
  bool negative_exponent = false;
  std::uint64_t unit = 1;
};

std::optional<Parts> split(std::string_view text, bool bytes) {
  constexpr std::uint64_t largest_exponent = 1000;  // beyond those of a double
  Parts parts;
  parts.whole = take_digits(text);
  if (parts.whole.empty()) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    parts.fraction = take_digits(text);
    if (parts.fraction.empty()) return std::nullopt;
  }
  if (text.starts_with('e')) {
    text.remove_prefix(1);
    parts.negative_exponent = text.starts_with('-');
    if (parts.negative_exponent) text.remove_prefix(1);
    const std::string_view exponent = take_digits(text);
    const auto value = append_digits(0, exponent);
    if (exponent.empty() || !value || *value > largest_exponent) return std::nullopt;
    parts.exponent = *value;
  }
  const auto unit = unit_of(text, bytes);
  if (!unit) return std::nullopt;
  parts.unit = *unit;
  return parts;
}

std::optional<std::uint64_t> power(std::string_view base, std::string_view exponent) {
  const auto b = base.empty() ? std::nullopt : append_digits(0, base);
  const auto e = exponent.empty() ? std::nullopt : append_digits(0, exponent);
  if (!b || !e) return std::nullopt;
  if (*b <= 1) return *e == 0 ? 1 : *b;
  std::optional<std::uint64_t> value = 1;
  for (std::uint64_t i = 0; value && i < *e; ++i) value = times(*value, *b);
  return value;
}

}  // namespace

std::optional<std::uint64_t> parse_whole_number(std::string_view text, bool bytes) {
  if (const std::size_t hat = text.find('^'); hat != std::string_view::npos) {
    std::string_view base = text.substr(0, hat);
    std::string_view exponent = text.substr(hat + 1);
    const std::string_view b = take_digits(base);
    const std::string_view e = take_digits(exponent);
    return base.empty() && exponent.empty() ? power(b, e) : std::nullopt;
  }
  auto parts = split(text, bytes);
  if (!parts || parts->negative_exponent) return std::nullopt;
  while (parts->fraction.ends_with('0')) parts->fraction.remove_suffix(1);
  const auto whole = append_digits(0, parts->whole);
  auto value = whole ? append_digits(*whole, parts->fraction) : std::nullopt;
  if (!value) return std::nullopt;
  if (*value == 0) return 0;
  // The digits after the point are divided away, from the digits or from the unit, without rest.
  const std::size_t divisions =
      parts->fraction.size() - std::min<std::size_t>(parts->fraction.size(), parts->exponent);
  const std::uint64_t zeros = parts->exponent - std::min(parts->exponent, parts->fraction.size());
  for (std::size_t i = 0; i < divisions; ++i) {
    for (const std::uint64_t prime : {2U, 5U}) {
      std::uint64_t& divided = parts->unit % prime == 0 ? parts->unit : *value;
      if (divided % prime != 0) return std::nullopt;
      divided /= prime;
    }
  }
  for (std::uint64_t i = 0; value && i < zeros; ++i) value = times(*value, 10);
  return value ? times(*value, parts->unit) : std::nullopt;
}

std::optional<double> parse_real_number(std::string_view text) {
  if (text.find('^') != std::string_view::npos) {
    const auto whole = parse_whole_number(text);
    return whole ? std::optional(static_cast<double>(*whole)) : std::nullopt;
  }
  const auto parts = split(text, false);
  if (!parts) return std::nullopt;
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  value *= static_cast<double>(parts->unit);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace kilburn
