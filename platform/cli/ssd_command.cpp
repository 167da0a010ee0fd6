#include "platform/cli/ssd_command.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "block_trace/block_trace.h"
#include "common/error.h"
#include "platform/cli/file_kind.h"
#include "platform/cli/number_option.h"
#include "platform/cli/ssd_summary.h"
#include "platform/cli/statistics_output.h"
#include "platform/configuration/config_file.h"
#include "platform/node/run_defaults.h"
#include "platform/process/command_files.h"
#include "platform/process/exit_status.h"
#include "platform/process/progress.h"
#include "platform/process/user_interrupt.h"
#include "platform/ssd/image.h"
#include "platform/ssd/ssd_platform.h"

namespace kilburn::platform {

namespace {

constexpr std::string_view flow = "ssd.flow.0.";
constexpr std::string_view flash = "pcie.function.0.nvme.flash.";

/// An option that stands for a setting.
struct Shorthand {
  std::string option;   ///< as given: "--qd 32"
  std::string setting;  ///< "ssd.flow.0.queue_depth=32"
};

struct SsdRunArguments {
  std::string config;
  std::vector<std::string> settings;
  std::vector<Shorthand> shorthands;
  std::string image;
  std::string trace;
  std::uint64_t limit = UINT64_MAX;  ///< requests of the trace
  StatisticsOutput output;
};

/// As storage tools have it: "4k" is 4096 bytes.
std::string block_size(const std::string& text) {
  if (text.empty()) return text;
  switch (text.back()) {
    case 'k':
    case 'K':
      return text.substr(0, text.size() - 1) + "KiB";
    case 'm':
    case 'M':
      return text.substr(0, text.size() - 1) + "MiB";
    default:
      return text;
  }
}

PlatformConfig configured(const SsdRunArguments& arguments) {
  PlatformConfig config = ssd_defaults();
  std::vector<std::string> settings;
  for (const Shorthand& shorthand : arguments.shorthands) settings.push_back(shorthand.setting);
  settings.insert(settings.end(), arguments.settings.begin(), arguments.settings.end());
  try {
    configure(config, arguments.config, settings, runs_of_ssd);
  } catch (const InputError& error) {
    std::string message = error.what();
    for (const Shorthand& shorthand : arguments.shorthands) {
      const std::string setting = "--set " + shorthand.setting;
      if (const std::size_t at = message.find(setting); at != std::string::npos) {
        message.replace(at, setting.size(), shorthand.option);
      }
    }
    throw InputError(message);
  }
  nvme::NvmeConfig& drive = ssd::drive_of(config);
  if (!arguments.image.empty()) drive.flash.image = arguments.image;
  return config;
}

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

int run(const SsdRunArguments& arguments) {
  require_configuration(arguments.config);
  CommandFiles files;
  files.reads("config", arguments.config);
  files.reads("--block-trace", arguments.trace);
  files.writes("--ssd-image", arguments.image);
  files.writes("--stats", arguments.output.file, CommandFiles::Dash::standard_output);
  const PlatformConfig config = configured(arguments);
  arguments.output.require_writable();
  InterruptFlag interrupt;
  ProgressBar bar("kilburn ssd run", "requests");
  ssd::SsdOptions options{.trace_limit = arguments.limit,
                          .interrupt = &interrupt.raised(),
                          .progress = [&](std::uint64_t done) { bar.update(done); }};
  if (!arguments.trace.empty()) {
    options.trace = block_trace::open(arguments.trace);
    bar.set_total(arguments.limit == UINT64_MAX ? 0 : arguments.limit);
  } else {
    std::uint64_t wanted = 0;
    for (const FlowConfig& each : config.ssd.flows) wanted += each.requests;
    bar.set_total(wanted);
  }
  const double begin = cpu_seconds();
  ssd::SsdPlatform platform("platform", config, std::move(options));
  const double started = cpu_seconds();
  platform.simulate();
  const double ended = cpu_seconds();
  bar.finish();
  arguments.output.write(statistics_of(platform), summary(platform));
  const std::string difference = platform.difference();
  if (!difference.empty()) fmt::print(stderr, "kilburn: {}\n", difference);
  const int status = platform.interrupted() ? interrupt.status()
                     : difference.empty()   ? exit_status::success
                                            : 1;
  if (arguments.output.fills_standard_output()) return status;
  const double seconds = std::max(ended - started, 1e-9);
  fmt::print(
      "\n{} requests in {:.2f} s of processor time, {}/s; the drive was there after {:.2f} s\n",
      short_count(static_cast<double>(platform.requests())), seconds,
      short_count(static_cast<double>(platform.requests()) / seconds), started - begin);
  if (config.ssd.verify) {
    fmt::print("{} sectors compared with what was written, {}\n", platform.verified_sectors(),
               difference.empty() ? "all equal" : "not all equal");
  }
  if (platform.interrupted()) {
    fmt::print("interrupted: the statistics are those of the part that ran\n");
  }
  return status;
}

void add_shorthand(CLI::App& command, SsdRunArguments& arguments, const std::string& option,
                   std::vector<std::string> paths, const std::string& description,
                   std::string (*value_of)(const std::string&) = nullptr) {
  command
      .add_option_function<std::string>(
          option,
          [&arguments, option, paths = std::move(paths), value_of](const std::string& text) {
            const std::string value = value_of == nullptr ? text : value_of(text);
            for (const std::string& path : paths) {
              arguments.shorthands.push_back(
                  {fmt::format("{} {}", option, text), fmt::format("{}={}", path, value)});
            }
          },
          description)
      ->type_name("VALUE");
}

void add_run(CLI::App& ssd, int& status) {
  auto arguments = std::make_shared<SsdRunArguments>();
  CLI::App* command = ssd.add_subcommand("run", "drive a solid-state drive without harts");
  command->add_option("config", arguments->config, "configuration (TOML; none: defaults)");
  command->add_option("--set", arguments->settings, "PATH=VALUE over the configuration")
      ->allow_extra_args(false);
  const auto of_flow = [](std::string_view name) {
    return std::vector<std::string>{fmt::format("{}{}", flow, name)};
  };
  const auto of_flash = [](std::string_view name) {
    return std::vector<std::string>{fmt::format("{}{}", flash, name)};
  };
  add_shorthand(*command, *arguments, "--read", of_flow("read"), "share of reads");
  add_shorthand(*command, *arguments, "--bs", of_flow("block_bytes"), "bytes of a request: 4k",
                block_size);
  command
      ->add_option_function<std::string>(
          "--pattern",
          [arguments](const std::string& text) {
            const std::size_t colon = text.find(':');
            arguments->shorthands.push_back(
                {"--pattern " + text, fmt::format("{}pattern={}", flow, text.substr(0, colon))});
            if (colon == std::string::npos) return;
            arguments->shorthands.push_back(
                {"--pattern " + text, fmt::format("{}theta={}", flow, text.substr(colon + 1))});
          },
          "random, sequential or zipf:THETA")
      ->type_name("VALUE");
  add_shorthand(*command, *arguments, "--qd", of_flow("queue_depth"), "requests a queue at a time");
  add_shorthand(*command, *arguments, "--queues", of_flow("queues"), "pairs of queues");
  add_shorthand(*command, *arguments, "--ios", of_flow("requests"), "requests, then it ends");
  add_shorthand(*command, *arguments, "--fill", of_flash("ftl.precondition.fill"),
                "share of a new drive that holds something");
  add_shorthand(*command, *arguments, "--fragmented", of_flash("ftl.precondition.fragmented"),
                "share of that which was overwritten at random for long");
  add_shorthand(*command, *arguments, "--seed",
                {fmt::format("{}seed", flow), fmt::format("{}ftl.precondition.seed", flash)},
                "of places and of the drive's state");
  command->add_flag(
      "--verify",
      [arguments](std::int64_t) {
        arguments->shorthands.push_back({"--verify", "ssd.verify=true"});
      },
      "compare what is read with what was written");
  CLI::Option* trace = command->add_option(
      "--block-trace", arguments->trace,
      "play this in the place of flows: MSR-Cambridge CSV, blkparse text, fio iolog");
  add_number(*command, "--limit", arguments->limit, "of a block trace: end after so many requests",
             {.min = 1})
      ->needs(trace);
  command->add_option("--ssd-image", arguments->image,
                      "file that holds the drive from run to run; made where there is none");
  command->add_option("--stats", arguments->output.file, "write the statistics as JSON");
  CLI::Option* table = command->add_flag("--table", arguments->output.table,
                                         "print every statistic with unit and meaning");
  command
      ->add_flag("--stats-list", arguments->output.list,
                 "print nothing but every statistic as JSON: [path, value, unit]")
      ->excludes(table);
  command->callback([arguments, &status] { status = run(*arguments); });
}

struct ImageArguments {
  std::string file;
  std::string config;
  std::vector<std::string> settings;
};

/// Throws InputError as ssd::Image does.
std::unique_ptr<ssd::Image> open_image(const ImageArguments& arguments) {
  require_configuration(arguments.config);
  PlatformConfig config = ssd_defaults();
  configure(config, arguments.config, arguments.settings, runs_of_ssd);
  return std::make_unique<ssd::Image>(arguments.file, ssd::drive_of(config).flash);
}

int check_image(const ImageArguments& arguments) {
  const std::vector<std::string> wrong = open_image(arguments)->check();
  for (const std::string& sentence : wrong) fmt::print("{}\n", sentence);
  fmt::print("{}: {}\n", arguments.file,
             wrong.empty() ? "every invariant holds" : fmt::format("{} do not hold", wrong.size()));
  return wrong.empty() ? exit_status::success : 1;
}

std::shared_ptr<ImageArguments> add_image_options(CLI::App& command) {
  auto arguments = std::make_shared<ImageArguments>();
  command.add_option("image", arguments->file, "of ssd run --ssd-image")->required();
  command.add_option("config", arguments->config,
                     "configuration (TOML) of the runs that made it; none: defaults");
  command.add_option("--set", arguments->settings, "PATH=VALUE over the configuration")
      ->allow_extra_args(false);
  return arguments;
}

void add_info(CLI::App& ssd) {
  CLI::App* command =
      ssd.add_subcommand("info", "namespaces, maps, blocks and wear of a drive's image");
  const auto arguments = add_image_options(*command);
  command->callback([arguments] { fmt::print("{}", open_image(*arguments)->description()); });
}

void add_check(CLI::App& ssd, int& status) {
  CLI::App* command = ssd.add_subcommand(
      "check", "verify every invariant of a drive's image, which stays as it is");
  const auto arguments = add_image_options(*command);
  command->callback([arguments, &status] { status = check_image(*arguments); });
}

}  // namespace

void add_ssd_command(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("ssd", "a solid-state drive without harts");
  command->require_subcommand(1);
  add_run(*command, status);
  add_info(*command);
  add_check(*command, status);
}

}  // namespace kilburn::platform
