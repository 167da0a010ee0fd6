#include "common/parameter_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <limits>
#include <vector>

#include "common/number_text.h"
#include "common/utf8.h"

namespace kilburn {

namespace {

/// Units[k] is 2^(10 k) bytes.
constexpr std::array<std::string_view, 7> binary_units = {"B",   "KiB", "MiB", "GiB",
                                                          "TiB", "PiB", "EiB"};

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal
/// string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> cells((a.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& {
    return cells[i * width + j];
  };
  for (std::size_t i = 0; i <= a.size(); ++i) at(i, 0) = i;
  for (std::size_t j = 0; j <= b.size(); ++j) at(0, j) = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = at(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
      at(i, j) = std::min({substituted, at(i - 1, j) + 1, at(i, j - 1) + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
      }
    }
  }
  return at(a.size(), b.size());
}

}  // namespace

bool meets(std::string_view use, std::string_view uses) {
  if (use.empty() || uses.empty()) return true;
  constexpr std::string_view between = " and ";
  for (std::size_t at = 0; at != std::string_view::npos;) {
    const std::size_t end = uses.find(between, at);
    if (uses.substr(at, end - at) == use) return true;
    at = end == std::string_view::npos ? end : end + between.size();
  }
  return false;
}

void ParameterUses::add(std::string_view use, std::span<const std::string_view> paths) {
  for (const std::string_view path : paths) uses_.emplace_back(path, use);
}

ParameterUses::Only ParameterUses::of(std::string_view path) const {
  for (const auto& [beginning, use] : uses_) {
    if (!path.starts_with(beginning)) continue;
    const std::string_view rest = path.substr(beginning.size());
    if (rest.empty() || rest.front() == '.') return {.use = use, .path = beginning};
  }
  return {};
}

bool ParameterUses::concerns(std::string_view use, std::string_view path) const {
  return meets(use, of(path).use);
}

std::string join_path(std::string_view block, std::string_view name) {
  return block.empty() ? std::string(name) : fmt::format("{}.{}", block, name);
}

bool is_index(std::string_view name) {
  constexpr std::size_t most_digits = 9;
  return !name.empty() && name.size() <= most_digits && parse_digits(name) &&
         (name == "0" || name.front() != '0');
}

std::string without_indices(std::string_view path, std::string_view replacement) {
  std::string general;
  while (true) {
    const std::size_t dot = path.find('.');
    const std::string_view name = path.substr(0, dot);
    const std::string_view kept = is_index(name) ? replacement : name;
    if (!kept.empty()) general = join_path(general, kept);
    if (dot == std::string_view::npos) return general;
    path.remove_prefix(dot + 1);
  }
}

bool contains(IntegerRange range, std::uint64_t value) {
  if (value < range.min || value > range.max) return false;
  return !range.power_of_two || value == 0 || std::has_single_bit(value);
}

bool contains(RealRange range, double value) {
  return value >= range.min && value <= range.max;
}

std::string allowed_text(IntegerRange range, std::string_view unit) {
  const auto bound = [unit](std::uint64_t value) {
    if (value == std::numeric_limits<std::uint64_t>::max()) return std::string("2^64 - 1");
    if (value == std::uint64_t{std::numeric_limits<std::int64_t>::max()})
      return std::string("2^63 - 1");
    return unit == "bytes" ? size_text(value) : fmt::format("{}", value);
  };
  if (!range.power_of_two) return fmt::format("{} to {}", bound(range.min), bound(range.max));
  if (range.min == 0) return fmt::format("0 and powers of two up to {}", bound(range.max));
  return fmt::format("powers of two, {} to {}", bound(range.min), bound(range.max));
}

std::string allowed_text(RealRange range) {
  return fmt::format("{} to {}", real_text(range.min), real_text(range.max));
}

std::string allowed_text(std::span<const std::string_view> names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string real_text(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

bool is_text(std::string_view text) {
  while (!text.empty()) {
    const Utf8Letter letter = first_letter(text);
    // Files cannot have these: platform/configuration/toml_text.cpp.
    if (letter.bytes == 0 || (letter.code >= 0xF0000 && letter.code < 0x100000)) return false;
    text.remove_prefix(letter.bytes);
  }
  return true;
}

std::string escaped_text(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const Utf8Letter letter = first_letter(text);
    const std::size_t bytes = std::max(letter.bytes, 1U);
    if (letter.bytes == 0) {
      escaped += '?';
    } else if (letter.code == '"' || letter.code == '\\') {
      escaped += '\\';
      escaped += text.front();
    } else if (letter.code < 0x20 || (letter.code >= 0x7F && letter.code < 0xA0)) {
      escaped += fmt::format("\\u{:04X}", static_cast<unsigned>(letter.code));
    } else {
      escaped += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return escaped;
}

std::string size_text(std::uint64_t bytes) {
  // 0 has 64 trailing zeros, but no unit makes it clearer.
  const auto unit = bytes == 0 ? 0 : static_cast<unsigned>(std::countr_zero(bytes)) / 10;
  return unit == 0 ? fmt::format("{}", bytes)
                   : fmt::format("{}{}", bytes >> (10 * unit), binary_units[unit]);
}

std::optional<std::uint64_t> parse_digits(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_whole_number(text, true);
}

std::string printable(std::string_view text) {
  constexpr unsigned longest = 100;
  std::string shown;
  for (unsigned letters = 0; !text.empty(); ++letters) {
    if (letters == longest) return shown + "...";
    const Utf8Letter letter = first_letter(text);
    const std::size_t bytes = std::max(letter.bytes, 1U);
    const bool controls = letter.code < 0x20 || (letter.code >= 0x7F && letter.code < 0xA0);
    shown += letter.bytes == 0 || controls ? "?" : text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return shown;
}

std::string_view nearest_name(std::string_view typed, std::span<const std::string_view> names) {
  std::string_view nearest;
  // A third of the letters wrong is still a slip of the fingers; more is another word.
  std::size_t limit = std::max<std::size_t>(typed.size() / 3, 1) + 1;
  if (typed.size() > 64) return nearest;  // not typed by hand
  for (const std::string_view name : names) {
    if (const std::size_t distance = edit_distance(typed, name); distance < limit) {
      nearest = name;
      limit = distance;
    }
  }
  return nearest;
}

}  // namespace kilburn
