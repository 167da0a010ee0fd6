#include "platform/cli/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <vector>

#include "common/error.h"
#include "common/parameter_values.h"
#include "platform/cli/command_line_error.h"
#include "platform/cli/cosim_command.h"
#include "platform/cli/demo_command.h"
#include "platform/cli/linux_command.h"
#include "platform/cli/params_command.h"
#include "platform/cli/report_command.h"
#include "platform/cli/run_command.h"
#include "platform/cli/ssd_command.h"
#include "platform/cli/sweep_command.h"
#include "platform/cli/trace_command.h"

namespace kilburn::platform {

namespace {

/// `kilburn help trace info` is `kilburn trace info --help`.
void print_help(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  std::string before;
  for (const std::string& word : words) {
    const auto names = subcommands_of(*command);
    if (std::ranges::count(names, word) == 0) {
      const std::vector<std::string_view> views(names.begin(), names.end());
      const std::string_view nearest = nearest_name(word, views);
      throw InputError(
          fmt::format("help: {}: no such command{}{}", printable(word),
                      nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest),
                      names.empty() ? "" : fmt::format(" there are {}", fmt::join(names, ", "))));
    }
    before += (before.empty() ? "" : " ") + command->get_name();
    command = command->get_subcommand(word);
  }
  // CLI11's help of a program whose command line named a subcommand is that subcommand's.
  fmt::print("{}", command == &app ? app.get_formatter()->make_help(&app, app.get_name(),
                                                                    CLI::AppFormatMode::Normal)
                                   : command->help(before));
}

void add_help(CLI::App& app) {
  auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("help", "what a command does, and its options");
  command->add_option("command", *words, "such as: run, trace info; none: the list of commands");
  command->callback([&app, words] { print_help(app, *words); });
}

}  // namespace

void add_commands(CLI::App& app, const std::string& version, int& status) {
  app.require_subcommand(1);
  app.set_version_flag("-V,--version", version, "version, commit and kind of build");
  add_run_command(app, status);
  add_linux_command(app, status);
  add_ssd_command(app, status);
  add_report_command(app);
  add_params_command(app);
  add_demo_command(app, status);
  add_cosim_command(app, status);
  add_trace_command(app, status);
  add_sweep_command(app, status);
  add_help(app);
  app.add_subcommand("version", "the same as --version")->callback([version] {
    fmt::print("{}\n", version);
  });
}

}  // namespace kilburn::platform
