#include <unistd.h>

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/file_identity.h"
#include "platform/cli/number_option.h"
#include "platform/cli/trace_metadata.h"
#include "platform/cli/trace_subcommands.h"
#include "platform/process/command_files.h"
#include "platform/process/progress.h"
#include "platform/process/user_interrupt.h"
#include "trace/guest_program.h"
#include "trace/recorder.h"

namespace kilburn::platform {
namespace {

struct RecordArguments {
  trace::RecordOptions options;
  std::string output;
  std::vector<std::string> metadata;
};

void check_files(const RecordArguments& arguments) {
  CommandFiles files;
  files.reads("program", trace::find_program(arguments.options.command.front()));
  files.reads("--plugin", arguments.options.plugin);
  const FileIdentity output(arguments.output);
  if (output == FileIdentity(STDOUT_FILENO) && !output.is_shared()) {
    throw InputError(fmt::format("-o {}: the program's own output goes there: allowed is a file",
                                 arguments.output));
  }
  files.writes("-o", arguments.output);
}

/// A bar, unless the program prints on the terminal, too, where clearing the bar's line would clear
/// the program's: then a line of its own now and then.
class RecordingProgress {
 public:
  explicit RecordingProgress(const trace::RecordOptions& options)
      : skip_(options.skip),
        shares_terminal_(isatty(STDOUT_FILENO) != 0 && isatty(STDERR_FILENO) != 0) {
    if (options.limit != UINT64_MAX) bar_.set_total(options.skip + options.limit);
  }
  void update(std::uint64_t records) {
    bar_.set_note(records < skip_ ? "skipping" : "");
    if (!shares_terminal_) return bar_.update(records);
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + every;
    fmt::print(stderr, "kilburn: {} records so far\n", short_count(static_cast<double>(records)));
  }
  void finish() { bar_.finish(); }

 private:
  static constexpr auto every = std::chrono::seconds(10);
  std::uint64_t skip_;
  bool shares_terminal_;
  ProgressBar bar_{"kilburn trace record", "records"};
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + every;
};

/// Returns the program's exit status, or that of an interrupt.
int record(RecordArguments arguments) {
  arguments.options.output = arguments.output;
  arguments.options.metadata = parse_metadata(arguments.metadata);
  check_files(arguments);
  InterruptFlag interrupt;
  RecordingProgress progress(arguments.options);
  arguments.options.interrupted = [&] { return interrupt.raised().load(); };
  arguments.options.progress = [&](std::uint64_t records) { progress.update(records); };
  const trace::Recording result = trace::record(arguments.options);
  progress.finish();
  const double millions = static_cast<double>(result.counts.records + result.skipped) / 1e6;
  fmt::print(stderr, "kilburn: {} records ({} skipped) in {:.1f} s, {:.1f} M/s; {} bytes to {}\n",
             result.counts.records, result.skipped, result.seconds, millions / result.seconds,
             result.bytes, arguments.output);
  if (result.stopped) fmt::print(stderr, "kilburn: the program was ended before its own end\n");
  if (result.counts.records == 0) fmt::print(stderr, "kilburn: the trace is empty\n");
  for (const std::string& note : result.notes) fmt::print(stderr, "kilburn: {}\n", note);
  return interrupt.raised() ? interrupt.status() : result.exit_status;
}

}  // namespace

void add_trace_record(CLI::App& parent, int& status) {
  auto arguments = std::make_shared<RecordArguments>();
  auto* command = parent.add_subcommand(
      "record", "record the accesses of a program: record -o FILE -- PROGRAM ARGS...");
  command->add_option("-o,--output", arguments->output, "trace to write")->required();
  add_number(*command, "--limit", arguments->options.limit, "end the program after so many records",
             {.min = 1});
  add_number(*command, "--skip", arguments->options.skip, "pass over so many records first");
  add_number(*command, "--level", arguments->options.level,
             "how far to compress: 1 is fast, 19 small; 3 if not given", {.min = 1, .max = 19});
  add_metadata(*command, arguments->metadata);
  command->add_option("--plugin", arguments->options.plugin,
                      "recorder plugin for QEMU, in place of the one built with this program");
  command->add_option("program", arguments->options.command, "program and its arguments")
      ->required();
  command->callback([arguments, &status] { status = record(*arguments); });
}

}  // namespace kilburn::platform
