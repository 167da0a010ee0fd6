#include "platform/cli/trace_command.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/error.h"
#include "common/file_identity.h"
#include "common/input_path.h"
#include "common/page_table.h"
#include "platform/cli/choice_option.h"
#include "platform/cli/number_option.h"
#include "platform/process/command_files.h"
#include "platform/process/exit_status.h"
#include "platform/process/progress.h"
#include "platform/process/user_interrupt.h"
#include "trace/counter.h"
#include "trace/guest_program.h"
#include "trace/recorder.h"
#include "trace/touch_order.h"
#include "trace/trace.h"

namespace kilburn::platform {
namespace {

using trace::Batch;
using trace::Counts;
using trace::Kind;
using trace::Record;

/// "origin=Debian" and the like.
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

void print_counts(const Counts& counts) {
  const auto share = [&](std::uint64_t count) {
    return counts.records == 0
               ? 0.0
               : 100.0 * static_cast<double>(count) / static_cast<double>(counts.records);
  };
  fmt::print("records    {:>14}\n", counts.records);
  const std::pair<const char*, std::uint64_t> kinds[] = {{"fetches", counts.fetches},
                                                         {"loads", counts.loads},
                                                         {"stores", counts.stores},
                                                         {"events", counts.events}};
  for (const auto& [name, count] : kinds) {
    fmt::print("  {:<8} {:>14}  {:5.1f} %\n", name, count, share(count));
  }
  fmt::print("pages      {:>14}  {:.1f} MiB touched\n", counts.pages,
             static_cast<double>(counts.pages * page_bytes) / (1 << 20));
}

struct Survey {
  trace::Counter counter;
  trace::PageSet code;
  trace::PageSet data;
  trace::PageSet touched;  ///< code and data
  std::vector<bool> requesters = std::vector<bool>(256);
  unsigned canonical_bits = 39;           ///< smallest of 39, 48, 57, 64 under which all are
  std::uint64_t first_not_canonical = 0;  ///< record, where 64

