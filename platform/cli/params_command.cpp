#include "platform/cli/params_command.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "platform/cli/choice_option.h"
#include "platform/cli/file_kind.h"
#include "platform/configuration/config_file.h"
#include "platform/configuration/parameter_table.h"
#include "platform/node/run_defaults.h"

namespace kilburn::platform {

namespace {

struct ParamsArguments {
  std::string config;
  std::string_view runs;
  std::vector<std::string> settings;
  bool markdown = false;
  bool toml = false;
};

void print_parameters(const ParamsArguments& arguments) {
  require_configuration(arguments.config);
  if (arguments.toml && arguments.runs.empty()) {
    throw InputError(
        "params --toml: a configuration is for runs of one kind: add --runs traces, --runs "
        "software "
        "or --runs ssd");
  }
  PlatformConfig config = defaults_of(arguments.runs);
  configure(config, arguments.config, arguments.settings, arguments.runs);
  const ParameterTable table = parameter_table(config, arguments.runs);
  if (arguments.toml) {
    fmt::print("{}", to_toml(table));
  } else if (arguments.markdown) {
    fmt::print("{}", markdown_tables(table));
  } else {
    fmt::print("{}", text_table(table));
  }
}

}  // namespace

void add_params_command(CLI::App& app) {
  auto arguments = std::make_shared<ParamsArguments>();
  CLI::App* command =
      app.add_subcommand("params", "list every parameter: unit, range, default, meaning");
  command->add_option("config", arguments->config, "show the values that this file gives");
  command->add_option("--set", arguments->settings, "PATH=VALUE over the configuration")
      ->allow_extra_args(false);
  add_choice<std::string_view>(
      *command, "--runs", arguments->runs,
      {{"traces", runs_of_traces}, {"software", runs_of_software}, {"ssd", runs_of_ssd}},
      "only what runs of traces, or of software, read");
  command->add_flag("--markdown", arguments->markdown, "as Markdown tables");
  command->add_flag("--toml", arguments->toml, "as a configuration file with comments");
  command->callback([arguments] { print_parameters(*arguments); });
}

}  // namespace kilburn::platform
