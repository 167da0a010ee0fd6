#include "platform/sweep/value_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "common/error.h"
#include "common/parameter_values.h"

namespace kilburn::platform::sweep {

namespace {

constexpr std::string_view allowed =
    "allowed is a list of values, or a range { from = 1, to = 16, times = 2 } or "
    "{ from = 0, to = 12, step = 4 }";

[[noreturn]] void fail(const std::string& what, std::string_view message) {
  throw InputError(fmt::format("{}: {}", what, message));
}

void require_more_values_than(std::uint64_t count, const std::string& what) {
  if (count >= max_values) fail(what, fmt::format("a range of more than {} values", max_values));
}

/// Integers; with `sizes`, given back as strings, since a size such as "64KiB" stood there.
toml::array integer_range(std::uint64_t from, std::uint64_t to, std::uint64_t by, bool times,
                          bool sizes, const std::string& what) {
  if (from > to) fail(what, "an empty range: from is greater than to");
  if (times ? by < 2 || from < 1 : by < 1) {
    fail(what, times ? "times must be at least 2, and from at least 1" : "step must be at least 1");
  }
  toml::array values;
  for (std::uint64_t value = from;;) {
    require_more_values_than(values.size(), what);
    if (sizes) {
      values.push_back(fmt::format("{}", value));
    } else {
      values.push_back(static_cast<std::int64_t>(value));
    }
    if (times ? value > to / by : value > to - std::min(by, to)) break;
    const std::uint64_t next = times ? value * by : value + by;
    if (next > to) break;
    value = next;
  }
  return values;
}

/// To twelve digits, so that 0 to 1 by 0.1 holds 0.3 and not 0.30000000000000004.
double rounded(double value) {
  const std::string text = fmt::format("{:.12g}", value);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

toml::array real_range(double from, double to, double by, bool times, const std::string& what) {
  if (!std::isfinite(from) || !std::isfinite(to) || !std::isfinite(by)) {
    fail(what, "a range needs finite numbers");
  }
  if (from > to) fail(what, "an empty range: from is greater than to");
  if (times ? by <= 1 || from <= 0 : by <= 0) {
    fail(what, times ? "times must be more than 1, and from more than 0" : "step must be over 0");
  }
  toml::array values;
  constexpr double slack = 1e-9;  // of a step: the last value counts where it is `to` but for
                                  // rounding
  for (std::uint64_t i = 0;; ++i) {
    const auto n = static_cast<double>(i);
    const double exact = times ? from * std::pow(by, n) : from + n * by;
    const double over = times ? to * (1 + slack) : to + slack * by;
    if (exact > over) break;
    require_more_values_than(i, what);
    values.push_back(rounded(exact));
  }
  return values;
}

toml::array expand_range(const toml::table& range, const std::string& what) {
  constexpr std::array<std::string_view, 4> known = {"from", "to", "step", "times"};
  for (const auto& [key, value] : range) {
    if (std::ranges::find(known, key.str()) == known.end()) {
      fail(what, fmt::format("unknown \"{}\" in a range: {}", key.str().substr(0, 100), allowed));
    }
  }
  const bool times = range.contains("times");
  const std::string_view by_name = times ? "times" : "step";
  if (!range.contains("from") || !range.contains("to") || range.contains("step") == times) {
    fail(what, fmt::format("a range has from, to, and either step or times: {}", allowed));
  }
  const toml::node& from = *range.get("from");
  const toml::node& to = *range.get("to");
  const toml::node& by = *range.get(by_name);

  const bool sizes = from.is_string() || to.is_string() || by.is_string();
  const auto integer = [&](const toml::node& node) -> std::optional<std::uint64_t> {
    if (const auto* number = node.as_integer()) {
      if (number->get() < 0) fail(what, "a range of integers starts at 0 or above");
      return static_cast<std::uint64_t>(number->get());
    }
    if (const auto* text = node.as_string()) {
      const auto size = parse_size(text->get());
      constexpr std::uint64_t largest = INT64_MAX;
      if (size && *size <= largest) return size;
    }
    return std::nullopt;
  };
  if (const auto a = integer(from), b = integer(to), c = integer(by); a && b && c) {
    return integer_range(*a, *b, *c, times, sizes, what);
  }
  if (from.is_number() && to.is_number() && by.is_number()) {
    return real_range(*from.value<double>(), *to.value<double>(), *by.value<double>(), times, what);
  }
  fail(what, "a range is of numbers, or of sizes such as \"64KiB\"");
}

}  // namespace

toml::array expand_values(const toml::node& node, const std::string& what) {
  if (const auto* range = node.as_table()) return expand_range(*range, what);
  const auto* list = node.as_array();
  if (list == nullptr) fail(what, fmt::format("{}", allowed));
  if (list->empty()) fail(what, "an empty list: no point has a value");
  if (list->size() > max_values) fail(what, fmt::format("more than {} values", max_values));
  for (const toml::node& value : *list) {
    if (value.is_table() || value.is_array()) fail(what, "a list holds values, no lists or tables");
  }
  return *list;
}

}  // namespace kilburn::platform::sweep
