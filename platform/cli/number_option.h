// Options of the command line that take a number: one grammar (common/number_text.h), one way to
// say what is allowed.
//
//     add_number(command, "--limit", arguments.limit, "end after so many accesses", {.min = 1});
//
//     kilburn run: --limit -1: allowed whole numbers from 1 on, such as 1000, 64k, 1.5M, 4Ki or
//     2^20
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "common/parameters.h"

namespace kilburn::platform {

/// How numbers appear in help; an option with this type is one of those made here.
inline constexpr const char* number_type = "NUMBER";

/// Example: "whole numbers from 1 to 19", "whole numbers from 1 on, such as ...".
[[nodiscard]] std::string allowed_numbers(IntegerRange range);

/// Throws CLI::ValidationError that names the option where `text` is no number of the range.
[[nodiscard]] std::uint64_t number_of(const std::string& option, const std::string& text,
                                      IntegerRange range);
/// A finite number above 0; throws as number_of does.
[[nodiscard]] double positive_of(const std::string& option, const std::string& text);

namespace detail {
/// `give` gets the number, `now` says what holds where the option is not given (capture_default_str
/// shows it).
CLI::Option* add_number(CLI::App& command, const std::string& name, const std::string& description,
                        IntegerRange range, std::function<void(std::uint64_t)> give,
                        std::function<std::string()> now);
}  // namespace detail

/// `range` is cut to what the type holds.
template <std::unsigned_integral Integer>
CLI::Option* add_number(CLI::App& command, const std::string& name, Integer& value,
                        const std::string& description, IntegerRange range = {}) {
  range.max = std::min<std::uint64_t>(range.max, std::numeric_limits<Integer>::max());
  return detail::add_number(
      command, name, description, range,
      [&value](std::uint64_t number) { value = static_cast<Integer>(number); },
      [&value] { return std::to_string(value); });
}

template <std::unsigned_integral Integer>
CLI::Option* add_number(CLI::App& command, const std::string& name, std::optional<Integer>& value,
                        const std::string& description, IntegerRange range = {}) {
  range.max = std::min<std::uint64_t>(range.max, std::numeric_limits<Integer>::max());
  return detail::add_number(
      command, name, description, range,
      [&value](std::uint64_t number) { value = static_cast<Integer>(number); }, {});
}

/// For compression levels and the like, whose range lies above 0.
CLI::Option* add_number(CLI::App& command, const std::string& name, int& value,
                        const std::string& description, IntegerRange range);

/// A finite number above 0: minutes, seconds.
CLI::Option* add_positive(CLI::App& command, const std::string& name, double& value,
                          const std::string& description);

/// A finite number, 0 or more: what something counts for.
CLI::Option* add_weight(CLI::App& command, const std::string& name, double& value,
                        const std::string& description);

/// Throws InputError where the window from cycle `from` to before cycle `until` holds no cycle.
void require_window(std::string_view from_option, std::uint64_t from, std::string_view until_option,
                    std::uint64_t until);

}  // namespace kilburn::platform
