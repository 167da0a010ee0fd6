#include "platform/cli/option_values.h"

#include <string>

namespace kilburn::platform {

void refuse_empty_values(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const bool is_flag = option->get_type_size_max() == 0;
    const std::string name = option->get_name();
    if (is_flag || name == "--append" || name == "program") continue;
    option->check([](const std::string& value) {
      return value.empty() ? std::string("its value is empty") : std::string();
    });
  }
  for (CLI::App* subcommand : app.get_subcommands({})) refuse_empty_values(*subcommand);
}

}  // namespace kilburn::platform
