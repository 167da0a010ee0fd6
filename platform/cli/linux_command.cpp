#include "platform/cli/linux_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "platform/cli/choice_option.h"
#include "platform/cli/file_kind.h"
#include "platform/cli/linux_images.h"
#include "platform/cli/number_option.h"
#include "platform/cli/record_options.h"
#include "platform/cli/software_run.h"
#include "platform/cli/summary_values.h"
#include "platform/configuration/config_file.h"
#include "platform/configuration/parameter_table.h"
#include "platform/process/child_process.h"
#include "platform/process/progress.h"
#include "platform/process/user_interrupt.h"
#include "platform/sweep/platform_process.h"
#include "platform/sweep/tlb_geometry.h"

namespace kilburn::platform {

namespace {

namespace fs = std::filesystem;

/// For sw/linux/init.
constexpr std::string_view root_on_disk = "kilburn.root=/dev/nvme0n1";

struct LinuxArguments {
  std::string config;
  std::vector<std::string> settings;
  std::string script;
  std::string append;
  LinuxChoice choice;
  bool root = false;
  double host_timeout = 0;
  bool compare = false;
  StatisticsOutput output;
  WaveformOptions waveform;
  board::RecordOptions record;
};

/// Gives the RAM disk the memory that it needs, where the user has not said how much there is.
void fit_memory(SoftwareRun& run, const LinuxArguments& arguments) {
  const fs::path& ram_disk = run.software.initrd;
  const std::uint64_t needed = memory_for_ram_disk(fs::file_size(ram_disk));
  const std::uint64_t given = run.config.memory.storage.bytes;
  if (given >= needed) return;
  PlatformConfig grown = software_defaults();
  grown.memory.storage.bytes = std::max(grown.memory.storage.bytes, std::bit_ceil(needed));
  configure(grown, arguments.config, arguments.settings, runs_of_software);
  if (grown.memory.storage.bytes < needed) {
    throw InputError(fmt::format(
        "linux: memory.bytes = {}: the RAM disk, {} bytes, needs {} or more: docs/linux.md",
        size_text(given), fs::file_size(ram_disk), size_text(std::bit_ceil(needed))));
  }
  fmt::print(stderr, "kilburn: memory.bytes = {} instead of {}: the RAM disk has {} bytes\n",
             size_text(grown.memory.storage.bytes), size_text(given), fs::file_size(ram_disk));
  run.config.memory.storage.bytes = grown.memory.storage.bytes;
  check_constraints(run.config);
}

/// The functions of the bus that the configuration has.
struct Functions {
  unsigned count = 0;
  std::optional<unsigned> drive;       ///< the first NVMe controller
  std::vector<std::string> devices{};  ///< their device numbers
};

Functions functions_of(const PlatformConfig& config) {
  Functions found;
  for (const ParameterBlock& block : parameter_table(config, runs_of_software)) {
    if (block.kind != BlockKind::element || !block.path.starts_with("pcie.function.")) continue;
    for (const ParameterRow& row : block.rows) {
      if (row.name == "kind" && row.value == "nvme" && !found.drive) found.drive = found.count;
      if (row.name == "device") found.devices.push_back(row.value);
    }
    ++found.count;
  }
  return found;
}

/// The first NVMe controller loads the disk; where there is none it is added.
void attach_disk(PlatformConfig& config, const std::string& disk) {
  const Functions functions = functions_of(config);
  const unsigned index = functions.drive.value_or(functions.count);
  const std::string function = fmt::format("pcie.function.{}", index);
  const auto set = [&](std::string_view name, const std::string& value) {
    apply_setting(config, fmt::format("{}.{}={}", function, name, value), runs_of_software);
  };
  if (!functions.drive) {
    unsigned device = 1;
    while (std::ranges::count(functions.devices, std::to_string(device)) != 0) ++device;
    set("kind", "nvme");
    set("device", std::to_string(device));
  }
  set("nvme.flash.load", nlohmann::json(disk).dump());
  check_constraints(config);
}

/// Kernel, firmware and initial RAM disk, fetched where they are not there yet. Throws Interrupted.
void choose_software(SoftwareRun& run, const LinuxArguments& arguments) {
  const LinuxImages images = linux_images(arguments.choice);
  run.software = {.elf = images.firmware,
                  .kernel = images.kernel,
                  .initrd = images.ram_disk,
                  .append = "console=ttyS0",
                  .overlay = {}};
  if (!arguments.append.empty()) run.software.append += " " + arguments.append;
  if (!images.disk.empty()) attach_disk(run.config, images.disk);
  run.about = images.about;
  if (!arguments.choice.packages.empty() || !arguments.choice.modules.empty()) {
    fit_memory(run, arguments);
  }
}

PlatformConfig conventional_platform(PlatformConfig config) {
  for (const std::string_view path : sweep::tlb_paths) {
    burst_tlb::TlbConfig& tlb = *sweep::find_tlb(config, path);
    tlb = sweep::conventional_of_equal_bits(tlb, config.riscv.largest_mode);
  }
  // There is no RTL of these geometries; the model counts the same.
  config.mmu.first_level.itlb.implementation = mmu::Implementation::model;
  config.mmu.first_level.dtlb.implementation = mmu::Implementation::model;
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
  std::vector<std::string> command = {"/proc/self/exe", "linux",
                                      "/dev/stdin",     "--stats-list",
                                      "--script",       arguments.script,
                                      "--append",       arguments.append,
                                      "--cache",        arguments.choice.cache,
                                      "--suite",        arguments.choice.suite};
  for (const std::string& name : arguments.choice.packages) command.push_back("--with=" + name);
  for (const std::string& name : arguments.choice.modules) command.push_back("--modules=" + name);
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

/// --with and --modules take all words that follow, also one that was meant as the configuration.
void refuse_files(const std::string& option, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!name.ends_with(".toml")) continue;
    throw InputError(fmt::format("linux: {} {}: a configuration stands before {}", option,
                                 printable(name), option));
  }
}

/// A disk needs its modules; a root on it is what init looks for.
void use_disk(LinuxArguments& arguments) {
  if (arguments.choice.disk.empty()) return;
  for (const std::string module : {"nvme", "ext4"}) {
    if (std::ranges::count(arguments.choice.modules, module) == 0) {
      arguments.choice.modules.push_back(module);
    }
  }
  if (!arguments.root) return;
  arguments.append += (arguments.append.empty() ? "" : " ") + std::string(root_on_disk);
}

int run_linux(LinuxArguments& arguments) {
  SoftwareRun run;
  run.host_timeout = arguments.host_timeout;
  run.output = arguments.output;
  run.waveform = arguments.waveform;
  run.record = arguments.record;
  refuse_files("--with", arguments.choice.packages);
  refuse_files("--modules", arguments.choice.modules);
  refuse_files("--disk", arguments.choice.disk);
  use_disk(arguments);
  // What is wrong with the user's files is told before anything is fetched.
  require_configuration(arguments.config);
  configure(run.config, arguments.config, arguments.settings, runs_of_software);
  run.config_file = arguments.config;
  require_lockstep(run.waveform, run.config);
  if (!arguments.script.empty()) run.script = host::read_script(arguments.script);
  check_files(run);
  run.output.require_writable();
  if (arguments.choice.cache.empty()) arguments.choice.cache = default_linux_cache();
  choose_software(run, arguments);
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
  add_choice(*command, "--suite", arguments->choice.suite,
             {{"trixie", std::string("trixie")}, {"sid", std::string("sid")}},
             "of Debian, that the kernel and the packages are from; trixie");
  command
      ->add_option("--with", arguments->choice.packages,
                   "Debian packages, with all that they depend on, in the RAM disk")
      ->type_name("PACKAGE");
  command
      ->add_option("--modules", arguments->choice.modules,
                   "kernel modules, with all that they depend on, loaded at start")
      ->type_name("NAME");
  CLI::Option* disk =
      command
          ->add_option("--disk", arguments->choice.disk,
                       "a raw image, or packages for an ext4 disk, on an NVMe drive (/dev/nvme0n1)")
          ->type_name("FILE|PACKAGE");
  command->add_flag("--root", arguments->root, "boot from the disk")->needs(disk);
  command->add_option("--cache", arguments->choice.cache,
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
