#include "platform/cli/linux_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "common/error.h"
#include "platform/cli/file_kind.h"
#include "platform/cli/number_option.h"
#include "platform/cli/record_options.h"
#include "platform/cli/software_run.h"
#include "platform/cli/summary_values.h"
#include "platform/configuration/config_file.h"
#include "platform/configuration/parameter_table.h"
#include "platform/process/child_process.h"
#include "platform/process/progress.h"
#include "platform/process/source_folder.h"
#include "platform/process/user_interrupt.h"
#include "platform/sweep/platform_process.h"
#include "platform/sweep/tlb_geometry.h"

namespace kilburn::platform {

namespace {

namespace fs = std::filesystem;

struct LinuxArguments {
  std::string config;
  std::vector<std::string> settings;
  std::string script;
  std::string append;
  std::string cache;
  double host_timeout = 0;
  bool compare = false;
  StatisticsOutput output;
  WaveformOptions waveform;
  board::RecordOptions record;
};

fs::path cache_of(const LinuxArguments& arguments) {
  if (!arguments.cache.empty()) return arguments.cache;
  if (const char* folder = std::getenv("XDG_CACHE_HOME"); folder != nullptr && *folder == '/') {
    return fs::path(folder) / "kilburn/linux";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return fs::path(home) / ".cache/kilburn/linux";
  }
  throw InputError("linux: neither HOME nor XDG_CACHE_HOME says where to keep Linux: give --cache");
}

/// Which packages were fetched: "linux-image-6.12.107-riscv64 6.12.107-1, opensbi 1.6-1, ...".
/// Debian's newest at the time: what is counted depends on them.
std::string packages_of(const board::Software& software) {
  const fs::path list = fs::path(software.kernel).parent_path() / "packages.txt";
  std::ifstream file(list);
  std::string text;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) text += (text.empty() ? "" : ", ") + line;
  }
  return text.empty() ? fmt::format("{}: cannot be read: versions not known", list.string()) : text;
}

/// Kernel, firmware and initial RAM disk, fetched where they are not there yet. Throws Interrupted.
board::Software fetch(const LinuxArguments& arguments) {
  const fs::path cache = cache_of(arguments);
  const fs::path images = cache / "trixie";
  if (!fs::exists(images)) {
    fmt::print(stderr, "kilburn: fetching Debian's kernel for riscv64 to {}: 110 MB, once\n",
               images.string());
  }
  InterruptFlag interrupt;
  ProgressBar bar("kilburn linux: fetching", "");
  const auto outcome = sweep::run_child({source_folder() + "/sw/linux/fetch", cache.string()}, "",
                                        interrupt.raised(),
                                        {.asked_first = true, .meanwhile = [&] { bar.update(); }});
  bar.finish();
  if (!outcome) throw Interrupted{interrupt.status()};
  if (outcome->status != 0) {
    throw InputError(fmt::format("linux: {}", sweep::failure_of(*outcome)));
  }
  std::string append = "console=ttyS0";
  if (!arguments.append.empty()) append += " " + arguments.append;
  return board::Software{.elf = images / "fw_dynamic.elf",
                         .kernel = images / "vmlinux",
                         .initrd = images / "initrd.cpio",
                         .append = append,
                         .overlay = {}};
}

PlatformConfig conventional_platform(PlatformConfig config) {
  for (const std::string_view path : sweep::tlb_paths) {
    burst_tlb::TlbConfig& tlb = *sweep::find_tlb(config, path);
    tlb = sweep::conventional_of_equal_bits(tlb, config.riscv.largest_mode);
  }
  return config;
}

/// A configuration and what Linux counted on it.
struct Side {
  PlatformConfig config;
  SummaryValues values;
  [[nodiscard]] double instructions() const {
    double sum = 0;
    for (unsigned i = 0; i < config.riscv.harts; ++i) {
      sum += values(fmt::format("hart{}.instructions", i));
    }
    return sum;
  }
};

std::string storage_of_tlbs(const Side& side) {
  PlatformConfig config = side.config;
  std::string text;
  for (const std::string_view path : sweep::tlb_paths) {
    const auto bits = storage_bits(*sweep::find_tlb(config, path), config.riscv.largest_mode);
    text += fmt::format("{}{}", text.empty() ? "" : " / ", bits.total);
  }
  return text;
}

