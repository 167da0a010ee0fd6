#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "common/input_path.h"
#include "common/page_table.h"
#include "platform/cli/trace_subcommands.h"
#include "platform/process/command_files.h"
#include "platform/process/progress.h"
#include "platform/process/user_interrupt.h"
#include "trace/counter.h"
#include "trace/touch_order.h"
#include "trace/trace.h"

namespace kilburn::platform {
namespace {

using trace::Batch;
using trace::Counts;
using trace::Kind;
using trace::Record;

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

}  // namespace

void add_trace_info(CLI::App& parent) {
  auto file = std::make_shared<std::string>();
  auto* command = parent.add_subcommand("info", "what a trace holds");
  command->add_option("file", *file, "trace to read")->required();
  command->callback([file] { info(*file); });
}

}  // namespace kilburn::platform
