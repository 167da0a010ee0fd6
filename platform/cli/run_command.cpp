#include "platform/cli/run_command.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "burst_tlb/port_tlb.h"
#include "common/error.h"
#include "common/input_path.h"
#include "platform/cli/file_kind.h"
#include "platform/cli/number_option.h"
#include "platform/cli/quantum_check.h"
#include "platform/cli/record_options.h"
#include "platform/cli/software_run.h"
#include "platform/cli/statistics_output.h"
#include "platform/cli/trace_summary.h"
#include "platform/configuration/config_file.h"
#include "platform/configuration/statistic_writers.h"
#include "platform/process/command_files.h"
#include "platform/process/exit_status.h"
#include "platform/process/progress.h"
#include "platform/process/user_interrupt.h"
#include "platform/replay/trace_platform.h"
#include "platform/replay/translation_check.h"

namespace kilburn::platform {

namespace {

struct RunArguments {
  std::vector<std::string> files;  ///< as given; sort_files takes them apart
  std::string config;
  SoftwareRun software;
  std::vector<std::string> traces;
  std::vector<std::string> settings;
  StatisticsOutput output;
  std::uint64_t limit = UINT64_MAX;
  bool check = false;
  bool check_quantum = false;
  WaveformOptions waveform;
};

/// Accesses that the traces hold altogether, 0 where one does not say.
std::uint64_t expected_accesses(const TracePlatform& platform) {
  std::uint64_t total = 0;
  for (const auto& process : platform.player().processes()) {
    const auto& counts = process->description().counts;
    if (!counts) return 0;
    total += counts->records - counts->events;
  }
  return total;
}

/// A pipe's bytes come once: two readers would share them.
void require_read_once(const std::vector<std::string>& traces) {
  for (std::size_t i = 0; i < traces.size(); ++i) {
    if (readable_again(traces[i])) continue;
    for (std::size_t j = 0; j < i; ++j) {
      if (!(FileIdentity(input_path(traces[i])) == FileIdentity(input_path(traces[j])))) continue;
      throw InputError(
          fmt::format("--trace {}: given twice, and it can be read once only: write it "
                      "to a file",
                      traces[i]));
    }
  }
}

void check_files(const RunArguments& arguments) {
  CommandFiles files;
  files.reads("config", arguments.config);
  for (const std::string& trace : arguments.traces) files.reads("--trace", trace);
  files.writes("--stats", arguments.output.file, CommandFiles::Dash::standard_output);
  add_waveform(files, arguments.waveform);
}

int run(const RunArguments& arguments) {
  check_files(arguments);
  require_read_once(arguments.traces);
  PlatformConfig config;
  configure(config, arguments.config, arguments.settings, runs_of_traces);
  require_lockstep(arguments.waveform, config);
  arguments.output.require_writable();
  InterruptFlag interrupt;
  ProgressBar bar("kilburn run");
  TracePlatform platform("platform", config, {arguments.traces.begin(), arguments.traces.end()},
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
  arguments.output.write(statistics, summary(platform));
  const int status = platform.player().interrupted() ? interrupt.status() : exit_status::success;
  if (arguments.output.fills_standard_output()) return status;
  const auto accesses = static_cast<double>(platform.player().accesses());
  fmt::print("\n{} accesses in {:.2f} s of host time, {}/s\n", short_count(accesses),
             seconds.count(), short_count(accesses / std::max(seconds.count(), 1e-9)));
  if (check)
    fmt::print("{} translations checked against a walk in software, all equal\n", check->checked());
  if (platform.player().interrupted()) {
    fmt::print("interrupted: the statistics are those of the part that ran\n");
  }
  return status;
}

/// Options that only software has.
constexpr const char* software_options[] = {"--elf",
                                            "--kernel",
                                            "--initrd",
                                            "--append",
                                            "--overlay",
                                            "--timeout-ms",
                                            "--host-timeout",
                                            "--gdb",
                                            "--record",
                                            "--signature",
                                            "--signature-granularity",
                                            "--semihosting",
                                            "--vcd-hart"};
/// Options that only traces have.
constexpr const char* trace_options[] = {"--trace", "--limit"};

void add_software_options(CLI::App& command, RunArguments& arguments) {
  board::Software& software = arguments.software.software;
  command.add_option("--elf", software.elf, "RISC-V program, or firmware (ELF): docs/riscv.md");
  command.add_option("--kernel", software.kernel,
                     "Linux Image, plain or gzip, or ELF, for the firmware to start");
  command.add_option("--initrd", software.initrd, "initial RAM disk of the kernel");
  command.add_option("--append", software.append, "command line of the kernel");
  command.add_option("--overlay", software.overlay, "device-tree overlay (.dtbo)");
  add_number(command, "--gdb", arguments.software.gdb_port,
             "wait for gdb on this TCP port of the loopback interface (0: any)");
  CLI::Option* signature = command.add_option(
      "--signature", arguments.software.signature.file,
      "at the end, write memory from begin_signature to end_signature as hexadecimal lines");
  add_number(command, "--signature-granularity", arguments.software.signature.granularity,
             "bytes a line of the signature: 1, 2, 4 (default), 8 or 16",
             {.min = 1, .max = 16, .power_of_two = true})
      ->needs(signature);
  command.add_flag("--semihosting", arguments.software.semihosting,
                   "serve semihosting calls; the console's input is theirs, not the UART's");
  add_positive(command, "--timeout-ms", arguments.software.timeout_ms,
               "end after so many milliseconds of simulated time");
  add_positive(command, "--host-timeout", arguments.software.host_timeout,
               "end after so many seconds of the host's time");
}

/// Files without an option before them go where they belong.
void sort_files(RunArguments& arguments) {
  for (const std::string& file : arguments.files) {
    const FileKind kind = kind_of(file);
    if (kind == FileKind::trace) {
      arguments.traces.push_back(file);
      continue;
    }
    if (kind != FileKind::program) require_configuration(file);
    std::string& place =
        kind == FileKind::program ? arguments.software.software.elf : arguments.config;
    if (!place.empty()) {
      throw InputError(fmt::format("run: {}, {}: one {} at a time", place, file,
                                   kind == FileKind::program ? "program" : "configuration"));
    }
    place = file;
  }
  arguments.files.clear();
}

bool is_software(const CLI::App& command, const RunArguments& arguments) {
  const auto given = [&](const char* option) { return command.count(option) > 0; };
  if (!given("--elf") && arguments.software.software.elf.empty()) {
    for (const char* option : software_options) {
      if (given(option)) throw InputError(fmt::format("{}: only with --elf", option));
    }
    if (arguments.traces.empty())
      throw InputError("run: give a trace or a program: FILE, --trace FILE or --elf FILE");
    return false;
  }
  if (!arguments.traces.empty()) {
    throw InputError(
        fmt::format("run: {}, {}: a program or traces, not both: --trace: not with --elf",
                    arguments.software.software.elf, arguments.traces.front()));
  }
  for (const char* option : trace_options) {
    if (given(option)) throw InputError(fmt::format("{}: not with --elf", option));
  }
  for (const char* option : {"--elf", "--kernel", "--initrd", "--overlay"}) {
    if (given(option) && command.get_option(option)->as<std::string>() == standard_input) {
      throw InputError(
          fmt::format("{} -: standard input is the guest's console: give a file, or a pipe by "
                      "another name, such as <(zcat FILE)",
                      option));
    }
  }
  if (given("--initrd") && !given("--kernel")) throw InputError("--initrd: only with --kernel");
  return true;
}

SoftwareRun software_of(const RunArguments& arguments) {
  SoftwareRun run = arguments.software;
  configure(run.config, arguments.config, arguments.settings, runs_of_software);
  run.config_file = arguments.config;
  run.check = arguments.check;
  run.output = arguments.output;
  run.waveform = arguments.waveform;
  require_lockstep(run.waveform, run.config);
  return run;
}

/// Not with --check-quantum: they concern one run, or someone who sits at it.
constexpr const char* single_run_options[] = {"--gdb",   "--record",     "--signature", "--check",
                                              "--table", "--stats-list", "--vcd"};

/// Arguments of a run but for its configuration and where its statistics go.
std::vector<std::string> arguments_of(const RunArguments& arguments, bool software) {
  std::vector<std::string> list;
  const auto option = [&](const char* name, const std::string& value) {
    if (!value.empty()) list.insert(list.end(), {name, value});
  };
  if (!software) {
    for (const std::string& trace : arguments.traces) option("--trace", trace);
    if (arguments.limit != UINT64_MAX) option("--limit", fmt::format("{}", arguments.limit));
    return list;
  }
  const SoftwareRun& run = arguments.software;
  option("--elf", run.software.elf);
  option("--kernel", run.software.kernel);
  option("--initrd", run.software.initrd);
  option("--append", run.software.append);
  option("--overlay", run.software.overlay);
  if (run.timeout_ms > 0) option("--timeout-ms", fmt::format("{}", run.timeout_ms));
  if (run.host_timeout > 0) option("--host-timeout", fmt::format("{}", run.host_timeout));
  if (run.semihosting) list.emplace_back("--semihosting");
  return list;
}

int run_quantum_check(const CLI::App& command, const RunArguments& arguments, bool software) {
  for (const char* option : single_run_options) {
    if (command.count(option) > 0) {
      throw InputError(fmt::format("{}: not with --check-quantum", option));
    }
  }
  for (const std::string& trace : arguments.traces) {
    if (readable_again(trace)) continue;
    throw InputError(
        fmt::format("--trace {}: not with --check-quantum, which reads a trace twice: "
                    "write it to a file",
                    trace));
  }
  QuantumCheck check{.use = software ? runs_of_software : runs_of_traces,
                     .config = software ? software_defaults() : PlatformConfig{},
                     .arguments = arguments_of(arguments, software),
                     .statistics_file = arguments.output.file};
  configure(check.config, arguments.config, arguments.settings, check.use);
  // Its runs are processes whose standard output is read here.
  if (const FileIdentity file(arguments.output.file);
      arguments.output.file == standard_output ||
      (file == FileIdentity(STDOUT_FILENO) && !file.is_shared())) {
    throw InputError(
        fmt::format("--stats {}: not with --check-quantum: give it a file", arguments.output.file));
  }
  if (software) {
    SoftwareRun run = arguments.software;
    run.config_file = arguments.config;
    run.output = arguments.output;
    check_files(run);
  } else {
    check_files(arguments);
  }
  arguments.output.require_writable();
  return check_quantum(check);
}

}  // namespace

void add_run_command(CLI::App& app, int& status) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("run", "run traces, or RISC-V software, on a platform");
  command->add_option("files", arguments->files,
                      "platform configuration (TOML; none: defaults), traces, a RISC-V program "
                      "(ELF), each recognised by what is in it");
  command->add_option("--trace", arguments->traces, "trace, one a process")->allow_extra_args(true);
  command->add_option("--set", arguments->settings, "PATH=VALUE over the configuration")
      ->allow_extra_args(false);
  command->add_option("--stats", arguments->output.file, "write the statistics as JSON");
  add_number(*command, "--limit", arguments->limit, "end after so many accesses", {.min = 1});
  CLI::Option* table = command->add_flag("--table", arguments->output.table,
                                         "print every statistic with unit and meaning");
  command
      ->add_flag("--stats-list", arguments->output.list,
                 "print nothing but every statistic as JSON: [path, value, unit]")
      ->excludes(table);
  command->add_flag("--check", arguments->check,
                    "compare every translation used, of software those of devices behind an IOMMU, "
                    "with a walk in software (slower)");
  command->add_flag("--check-quantum", arguments->check_quantum,
                    "run at clock.quantum_cycles and at a tenth of it, and print what differs");
  CLI::Option* vcd = add_waveform_options(*command, arguments->waveform);
  add_record_options(*command, arguments->software.record)->excludes(vcd);
  add_software_options(*command, *arguments);
  command->callback([arguments, command, &status] {
    sort_files(*arguments);
    const bool software = is_software(*command, *arguments);
    choose_window(*command, arguments->waveform);
    if (arguments->check_quantum) {
      status = run_quantum_check(*command, *arguments, software);
    } else {
      status = software ? run_software(software_of(*arguments)).status : run(*arguments);
    }
  });
}

}  // namespace kilburn::platform
