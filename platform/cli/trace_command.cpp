#include "platform/cli/trace_command.h"

#include "platform/cli/trace_subcommands.h"

namespace kilburn::platform {

void add_trace_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("trace", "record, look at and convert memory traces");
  command->require_subcommand(1);
  add_trace_record(*command, status);
  add_trace_convert(*command);
  add_trace_info(*command);
  add_trace_dump(*command);
}

}  // namespace kilburn::platform
