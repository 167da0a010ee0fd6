#include "platform/run_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "burst_tlb/port_tlb.h"
#include "common/config_file.h"
#include "common/error.h"
#include "common/statistic_writers.h"
#include "platform/interrupt.h"
#include "platform/platform.h"
#include "platform/progress.h"
#include "platform/summary.h"
#include "platform/translation_check.h"

namespace kilburn::platform {

namespace {

struct RunArguments {
  std::string config;
  std::vector<std::string> traces;
  std::vector<std::string> settings;
  std::string stats;
  std::uint64_t limit = UINT64_MAX;
  bool table = false;
  bool list = false;
  bool check = false;
  WaveformOptions waveform;
};

/// Accesses that the traces hold altogether, 0 where one does not say.
std::uint64_t expected_accesses(const Platform& platform) {
  std::uint64_t total = 0;
  for (const auto& process : platform.player().processes()) {
    const auto& counts = process->description().counts;
    if (!counts) return 0;
    total += counts->records - counts->events;
  }
  return total;
}

/// A long run whose statistics have no place to go is refused before it starts.
void require_writable(const std::string& stats) {
  namespace fs = std::filesystem;
  if (stats.empty()) return;
  std::error_code ignored;
  const fs::file_status status = fs::status(stats, ignored);
  // A file is written beside and renamed; what is no regular file (a pipe) is written directly.
  fs::path written = stats;
  if (!fs::exists(status) || fs::is_regular_file(status)) {
    const fs::path target = fs::weakly_canonical(fs::absolute(stats, ignored), ignored);
    written = target.parent_path();
  }
  if (fs::is_directory(status) || access(written.c_str(), W_OK) != 0) {
    throw InputError(fmt::format(
        "--stats {}: cannot be written: allowed is a file in a folder that may be written to",
        stats));
  }
}

/// A waveform of a difference needs two that may differ.
void require_lockstep(const PlatformConfig& config) {
  const auto& tlbs = config.mmu.first_level;
  if (tlbs.itlb.implementation != mmu::Implementation::lockstep &&
      tlbs.dtlb.implementation != mmu::Implementation::lockstep) {
    throw InputError(
        "--vcd-on-mismatch: nothing is compared: set mmu.dtlb.implementation or "
        "mmu.itlb.implementation to lockstep");
  }
}

/// One [path, value, unit] a line; null where a value is not finite.
std::string list_as_json(const VisitStatistics& statistics) {
  std::string text;
  for (const StatisticValue& each : statistics_list(statistics)) {
    const nlohmann::json value =
        std::visit([](auto number) { return nlohmann::json(number); }, each.value);
    text += fmt::format("{}{}", text.empty() ? "[" : ",\n ",
                        nlohmann::json{each.path, value, each.unit}.dump());
  }
  return text + "]\n";
}

int run(const RunArguments& arguments) {
  PlatformConfig config;
  configure(config, arguments.config, arguments.settings);
  if (arguments.waveform.on_mismatch) require_lockstep(config);
  require_writable(arguments.stats);
  InterruptFlag interrupt;
  ProgressBar bar("kilburn run");
  Platform platform("platform", config, {arguments.traces.begin(), arguments.traces.end()},
                    {.limit = arguments.limit,
                     .interrupt = &interrupt.raised(),
                     .progress = [&](std::uint64_t done) { bar.update(done); }},
                    arguments.waveform);
  std::optional<TranslationCheck> check;
  if (arguments.check) check.emplace(platform);

  bar.set_total(std::min(expected_accesses(platform), arguments.limit));

  const auto started = std::chrono::steady_clock::now();
  try {
    simulate({&platform});
  } catch (const burst_tlb::LockstepError& error) {
    bar.finish();
    fmt::print(stderr, "kilburn: {}\n", error.what());
    if (Waveform* waveform = platform.waveform()) {
      waveform->mismatch();
      waveform->finish();
    }
    return 1;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  bar.finish();
  if (Waveform* waveform = platform.waveform()) waveform->finish();

  const auto statistics = statistics_of(platform);
  if (!arguments.stats.empty()) {
    write_file_atomically(arguments.stats, statistics_json(statistics).dump(2) + "\n");
  }
  if (arguments.list) {
    fmt::print("{}", list_as_json(statistics));
    return platform.player().interrupted() ? 130 : 0;
  }
  fmt::print("{}", arguments.table ? statistics_table(statistics) : summary(platform));
  const auto accesses = static_cast<double>(platform.player().accesses());
  fmt::print("\n{} accesses in {:.2f} s of host time, {}/s\n", short_count(accesses),
             seconds.count(), short_count(accesses / std::max(seconds.count(), 1e-9)));
  if (check)
    fmt::print("{} translations checked against a walk in software, all equal\n", check->checked());
  if (platform.player().interrupted()) {
    fmt::print("interrupted: the statistics are those of the part that ran\n");
    return 130;
  }
  return 0;
}

}  // namespace

void add_run_command(CLI::App& app, int& status) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("run", "run traces through a platform");
  command->add_option("config", arguments->config, "platform configuration (TOML); none: defaults");
  command->add_option("--trace", arguments->traces, "trace, one a process")
      ->required()
      ->allow_extra_args(true);
  command->add_option("--set", arguments->settings, "PATH=VALUE over the configuration")
      ->allow_extra_args(false);
  command->add_option("--stats", arguments->stats, "write the statistics as JSON");
  command->add_option("--limit", arguments->limit, "end after so many accesses")
      ->check(CLI::Range(std::uint64_t{1}, UINT64_MAX));
  CLI::Option* table =
      command->add_flag("--table", arguments->table, "print every statistic with unit and meaning");
  command
      ->add_flag("--stats-list", arguments->list,
                 "print nothing but every statistic as JSON: [path, value, unit]")
      ->excludes(table);
  command->add_flag("--check", arguments->check,
                    "compare every translation used with a walk in software (slower)");
  WaveformOptions& waveform = arguments->waveform;
  CLI::Option* vcd = command->add_option("--vcd", waveform.file,
                                         "write a waveform, and a GTKWave save file beside it");
  command
      ->add_option("--trace-scope", waveform.scopes,
                   "what the waveform shows: hart, mmu.itlb, mmu.dtlb (their ports), any other "
                   "block (its counters)")
      ->allow_extra_args(false)
      ->needs(vcd);
  command->add_option("--vcd-from", waveform.from, "from this cycle")->needs(vcd);
  command->add_option("--vcd-until", waveform.until, "until this cycle")->needs(vcd);
  command
      ->add_flag("--vcd-on-mismatch", waveform.on_mismatch,
                 "only the last accesses before RTL and model differ")
      ->needs(vcd);
  command->callback([arguments, &status] { status = run(*arguments); });
}

}  // namespace kilburn::platform
