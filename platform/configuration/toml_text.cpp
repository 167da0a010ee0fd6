#include "platform/configuration/toml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/utf8.h"

namespace kilburn {

namespace {

/// The parser of toml++ recurses once for each dot of a key; this many fit its stack.
constexpr std::ptrdiff_t max_dots = 10000;

/// toml++ 3.3 runs into undefined behaviour where some letters beyond ASCII stand where it looks
/// for white space, also within strings of several lines (its test has no case for U+00A1 to U+0499
/// and two more ranges). Letters up to U+FFFF are shown to it as those of plane 15, which is for
/// private use and none of which is white space, one each to keep the columns.
constexpr char32_t disguise = 0xF0000;
constexpr char32_t disguise_end = 0x100000;

std::string place_of(const std::string& name, toml::source_position at) {
  return at ? fmt::format("{}:{}:{}", name, at.line, at.column) : name;
}

/// An escape that stands for a letter of plane 15: it would be taken for one of the disguises.
bool escapes_disguise(std::string_view text) {
  return text.starts_with("\\U000F") || text.starts_with("\\U000f");
}

std::string disguised(std::string_view text, const std::string& name, bool has_lines) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // byte order mark
  std::string shown;
  shown.reserve(text.size());
  toml::source_position at{1, 1};
  const auto refuse = [&](std::string_view what) {
    throw InputError(fmt::format("{}: {}: allowed is {}", has_lines ? place_of(name, at) : name,
                                 what, allowed_of_text));
  };
  while (!text.empty()) {
    const Utf8Letter letter = first_letter(text);
    if (letter.bytes == 0) {
      refuse(fmt::format("byte {:#04x}", static_cast<unsigned char>(text.front())));
    }
    if (letter.code >= disguise && letter.code < disguise_end) {
      refuse(fmt::format("letter U+{:X}", static_cast<unsigned>(letter.code)));
    }
    if (escapes_disguise(text)) refuse("letter of plane 15");
    if (letter.code < 0x80 || letter.code > 0xFFFF) {
      shown += text.substr(0, letter.bytes);
    } else {
      append_letter(shown, disguise + letter.code);
    }
    if (letter.code == '\n') {
      ++at.line;
      at.column = 1;
    } else {
      ++at.column;
    }
    text.remove_prefix(letter.bytes);
  }
  return shown;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string disclosed(std::string_view shown) {
  std::string text;
  while (!shown.empty()) {
    const Utf8Letter letter = first_letter(shown);
    if (letter.bytes == 0) return std::string(shown);  // not so: the parser gives UTF-8
    const bool is_disguised = letter.code >= disguise && letter.code < disguise_end;
    append_letter(text, is_disguised ? letter.code - disguise : letter.code);
    shown.remove_prefix(letter.bytes);
  }
  return text;
}

/// In all keys and strings.
void disclose(toml::node& node) {
  if (auto* text = node.as_string()) {
    if (!is_ascii(text->get())) text->get() = disclosed(text->get());
  } else if (auto* list = node.as_array()) {
    for (toml::node& each : *list) disclose(each);
  } else if (auto* table = node.as_table()) {
    std::vector<toml::key> shown;
    for (auto&& [key, value] : *table) {
      disclose(value);
      if (!is_ascii(key.str())) shown.push_back(key);
    }
    for (const toml::key& key : shown) {
      table->insert(toml::key(disclosed(key.str()), key.source()), std::move(*table->get(key)));
      table->erase(key);
    }
  }
}

}  // namespace

toml::table parse_toml(std::string_view text, const std::string& name, bool has_lines) {
  if (std::ranges::count(text, '.') > max_dots) {
    throw InputError(fmt::format("{}: more than {} dots", name, max_dots));
  }
  try {
    if (is_ascii(text)) return toml::parse(text, std::string_view{});
    toml::table root = toml::parse(disguised(text, name, has_lines), std::string_view{});
    disclose(root);
    return root;
  } catch (const toml::parse_error& error) {
    throw InputError(fmt::format("{}: TOML syntax: {}",
                                 has_lines ? place_of(name, error.source().begin) : name,
                                 disclosed(error.description())));
  }
}

}  // namespace kilburn
