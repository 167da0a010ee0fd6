#include "platform/cli/trace_metadata.h"

#include <fmt/format.h>

#include "common/error.h"

namespace kilburn::platform {

void add_metadata(CLI::App& command, std::vector<std::string>& items) {
  command.add_option("--meta", items, "KEY=TEXT to keep in the trace")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);  // or it would swallow a `--` that follows
}

trace::Metadata parse_metadata(const std::vector<std::string>& items) {
  trace::Metadata metadata;
  for (const std::string& item : items) {
    const std::size_t equals = item.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw InputError(fmt::format("--meta {}: allowed is KEY=TEXT", item));
    }
    metadata[item.substr(0, equals)] = item.substr(equals + 1);
  }
  return metadata;
}

}  // namespace kilburn::platform
