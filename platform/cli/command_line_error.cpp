#include "platform/cli/command_line_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "common/parameter_values.h"

namespace kilburn::platform {

namespace {

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::string nearest_of(std::string_view word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  return std::string(nearest_name(word, views));
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& names) {
  const std::string nearest = nearest_of(word, names);
  return nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest);
}

/// Commands below `app` that have an option of this name.
void find_owners(const CLI::App& app, const std::string& path, const std::string& option,
                 std::vector<std::string>& owners) {
  if (std::ranges::count(options_of(app), option) > 0) owners.push_back(path);
  for (const CLI::App* sub : app.get_subcommands({})) {
    find_owners(*sub, fmt::format("{} {}", path, sub->get_name()), option, owners);
  }
}

/// A command of the line, as the user wrote it: "kilburn trace info".
struct Command {
  const CLI::App* app;
  std::string path;
};

/// From the program to the subcommand that was named last.
std::vector<Command> commands_of_line(const CLI::App& app) {
  std::vector<Command> commands = {{&app, app.get_name()}};
  for (;;) {
    const auto named = commands.back().app->get_subcommands();
    if (named.empty()) return commands;
    commands.push_back(
        {named.front(), fmt::format("{} {}", commands.back().path, named.front()->get_name())});
  }
}

bool is_option(std::string_view word) {
  return word.size() > 1 && word.front() == '-' && word != "--";
}

std::string unknown_option(const CLI::App& root, const Command& command, std::string_view word) {
  const std::string name(word.substr(0, word.find('=')));
  const std::string shown = printable(name);
  if (name.find('.') != std::string::npos && command.app->get_option_no_throw("--set") != nullptr) {
    return fmt::format("{}: no such option; a parameter's value is given by --set {}=VALUE", shown,
                       printable(name.substr(name.find_first_not_of('-'))));
  }
  const std::string meant = did_you_mean(name, options_of(*command.app));
  if (!meant.empty()) return fmt::format("{}: no such option{}", shown, meant);
  std::vector<std::string> owners;
  find_owners(root, root.get_name(), name, owners);
  if (command.app->get_option_no_throw("program") != nullptr) {
    return fmt::format("{}: no such option; what is for the program goes after --", shown);
  }
  if (owners.empty()) return fmt::format("{}: no such option", shown);
  return fmt::format("{}: an option of {}, not of {}", shown, fmt::join(owners, ", "),
                     command.path);
}

/// Faults of the words that `command` does not know; at the first word in place of a subcommand
/// there is an end: all that follows is meant for that one.
std::vector<std::string> unknown_words(const CLI::App& root, const Command& command) {
  std::vector<std::string> lines;
  const auto subcommands = subcommands_of(*command.app);
  const bool wants_subcommand =
      command.app->get_require_subcommand_min() > 0 && command.app->get_subcommands().empty();
  for (const std::string& word : command.app->remaining()) {
    if (word == "--") continue;
    if (is_option(word)) {
      lines.push_back(fmt::format("{}: {}", command.path, unknown_option(root, command, word)));
      continue;
    }
    if (wants_subcommand) {
      const std::string meant = did_you_mean(word, subcommands);
      lines.push_back(fmt::format("{}: {}: no such subcommand{} there are {}", command.path,
                                  printable(word), meant.empty() ? ";" : meant,
                                  fmt::join(subcommands, ", ")));
      break;
    }
    lines.push_back(fmt::format("{}: {}: not expected here", command.path, printable(word)));
  }
  return lines;
}

std::string fault_of(const CLI::ParseError& error, const Command& command) {
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
      command.app->get_require_subcommand_min() > 0) {
    return fmt::format("a subcommand is required: {}",
                       fmt::join(subcommands_of(*command.app), ", "));
  }
  return error.what();
}

}  // namespace

std::vector<std::string> subcommands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  return names;
}

std::string text_of(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<Command> commands = commands_of_line(app);
  std::vector<std::string> lines;
  for (const Command& command : commands) {
    for (std::string& line : unknown_words(app, command)) lines.push_back(std::move(line));
  }
  const Command& last = commands.back();
  if (lines.empty()) lines.push_back(fmt::format("{}: {}", last.path, fault_of(error, last)));
  lines.push_back(fmt::format("{} --help tells more", last.path));
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

}  // namespace kilburn::platform
