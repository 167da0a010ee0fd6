#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "platform/cli/choice_option.h"
#include "platform/cli/number_option.h"
#include "platform/cli/trace_metadata.h"
#include "platform/cli/trace_subcommands.h"
#include "platform/process/command_files.h"
#include "platform/process/exit_status.h"
#include "platform/process/progress.h"
#include "platform/process/user_interrupt.h"
#include "trace/touch_order.h"
#include "trace/trace.h"

namespace kilburn::platform {
namespace {

using trace::Batch;
using trace::Counts;
using trace::Record;

struct ConvertArguments {
  std::string input;
  std::string output;
  trace::Format format = trace::Format::kilburn;
  bool format_given = false;
  bool salvage = false;
  int level = 19;
  std::uint64_t skip = 0;
  std::uint64_t limit = UINT64_MAX;
  std::optional<unsigned> requester;
  std::string touch_order_from;
  std::vector<std::string> metadata;
};

/// What is left of a batch: the records of one requester.
class RequesterFilter {
 public:
  explicit RequesterFilter(std::optional<unsigned> requester) : requester_(requester) {}

  Batch operator()(const Batch& batch) {
    if (!requester_) return batch;
    records_.clear();
    physical_.clear();
    for (std::size_t i = 0; i < batch.records.size(); ++i) {
      if (batch.records[i].requester != *requester_) continue;
      records_.push_back(batch.records[i]);
      if (!batch.physical.empty()) physical_.push_back(batch.physical[i]);
    }
    return {.records = records_, .events = batch.events, .physical = physical_};
  }

 private:
  std::optional<unsigned> requester_;
  std::vector<Record> records_;
  std::vector<Address> physical_;
};

/// By the name: ".ktrace" is ours, ".champsim", ".champsimtrace", also with ".xz" or ".gz", theirs.
trace::Format format_of(std::filesystem::path path) {
  if (path.extension().native() == ".xz" || path.extension().native() == ".gz")
    path.replace_extension();
  const std::string extension = path.extension().string();
  if (extension == ".ktrace") return trace::Format::kilburn;
  if (extension.starts_with(".champsim")) return trace::Format::champsim;
  throw InputError(
      fmt::format("{}: its name tells no format: allowed are .ktrace, .champsim, .champsim.xz and "
                  ".champsim.gz, "
                  "or say --format",
                  path.string()));
}

/// What the new trace says of the time before its first record: what the old one, or another
/// recording of the program, says; and the first touches of the records left out.
trace::TouchOrder touch_order_before(const ConvertArguments& arguments) {
  const std::string& source =
      arguments.touch_order_from.empty() ? arguments.input : arguments.touch_order_from;
  trace::TouchOrderBuilder order(trace::open_trace(source)->description().touch_order);
  const auto reader = trace::open_trace(arguments.input, {.salvage = arguments.salvage});
  for (std::uint64_t left = arguments.skip; left != 0;) {
    Batch batch = reader->next();
    if (batch.empty()) break;
    batch.records = batch.records.first(std::min<std::uint64_t>(left, batch.records.size()));
    order.add(batch);
    left -= batch.records.size();
  }
  return order.order();
}

void convert(const ConvertArguments& arguments) {
  CommandFiles files;
  files.reads("input", arguments.input);
  files.writes("output", arguments.output, CommandFiles::Dash::standard_output);
  const trace::Format format =
      arguments.format_given ? arguments.format : format_of(arguments.output);
  const auto reader = trace::open_trace(arguments.input, {.salvage = arguments.salvage});
  const trace::Description& description = reader->description();
  trace::WriteOptions options{.metadata = description.metadata,
                              .physical = description.has_physical,
                              .level = arguments.level};
  trace::TouchOrder order;
  if (format == trace::Format::kilburn &&
      (!description.touch_order.empty() || !arguments.touch_order_from.empty())) {
    order = touch_order_before(arguments);
    options.touch_order = true;
  }
  for (auto& [key, text] : parse_metadata(arguments.metadata)) options.metadata[key] = text;
  InterruptFlag interrupt;
  const auto writer = trace::create_trace(arguments.output, format, options);
  const InterruptDeadline deadline(interrupt, {writer->partial()});
  RequesterFilter filter(arguments.requester);
  ProgressBar bar("kilburn trace convert", "records");
  const std::uint64_t records = description.counts ? description.counts->records : 0;
  bar.set_total(std::min(records - std::min(records, arguments.skip), arguments.limit));
  reader->seek(arguments.skip);
  std::uint64_t read = 0;
  while (writer->counts().records < arguments.limit) {
    Batch batch = reader->next();
    if (batch.empty()) break;
    if (interrupt.raised()) {
      bar.finish();
      fmt::print(stderr, "kilburn: trace convert: interrupted, nothing written\n");
      throw Interrupted{interrupt.status()};
    }
    bar.update(read += batch.records.size());
    batch = filter(batch);
    const std::uint64_t room = arguments.limit - writer->counts().records;
    batch.records = batch.records.first(std::min<std::uint64_t>(room, batch.records.size()));
    if (!batch.physical.empty()) batch.physical = batch.physical.first(batch.records.size());
    if (!batch.empty()) writer->append(batch);
  }
  writer->set_touch_order(order);
  writer->finish();
  bar.finish();
  for (const std::string& note : description.notes) fmt::print(stderr, "kilburn: {}\n", note);
  const Counts& counts = writer->counts();
  if (format == trace::Format::champsim && counts.events != 0) {
    fmt::print(stderr, "kilburn: {} events left out: ChampSim has none\n", counts.events);
  }
  fmt::print(stderr, "kilburn: {} records, {} bytes to {}\n", counts.records, writer->bytes(),
             arguments.output);
}

}  // namespace

void add_trace_convert(CLI::App& parent) {
  auto arguments = std::make_shared<ConvertArguments>();
  auto* command =
      parent.add_subcommand("convert", "write a trace of any known format as .ktrace or ChampSim");
  command->add_option("input", arguments->input, "trace to read")->required();
  command->add_option("output", arguments->output, "trace to write")->required();
  const std::vector<std::pair<std::string, trace::Format>> formats = {
      {"kilburn", trace::Format::kilburn}, {"champsim", trace::Format::champsim}};
  auto* format = add_choice(*command, "--format", arguments->format, formats,
                            "of the output, where its name does not say it");
  command->add_flag("--salvage", arguments->salvage,
                    "read a truncated trace as far as its blocks are whole");
  add_number(*command, "--level", arguments->level,
             "how far to compress: 1 is fast, 19 small; 19 if not given", {.min = 1, .max = 19});
  add_number(*command, "--skip", arguments->skip, "leave out so many records at the beginning");
  add_number(*command, "--limit", arguments->limit, "write at most so many records");
  command->add_option(
      "--touch-order-from", arguments->touch_order_from,
      "another recording of the program: it tells in which order pages were first touched "
      "before the trace begins");
  add_number(*command, "--requester", arguments->requester,
             "keep the records of this requester (thread) alone", {.max = 255});
  add_metadata(*command, arguments->metadata);
  command->callback([arguments, format] {
    arguments->format_given = format->count() != 0;
    convert(*arguments);
  });
}

}  // namespace kilburn::platform