  void add(const Batch& batch);
};

void Survey::add(const Batch& batch) {
  const std::uint64_t first = counter.counts().records;
  counter.add(batch.records);
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    const Record& record = batch.records[i];
    requesters[record.requester] = true;
    if (record.kind == Kind::event) continue;
    (record.kind == Kind::fetch ? code : data).insert(record.address >> page_shift);
    touched.insert(record.address >> page_shift);
    for (const auto mode : {PagingMode::sv39, PagingMode::sv48, PagingMode::sv57}) {
      if (canonical_bits != virtual_bits(mode) || is_canonical(record.address, mode)) continue;
      canonical_bits = mode == PagingMode::sv57 ? 64 : canonical_bits + 9;
      first_not_canonical = first + i;
    }
  }
}

/// What is known of the time before the first record.
void print_touch_order(const trace::TouchOrder& order, const Survey& survey) {
  if (order.empty()) return;
  const trace::TouchOrderBuilder before(order);
  const std::uint64_t known = survey.touched.shared_with(before.pages());
  fmt::print("before     {:>14}  pages touched for the first time, in {} runs\n",
             before.pages().size(), order.size());
  fmt::print("  of these {:>14}  pages of the trace, {:.1f} % of them\n", known,
             100.0 * static_cast<double>(known) /
                 static_cast<double>(std::max<std::uint64_t>(survey.touched.size(), 1)));
}

/// What a run does with several threads, and what of the program is not there.
std::vector<std::string> notes_on_others(const Survey& survey,
                                         const trace::Description& description) {
  std::vector<std::string> notes;
  const auto requesters = std::ranges::count(survey.requesters, true);
  if (requesters > 1) {
    notes.push_back(
        fmt::format("{} requesters: a run plays them on one hart, in the order of the "
                    "trace",
                    requesters));
  }
  if (description.metadata.contains("children")) {
    notes.emplace_back("the program started other processes: what they did is not in the trace");
  }
  return notes;
}

void info(const std::string& file) {
  CommandFiles().reads("trace", file);
  const auto reader = trace::open_trace(file);
  const trace::Description& description = reader->description();
  InterruptFlag interrupt;
  ProgressBar bar("kilburn trace info", "records");
  if (description.counts) bar.set_total(description.counts->records);
  Survey survey;
  for (Batch batch = reader->next(); !batch.empty(); batch = reader->next()) {
    if (interrupt.raised()) throw Interrupted{interrupt.status()};
    survey.add(batch);
    bar.update(survey.counter.counts().records);
  }
  bar.finish();
  const Counts& counts = survey.counter.counts();
  fmt::print("file       {}\nformat     {}\n", input_name(file), description.format);
  for (const auto& [key, text] : description.metadata) fmt::print("{:<10} {}\n", key, text);
  print_counts(counts);
  fmt::print("  code     {:>14}\n  data     {:>14}\n", survey.code.size(), survey.data.size());
  print_touch_order(description.touch_order, survey);
  std::error_code no_size;
  const std::uintmax_t bytes = std::filesystem::file_size(input_path(file), no_size);
  fmt::print("bytes      {:>14}", no_size ? "from a pipe" : fmt::format("{}", bytes));
  if (!no_size && counts.records != 0) {
    fmt::print("  {:.3f} a record",
               static_cast<double>(bytes) / static_cast<double>(counts.records));
  }
  fmt::print("\nrequesters {:>14}\nphysical   {:>14}\n",
             std::ranges::count(survey.requesters, true), description.has_physical ? "yes" : "no");
  if (survey.canonical_bits == 64) {
    fmt::print("addresses  not canonical in any mode, Sv39 to Sv57: first in record {}\n",
               survey.first_not_canonical);
  } else {
    fmt::print("addresses  canonical from Sv{} on\n", survey.canonical_bits);
  }
  for (const std::string& note : description.notes) fmt::print("note       {}\n", note);
  for (const std::string& note : notes_on_others(survey, description)) {
    fmt::print("note       {}\n", note);
  }
  if (counts.records == 0) fmt::print("note       the trace is empty\n");
}

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

struct EventPrinter {
  static std::string range(Address va, std::uint64_t pages) {
    return fmt::format("{:#x}, {} pages", va, pages);
  }
  std::string operator()(const trace::ContextSwitch& e) const {
    return fmt::format("context switch to asid {} vmid {} realm {}", e.context.asid, e.context.vmid,
                       e.context.realm);
  }
  std::string operator()(const trace::Map& e) const { return "map " + range(e.va, e.pages); }
  std::string operator()(const trace::Unmap& e) const { return "unmap " + range(e.va, e.pages); }
  std::string operator()(const trace::Invalidate& e) const {
    const Invalidation& r = e.invalidation;
    return fmt::format("invalidate operation {} vpn {:#x} pfn {:#x} pages {}",
                       static_cast<unsigned>(r.operation), r.vpn, r.pfn, r.pages);
  }
  std::string operator()(const trace::OwnershipChange& e) const {
    return fmt::format("ownership of {} to realm {}", range(e.va, e.pages), e.realm);
  }
};

/// Text as valgrind's lackey writes it, which can be read again; events and changes of requester as
/// lines that begin with "==".
void dump(const std::string& file, std::uint64_t skip, std::uint64_t limit) {
  CommandFiles().reads("trace", file);
  const auto reader = trace::open_trace(file);
  reader->seek(skip);
  unsigned requester = 0;
  fmt::memory_buffer text;
  for (Batch batch = reader->next(); !batch.empty() && limit != 0; batch = reader->next()) {
    text.clear();
    for (const Record& record : batch.records) {
      if (limit-- == 0) {
        limit = 0;
        break;
      }
      if (record.requester != requester) {
        requester = record.requester;
        fmt::format_to(std::back_inserter(text), "== requester {}\n", requester);
      }
      if (record.kind == Kind::event) {
        fmt::format_to(std::back_inserter(text), "== {}\n",
                       std::visit(EventPrinter{}, batch.events[record.event]));
        continue;
      }
      constexpr std::string_view prefixes[] = {"I  ", " L ", " S "};
      fmt::format_to(std::back_inserter(text), "{}{:08x},{}\n",
                     prefixes[static_cast<unsigned>(record.kind)], record.address, record.size);
    }
    fmt::print("{}", std::string_view(text.data(), text.size()));
  }
}

void add_record(CLI::App& parent, int& status) {
  auto arguments = std::make_shared<RecordArguments>();
  auto* command = parent.add_subcommand(
      "record", "Record the accesses of a program: record -o FILE [--limit N] -- PROGRAM ARGS...");
  command->add_option("-o,--output", arguments->output, "trace to write")->required();
  add_number(*command, "--limit", arguments->options.limit, "end the program after N records",
             {.min = 1});
  add_number(*command, "--skip", arguments->options.skip, "pass over the first N records");
  add_number(*command, "--level", arguments->options.level, "zstd level", {.min = 1, .max = 19});
  command->add_option("--meta", arguments->metadata, "KEY=TEXT to keep in the trace")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);  // or it would swallow a `--` that follows
  command->add_option("--plugin", arguments->options.plugin, "recorder plugin for QEMU");
  command->add_option("program", arguments->options.command, "program and its arguments")
      ->required();
  command->callback([arguments, &status] { status = record(*arguments); });
}

