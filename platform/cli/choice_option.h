// Options of the command line that take one of several words.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/parameter_values.h"

namespace kilburn::platform {

/// A word that is none of them is refused, with those that there are and the nearest.
template <class Value>
CLI::Option* add_choice(CLI::App& command, const std::string& name, Value& value,
                        const std::vector<std::pair<std::string, Value>>& choices,
                        const std::string& description) {
  std::vector<std::string> words;
  words.reserve(choices.size());
  for (const auto& choice : choices) words.push_back(choice.first);
  const auto read = [name, &value, choices, words](const CLI::results_t& results) {
    const std::string& word = results.front();
    const auto found = std::ranges::find(words, word);
    if (found != words.end()) {
      value = choices[static_cast<std::size_t>(found - words.begin())].second;
      return true;
    }
    const std::vector<std::string_view> views(words.begin(), words.end());
    const std::string_view nearest = nearest_name(word, views);
    throw CLI::ValidationError(
        fmt::format("{} {}", name, printable(word)),
        fmt::format("allowed {}{}", fmt::join(words, ", "),
                    nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
  };
  return command.add_option(name, read, description)
      ->type_name(fmt::format("{}", fmt::join(words, "|")))
      ->expected(1);
}

}  // namespace kilburn::platform
