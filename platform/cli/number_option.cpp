#include "platform/cli/number_option.h"

#include <fmt/format.h>

#include <utility>

#include "common/error.h"
#include "common/number_text.h"
#include "common/parameter_values.h"

namespace kilburn::platform {

namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& text,
                         std::string_view allowed) {
  const std::string shown = text.empty() ? "\"\"" : printable(text);
  throw CLI::ValidationError(fmt::format("{} {}", option, shown),
                             fmt::format("allowed {}", allowed));
}

/// A range that fits into a line of help; empty for one that says nothing.
std::string short_range(IntegerRange range) {
  if (range.max == UINT64_MAX) return "";
  return fmt::format("; {} to {}", range.min, range.max);
}

}  // namespace

std::string allowed_numbers(IntegerRange range) {
  constexpr std::uint64_t small = 1000;  // nobody writes units here
  if (range.power_of_two) return allowed_text(range, "");
  if (range.max <= small) return fmt::format("whole numbers from {} to {}", range.min, range.max);
  const std::string end = range.max == UINT64_MAX ? "on" : fmt::format("to {}", range.max);
  return fmt::format("whole numbers from {} {}, such as {}", range.min, end, number_examples);
}

std::uint64_t number_of(const std::string& option, const std::string& text, IntegerRange range) {
  const auto number = parse_whole_number(text);
  if (!number || !contains(range, *number)) refuse(option, text, allowed_numbers(range));
  return *number;
}

double positive_of(const std::string& option, const std::string& text) {
  const auto number = parse_real_number(text);
  if (!number || *number <= 0) refuse(option, text, "numbers above 0, such as 30, 0.5 or 2k");
  return *number;
}

namespace detail {

CLI::Option* add_number(CLI::App& command, const std::string& name, const std::string& description,
                        IntegerRange range, std::function<void(std::uint64_t)> give,
                        std::function<std::string()> now) {
  const auto read = [name, range, give = std::move(give)](const CLI::results_t& results) {
    give(number_of(name, results.front(), range));
    return true;
  };
  return command.add_option(name, read, description + short_range(range), false, std::move(now))
      ->type_name(number_type)
      ->expected(1);
}

}  // namespace detail

CLI::Option* add_number(CLI::App& command, const std::string& name, int& value,
                        const std::string& description, IntegerRange range) {
  range.max = std::min<std::uint64_t>(range.max, std::numeric_limits<int>::max());
  return detail::add_number(
      command, name, description, range,
      [&value](std::uint64_t number) { value = static_cast<int>(number); },
      [&value] { return std::to_string(value); });
}

CLI::Option* add_positive(CLI::App& command, const std::string& name, double& value,
                          const std::string& description) {
  const auto read = [name, &value](const CLI::results_t& results) {
    value = positive_of(name, results.front());
    return true;
  };
  return command
      .add_option(name, read, description, false, [&value] { return fmt::format("{}", value); })
      ->type_name(number_type)
      ->expected(1);
}

CLI::Option* add_weight(CLI::App& command, const std::string& name, double& value,
                        const std::string& description) {
  const auto read = [name, &value](const CLI::results_t& results) {
    const auto number = parse_real_number(results.front());
    if (!number) refuse(name, results.front(), "numbers from 0 on, such as 1, 0.5 or 2k");
    value = *number;
    return true;
  };
  return command
      .add_option(name, read, description, false, [&value] { return fmt::format("{}", value); })
      ->type_name(number_type)
      ->expected(1);
}

void require_window(std::string_view from_option, std::uint64_t from, std::string_view until_option,
                    std::uint64_t until) {
  if (from < until) return;
  throw InputError(
      fmt::format("{} {}: the window ends before it begins: allowed are cycles after "
                  "{}'s {}",
                  until_option, until, from_option, from));
}

}  // namespace kilburn::platform
