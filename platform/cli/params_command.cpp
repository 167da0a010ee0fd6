#include "platform/cli/params_command.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "platform/cli/file_kind.h"
#include "platform/configuration/config_file.h"
#include "platform/configuration/parameter_table.h"
#include "platform/node/platform_config.h"

namespace kilburn::platform {

namespace {

struct ParamsArguments {
  std::string config;
  std::vector<std::string> settings;
  bool markdown = false;
  bool toml = false;
};

void print_parameters(const ParamsArguments& arguments) {
  require_configuration(arguments.config);
  PlatformConfig config;
  configure(config, arguments.config, arguments.settings);
  const ParameterTable table = parameter_table(config);
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
  command->add_flag("--markdown", arguments->markdown, "as Markdown tables");
  command->add_flag("--toml", arguments->toml, "as a configuration file with comments");
  command->callback([arguments] { print_parameters(*arguments); });
}

}  // namespace kilburn::platform
