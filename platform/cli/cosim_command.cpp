#include "platform/cli/cosim_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "burst_tlb/port_tlb.h"
#include "common/error.h"
#include "platform/cli/choice_option.h"
#include "platform/cli/number_option.h"
#include "platform/configuration/config_file.h"
#include "platform/process/command_files.h"
#include "platform/process/exit_status.h"
#include "platform/process/progress.h"
#include "platform/process/user_interrupt.h"
#include "platform/replay/trace_platform.h"
#include "platform/waveform/waveform_file.h"

namespace kilburn::platform {

namespace {

using burst_tlb::CosimOptions;
using burst_tlb::CosimResult;
using burst_tlb::RtlConfiguration;

struct CosimArguments {
  std::string block;
  std::string config = "fa64_b8_tag";
  std::vector<std::string> settings;
  std::uint64_t operations = 1'000'000;
  std::uint64_t seed = 1;
  std::string trace;
  std::uint64_t limit = UINT64_MAX;
  std::string vcd;
  std::uint64_t vcd_from = 0;
  std::uint64_t vcd_until = UINT64_MAX;
  bool vcd_window = false;  ///< one was given
  bool list = false;
};

/// Cycles that the waveform of a difference shows before it.
constexpr std::uint64_t window = 200;
constexpr std::uint64_t shown = 40;  ///< of them where the viewer opens

void print_configurations() {
  for (const RtlConfiguration& each : burst_tlb::rtl_configurations()) {
    fmt::print("{:16} {}\n", each.name, each.parameters.text());
  }
}

std::vector<const RtlConfiguration*> chosen(const CosimArguments& arguments) {
  std::vector<const RtlConfiguration*> all;
  if (arguments.config == "all") {
    if (!arguments.settings.empty()) throw InputError("--set: not together with --config all");
    for (const RtlConfiguration& each : burst_tlb::rtl_configurations()) all.push_back(&each);
    return all;
  }
  const RtlConfiguration& named = burst_tlb::rtl_configuration(arguments.config);
  if (arguments.settings.empty()) return {&named};
  burst_tlb::TlbConfig config = named.parameters.model();
  configure(config, "", arguments.settings);
  return {&burst_tlb::rtl_configuration(config)};
}

double seconds_since(std::chrono::steady_clock::time_point started) {
  return std::max(std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count(),
                  1e-9);
}

constexpr std::uint64_t cycle_ps = 1000;

void write_save(const RtlConfiguration& configuration, const std::filesystem::path& waveform,
                std::uint64_t from) {
  write_gtkwave_save(waveform, burst_tlb::waveform_groups(configuration.parameters),
                     from * cycle_ps, cycle_ps);
}

/// The stream is a function of its seed: to see what led to a difference it is played again, with
/// the waveform from a little before it.
void write_window(const RtlConfiguration& configuration, std::filesystem::path waveform,
                  CosimOptions options, const CosimResult& result) {
  options.waveform_from = result.cycles > window ? result.cycles - window : 0;
  options.waveform_until = UINT64_MAX;
  if (waveform.empty()) {
    waveform = fmt::format("burst_tlb_{}_seed{}.vcd", configuration.name, options.seed);
  }
  WaveformFile file(waveform);
  options.waveform = file.target();
  const auto rtl = burst_tlb::make_rtl(configuration);
  options.progress = nullptr;
  burst_tlb::cosimulate(configuration.parameters, *rtl, options);
  file.finish();
  write_save(configuration, waveform, result.cycles > shown ? result.cycles - shown : 0);
  fmt::print("  waveform of the {} cycles before it: {}\n", std::min(window, result.cycles),
             waveform.string());
}

int run_random(const RtlConfiguration& configuration, const CosimArguments& arguments) {
  InterruptFlag interrupt;
  ProgressBar bar(fmt::format("cosim {}", configuration.name));
  bar.set_total(arguments.operations);
  const auto rtl = burst_tlb::make_rtl(configuration);
  std::optional<WaveformFile> file(std::in_place, arguments.vcd);
  WaveformSize size(arguments.vcd);
  // The stream looks up from its first cycles on.
  const std::uint64_t until = arguments.vcd_window ? arguments.vcd_until : default_window;
  const CosimOptions options{.operations = arguments.operations,
                             .seed = arguments.seed,
                             .waveform = file->target(),
                             .waveform_from = arguments.vcd_from,
                             .waveform_until = until,
                             .progress =
                                 [&](std::uint64_t done) {
                                   bar.update(done);
                                   if (!arguments.vcd.empty()) size.look();
                                 },
                             .interrupt = &interrupt.raised()};
  const auto started = std::chrono::steady_clock::now();
  const CosimResult result = burst_tlb::cosimulate(configuration.parameters, *rtl, options);
  const double seconds = seconds_since(started);
  bar.finish();
  const auto& n = result.counters;
  fmt::print("{} seed {}: {} operations in {} cycles, {} ({}cycles/s)\n", configuration.name,
             arguments.seed, result.operations, result.cycles,
             result.difference ? "DIFFERENT" : "0 differences",
             short_count(static_cast<double>(result.cycles) / seconds));
  fmt::print(
      "  {} lookups: {} hits, {} tag, {} unit, {} content misses; {} fills of {} units; "
      "{} evictions; {} units invalidated\n",
      n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[9]);
  if (!result.difference) {
    if (!options.waveform.empty() && options.waveform_from >= result.cycles) {
      throw InputError(fmt::format("--vcd-from {}: no waveform: the run ended at cycle {}",
                                   options.waveform_from, result.cycles));
    }
    if (!arguments.vcd.empty()) {
      file->finish();
      write_save(configuration, arguments.vcd, options.waveform_from);
      if (!arguments.vcd_window && result.cycles > until) {
        fmt::print(stderr,
                   "kilburn: {} shows the first {} cycles: --vcd-from and --vcd-until choose "
                   "others, --vcd-from 0 all\n",
                   arguments.vcd, until);
      }
    }
    return interrupt.raised() ? interrupt.status() : exit_status::success;
  }
  fmt::print("  {}\n", burst_tlb::text(*result.difference));
  file.reset();  // the waveform of the difference takes its place
  write_window(configuration, arguments.vcd, options, result);
  return 1;
}

/// A real trace, with its own fills and invalidations: a platform whose data TLB is both.
int run_trace(const RtlConfiguration& configuration, const CosimArguments& arguments) {
  PlatformConfig config;
  auto& dtlb = config.mmu.first_level.dtlb;
  static_cast<burst_tlb::TlbConfig&>(dtlb) = configuration.parameters.model();
  dtlb.large_pages = burst_tlb::LargePages::side;
  dtlb.implementation = mmu::Implementation::lockstep;
  const std::uint32_t virtual_width = configuration.parameters.vpn_width + page_shift;
  config.os.mode = virtual_width < virtual_bits(PagingMode::sv48) ? Mode::sv39 : Mode::sv48;
  // Pages move and go now and then, so that there are invalidations.
  config.os.policy.remap_interval = 5'000;
  config.os.policy.unmap_interval = 7'000;
  // Of the pages that the trace touches: others would be in no TLB.
  config.os.touch_order = TouchOrderOf::trace;
  check_constraints(config);

  InterruptFlag interrupt;
  ProgressBar bar(fmt::format("cosim {}", configuration.name));
  TracePlatform platform("platform", config, {arguments.trace},
                         {.limit = arguments.limit,
                          .interrupt = &interrupt.raised(),
                          .progress = [&](std::uint64_t done) { bar.update(done); }},
                         {.file = arguments.vcd,
                          .from = arguments.vcd_from,
                          .until = arguments.vcd_until,
                          .from_first_lookup = !arguments.vcd_window});
  const auto started = std::chrono::steady_clock::now();
  try {
    simulate({&platform});
  } catch (const burst_tlb::LockstepError& error) {
    bar.finish();
    if (platform.waveform() != nullptr) platform.waveform()->finish();
    fmt::print("{} {}: {}\n", configuration.name, arguments.trace, error.what());
    return 1;
  }
  const double seconds = seconds_since(started);
  bar.finish();
  if (platform.waveform() != nullptr) platform.waveform()->finish();
  const auto statistics = platform.mmu().dtlb().statistics();
  const std::uint64_t operations = statistics.lookups + statistics.fills;
  fmt::print("{} {}: {} lookups, {} fills, {} units invalidated, 0 differences ({}operations/s)\n",
             configuration.name, arguments.trace, statistics.lookups, statistics.fills,
             statistics.units_invalidated, short_count(static_cast<double>(operations) / seconds));
  return platform.player().interrupted() ? interrupt.status() : exit_status::success;
}

int cosim(const CosimArguments& arguments) {
  require_window("--vcd-from", arguments.vcd_from, "--vcd-until", arguments.vcd_until);
  if (arguments.list) {
    print_configurations();
    return 0;
  }
  const auto configurations = chosen(arguments);
  if (configurations.size() > 1 && !(arguments.vcd.empty() && arguments.trace.empty())) {
    throw InputError("--config all: not together with --trace or --vcd");
  }
  CommandFiles files;
  files.reads("--trace", arguments.trace);
  add_waveform(files, {.file = arguments.vcd});
  if (!arguments.trace.empty()) return run_trace(*configurations.front(), arguments);
  int status = 0;
  for (const RtlConfiguration* configuration : configurations) {
    status = std::max(status, run_random(*configuration, arguments));
    if (status >= exit_status::ended_by(0)) break;
  }
  return status;
}

}  // namespace

void add_cosim_command(CLI::App& app, int& status) {
  auto arguments = std::make_shared<CosimArguments>();
  CLI::App* command =
      app.add_subcommand("cosim", "run RTL and model on one stream, compared at every cycle");
  add_choice<std::string>(*command, "block", arguments->block, {{"burst_tlb", "burst_tlb"}},
                          "block that has RTL")
      ->required();
  command
      ->add_option("--config", arguments->config,
                   "RTL configuration by name (--list), or all of them: all")
      ->capture_default_str();
  command
      ->add_option(
          "--set", arguments->settings,
          "PARAMETER=VALUE of the TLB, in place of --config: the configuration that has it")
      ->allow_extra_args(false);
  CLI::Option* operations = add_number(*command, "--ops", arguments->operations,
                                       "operations of the random stream", {.min = 1})
                                ->capture_default_str();
  CLI::Option* seed = add_number(*command, "--seed", arguments->seed, "seed of the random stream")
                          ->capture_default_str();
  CLI::Option* trace =
      command
          ->add_option("--trace", arguments->trace,
                       "a real trace through a platform in lock step, in place of a random stream")
          ->excludes(operations)
          ->excludes(seed);
  add_number(*command, "--limit", arguments->limit, "end the trace after so many accesses",
             {.min = 1})
      ->needs(trace);
  CLI::Option* vcd = command->add_option(
      "--vcd", arguments->vcd,
      "write a waveform of RTL and model (.vcd, or .fst for long ones); without "
      "--vcd-from and --vcd-until, of the first 100000 cycles");
  add_number(*command, "--vcd-from", arguments->vcd_from, "from this cycle")->needs(vcd);
  add_number(*command, "--vcd-until", arguments->vcd_until, "until this cycle")->needs(vcd);
  command->add_flag("--list", arguments->list, "list the RTL configurations of this build");
  command->callback([arguments, command, &status] {
    arguments->vcd_window = command->count("--vcd-from") + command->count("--vcd-until") > 0;
    status = cosim(*arguments);
  });
}

}  // namespace kilburn::platform