void add_convert(CLI::App& parent) {
  auto arguments = std::make_shared<ConvertArguments>();
  auto* command =
      parent.add_subcommand("convert", "Write a trace of any known format as .ktrace or ChampSim");
  command->add_option("input", arguments->input, "trace to read")->required();
  command->add_option("output", arguments->output, "trace to write")->required();
  const std::vector<std::pair<std::string, trace::Format>> formats = {
      {"kilburn", trace::Format::kilburn}, {"champsim", trace::Format::champsim}};
  auto* format =
      add_choice(*command, "--format", arguments->format, formats, "instead of by the name");
  command->add_flag("--salvage", arguments->salvage, "of a truncated trace, keep the whole blocks");
  add_number(*command, "--level", arguments->level, "zstd level", {.min = 1, .max = 19});
  add_number(*command, "--skip", arguments->skip, "leave out the first N records");
  add_number(*command, "--limit", arguments->limit, "write at most N records");
  command->add_option("--touch-order-from", arguments->touch_order_from,
                      "take the order of first touches before the trace from another recording");
  add_number(*command, "--requester", arguments->requester, "keep the records of one requester",
             {.max = 255});
  command->add_option("--meta", arguments->metadata, "KEY=TEXT to keep in the trace")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);  // or it would swallow a `--` that follows
  command->callback([arguments, format] {
    arguments->format_given = format->count() != 0;
    convert(*arguments);
  });
}

}  // namespace

void add_trace_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("trace", "Record, look at and convert memory traces");
  command->require_subcommand(1);
  add_record(*command, status);
  add_convert(*command);

  auto file = std::make_shared<std::string>();
  auto* info_command = command->add_subcommand("info", "What a trace holds");
  info_command->add_option("file", *file, "trace to read")->required();
  info_command->callback([file] { info(*file); });

  auto* dump_command = command->add_subcommand("dump", "Print records as text, as lackey does");
  auto range = std::make_shared<std::pair<std::uint64_t, std::uint64_t>>(0, UINT64_MAX);
  dump_command->add_option("file", *file, "trace to read")->required();
  add_number(*dump_command, "--skip", range->first, "begin with record N");
  add_number(*dump_command, "--limit", range->second, "print at most N records");
  dump_command->callback([file, range] { dump(*file, range->first, range->second); });
}

}  // namespace kilburn::platform