std::string comparison(const Side& given, const Side& conventional) {
  std::string text = "\nconventional TLBs of the nearest storage, same script\n\n";
  text += tlb_heading();
  const auto rows = [&](std::string_view tlb, const std::string& path, const std::string& hart) {
    for (const Side* side : {&given, &conventional}) {
      PlatformConfig config = side->config;
      const double instructions =
          hart.empty() ? side->instructions() : side->values(hart + ".instructions");
      text += tlb_row(side->values, path, instructions, *sweep::find_tlb(config, tlb));
    }
  };
  for (unsigned i = 0; i < given.config.riscv.harts; ++i) {
    const std::string hart = fmt::format("hart{}", i);
    if (given.config.riscv.harts > 1) text += fmt::format("  hart {}\n", i);
    rows("mmu.itlb", hart + ".itlb", hart);
    rows("mmu.dtlb", hart + ".dtlb", hart);
  }
  rows("mmu.l2tlb", "mmu.l2tlb", "");
  text += fmt::format("\n  {:<32} {:>24} {:>24}\n", "", "as configured", "conventional");
  text += fmt::format("  {:<32} {:>24} {:>24}\n", "storage of itlb / dtlb / l2tlb",
                      storage_of_tlbs(given), storage_of_tlbs(conventional));
  const auto line = [&](std::string_view label, std::string_view path) {
    text += fmt::format("  {:<32} {:>24.0f} {:>24.0f}\n", label, given.values(path),
                        conventional.values(path));
  };
  line("first-level misses", "mmu.service.requests");
  line("walks", "mmu.walker.walks");
  line("memory reads of walks", "mmu.walker.memory_reads");
  text += fmt::format("  {:<32} {:>24.0f} {:>24.0f}\n", "instructions", given.instructions(),
                      conventional.instructions());
  return text;
}

/// The same script, in a process beside, on conventional TLBs.
int run_compared(const SoftwareRun& run, const LinuxArguments& arguments) {
  const PlatformConfig conventional = conventional_platform(run.config);
  std::vector<std::string> command = {
      "/proc/self/exe", "linux",    "/dev/stdin",     "--stats-list", "--script",
      arguments.script, "--append", arguments.append, "--cache",      cache_of(arguments)};
  if (run.host_timeout > 0) {
    command.insert(command.end(), {"--host-timeout", fmt::format("{}", run.host_timeout)});
  }
  std::atomic<bool> stop = false;
  auto beside = std::async(std::launch::async, [&] {
    const ParameterTable table = parameter_table(conventional, runs_of_software);
    return sweep::run_child(command, canonical_text(table), stop);
  });
  const SoftwareEnd end = [&] {
    try {
      return run_software(run);
    } catch (...) {
      stop = true;
      throw;
    }
  }();
  stop = end.status != 0;
  InterruptFlag interrupt;
  ProgressBar bar("kilburn linux: on conventional TLBs", "");
  while (beside.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
    if (interrupt.raised()) stop = true;
    bar.update();
  }
  bar.finish();
  const auto outcome = beside.get();
  if (end.status != 0) return end.status;
  if (!outcome) return interrupt.status();
  if (outcome->status != 0) {
    fmt::print(stderr, "kilburn: linux: on conventional TLBs: {}\n", sweep::failure_of(*outcome));
    return 1;
  }
  fmt::print("{}",
             comparison({run.config, SummaryValues(end.statistics)},
                        {conventional, SummaryValues(sweep::parse_statistics_list(outcome->out))}));
  return 0;
}

int run_linux(const LinuxArguments& arguments) {
  SoftwareRun run;
  run.host_timeout = arguments.host_timeout;
  run.output = arguments.output;
  run.waveform = arguments.waveform;
  run.record = arguments.record;
  // What is wrong with the user's files is told before anything is fetched.
  require_configuration(arguments.config);
  configure(run.config, arguments.config, arguments.settings, runs_of_software);
  run.config_file = arguments.config;
  require_lockstep(run.waveform, run.config);
  if (!arguments.script.empty()) run.script = host::read_script(arguments.script);
  check_files(run);
  run.output.require_writable();
  run.software = fetch(arguments);
  run.about = packages_of(run.software);
  return arguments.compare ? run_compared(run, arguments) : run_software(run).status;
}

}  // namespace

void add_linux_command(CLI::App& app, int& status) {
  auto arguments = std::make_shared<LinuxArguments>();
  CLI::App* command =
      app.add_subcommand("linux", "boot Debian's Linux for riscv64 on a platform: docs/linux.md");
  command->add_option("config", arguments->config, "platform configuration (TOML); none: defaults");
  command->add_option("--set", arguments->settings, "PATH=VALUE over the configuration")
      ->allow_extra_args(false);
  CLI::Option* script = command->add_option("--script", arguments->script,
                                            "play this at the console, instead of the terminal");
  command->add_option("--append", arguments->append,
                      "to the kernel's command line, after console=ttyS0");
  command->add_option("--cache", arguments->cache,
                      "keep what is fetched here; ~/.cache/kilburn/linux");
  command->add_option("--stats", arguments->output.file, "write the statistics as JSON");
  CLI::Option* table = command->add_flag("--table", arguments->output.table,
                                         "print every statistic with unit and meaning");
  CLI::Option* list =
      command
          ->add_flag("--stats-list", arguments->output.list,
                     "print nothing but every statistic as JSON: [path, value, unit]")
          ->needs(script)
          ->excludes(table);
  command
      ->add_flag("--compare", arguments->compare,
                 "play the script on conventional TLBs of equal storage, too")
      ->needs(script)
      ->excludes(list);
  add_positive(*command, "--host-timeout", arguments->host_timeout,
               "end after so many seconds of the host's time");
  CLI::Option* vcd = add_waveform_options(*command, arguments->waveform);
  add_record_options(*command, arguments->record)->excludes(vcd);
  command->callback([arguments, command, &status] {
    choose_window(*command, arguments->waveform);
    status = run_linux(*arguments);
  });
}

}  // namespace kilburn::platform
