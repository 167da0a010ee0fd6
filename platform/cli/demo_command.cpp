#include "platform/cli/demo_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/error.h"
#include "platform/cli/number_option.h"
#include "platform/configuration/config_file.h"
#include "platform/process/exit_status.h"
#include "platform/process/progress.h"
#include "platform/process/source_folder.h"
#include "platform/process/user_interrupt.h"
#include "platform/replay/trace_platform.h"
#include "platform/sweep/tlb_geometry.h"

namespace kilburn::platform {

namespace {

using burst_tlb::StorageBits;
using burst_tlb::TlbConfig;
using burst_tlb::TlbStatistics;

struct DemoArguments {
  std::string traces = source_folder() + "/traces";
  std::vector<std::string> names{"key_value", "compiler"};  ///< one that it wins, one that it loses
  std::uint64_t limit = UINT64_MAX;
  std::uint32_t entries = 64;
  std::uint32_t units = 8;
};

PlatformConfig burst_platform(const DemoArguments& arguments) {
  PlatformConfig config;
  config.mmu.first_level.dtlb.entries = arguments.entries;
  config.mmu.first_level.dtlb.units_per_tag = arguments.units;
  check_constraints(config);
  return config;
}

PlatformConfig conventional_platform(const PlatformConfig& burst) {
  PlatformConfig config = burst;
  TlbConfig& dtlb = config.mmu.first_level.dtlb;
  dtlb = sweep::conventional_of_equal_bits(dtlb, burst.os.paging_mode());
  return config;
}

struct Side {
  std::string name;
  std::unique_ptr<TracePlatform> platform;
  [[nodiscard]] TlbStatistics dtlb() const { return platform->mmu().dtlb().statistics(); }
  [[nodiscard]] const TlbConfig& geometry() const {
    return platform->config().mmu.first_level.dtlb;
  }
  [[nodiscard]] StorageBits bits() const {
    return storage_bits(geometry(), platform->config().os.paging_mode());
  }
};

struct Comparison {
  std::string trace;
  Side burst;
  Side conventional;
};

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string row(std::string_view name, std::string_view burst, std::string_view conventional) {
  return fmt::format("  {:<44} {:>16} {:>16}\n", name, burst, conventional);
}

std::string table(const Comparison& c) {
  const TlbStatistics b = c.burst.dtlb();
  const TlbStatistics v = c.conventional.dtlb();
  const auto pair = [](std::string_view name, auto left, auto right, auto format) {
    return row(name, format(left), format(right));
  };
  const auto count = [](std::uint64_t n) { return short_count(static_cast<double>(n)); };
  // Misses are told to the last one: the ratio below is taken from them.
  const auto exact = [](std::uint64_t n) { return fmt::format("{}", n); };
  std::string text = row("", "burst", "conventional");
  text += row("entries x units",
              fmt::format("{} x {}", c.burst.geometry().entries, c.burst.geometry().units()),
              fmt::format("{} x 1", c.conventional.geometry().entries));
  text += pair("storage, bits (large-page TLB included)", c.burst.bits().total,
               c.conventional.bits().total, exact);
  text +=
      pair("  of which compared in parallel", c.burst.bits().cam, c.conventional.bits().cam, exact);
  text += pair("data accesses", b.lookups, v.lookups, count);
  text += row("hits", fmt::format("{:.3f} %", percent(b.hits, b.lookups)),
              fmt::format("{:.3f} %", percent(v.hits, v.lookups)));
  text += pair("misses", b.misses(), v.misses(), exact);
  text += pair("  no entry has the tag", b.miss_tag, v.miss_tag, exact);
  text += pair("  tag there, unit invalid", b.miss_unit, v.miss_unit, exact);
  text += pair("  tag and unit there, content differs", b.miss_content, v.miss_content, exact);
  text += row("live units an entry (density)", fmt::format("{:.2f}", b.density.mean()),
              fmt::format("{:.2f}", v.density.mean()));
  return text;
}

/// Says who wins and why, from what was counted.
std::string reason(const Comparison& c) {
  const TlbStatistics b = c.burst.dtlb();
  const TlbStatistics v = c.conventional.dtlb();
  const double cost = static_cast<double>(c.conventional.geometry().entries) /
                      static_cast<double>(c.burst.geometry().entries);
  const double reach = b.density.mean() / cost;
  const bool wins = b.misses() < v.misses();
  std::string text = fmt::format(
      "  The burst TLB {}: {} misses to {} of the conventional one, {:.2f} times as many.\n",
      wins ? "WINS" : "LOSES", b.misses(), v.misses(),
      v.misses() == 0 ? 0.0 : static_cast<double>(b.misses()) / static_cast<double>(v.misses()));
  text += fmt::format(
      "  Why: one burst entry costs as many bits as {:.1f} conventional ones, and held {:.2f} "
      "live\n"
      "  units on average, so the same bits reach {:.2f} times as far. ",
      cost, b.density.mean(), reach);
  if (wins && reach >= 1) {
    text += "Neighbouring pages are used together:\n  one fill serves several of them.\n";
  } else if (wins) {
    text +=
        "That is little, but the pages that\n  missed most often lie together, and one fill serves "
        "several.\n";
  } else if (reach < 1) {
    text += "The pages in use lie apart:\n  most units of an entry stay empty.\n";
  } else {
    text += fmt::format(
        "But the program moves among\n  more regions at a time than there are tags: {} against "
        "{}.\n",
        c.burst.geometry().entries, c.conventional.geometry().entries);
  }
  return text;
}

Comparison prepare(const std::string& name, const DemoArguments& arguments,
                   const PlayOptions& options) {
  const std::filesystem::path path = std::filesystem::path(arguments.traces) / (name + ".ktrace");
  const PlatformConfig burst = burst_platform(arguments);
  const auto make = [&](std::string side, const PlatformConfig& config) {
    const std::string module = fmt::format("{}_{}", name, side);
    return Side{
        side, std::make_unique<TracePlatform>(module.c_str(), config, std::vector{path}, options)};
  };
  return {name, make("burst", burst), make("conventional", conventional_platform(burst))};
}

int demonstrate(const DemoArguments& arguments) {
  InterruptFlag interrupt;
  std::vector<Comparison> comparisons;
  ProgressBar bar("kilburn demo");
  const auto done = [&] {
    std::uint64_t accesses = 0;
    for (const Comparison& c : comparisons) {
      accesses +=
          c.burst.platform->player().accesses() + c.conventional.platform->player().accesses();
    }
    return accesses;
  };
  const PlayOptions options{.limit = arguments.limit,
                            .interrupt = &interrupt.raised(),
                            .progress = [&](std::uint64_t) { bar.update(done()); }};
  for (const std::string& name : arguments.names) {
    comparisons.push_back(prepare(name, arguments, options));
  }

  std::uint64_t total = 0;
  std::vector<const TracePlatform*> platforms;
  for (const Comparison& c : comparisons) {
    for (const Side* side : {&c.burst, &c.conventional}) {
      platforms.push_back(side->platform.get());
      const auto& counts = side->platform->player().processes().front()->description().counts;
      total += std::min(counts ? counts->records - counts->events : 0, arguments.limit);
    }
  }
  bar.set_total(total);
  fmt::print("Real traces, each on two platforms that differ in nothing but the data TLB.\n");
  std::fflush(stdout);
  simulate(platforms);
  bar.finish();

  for (const Comparison& c : comparisons) {
    const trace::Description& trace = c.burst.platform->player().processes().front()->description();
    const auto command = trace.metadata.find("command");
    fmt::print("\n{}: {}\n{}{}", c.trace,
               command == trace.metadata.end() ? trace.file : command->second, table(c), reason(c));
  }
  fmt::print("\nGo on with: ./kilburn run --trace traces/database.ktrace\n");
  return interrupt.raised() ? interrupt.status() : exit_status::success;
}

}  // namespace

void add_demo_command(CLI::App& app, int& status) {
  auto arguments = std::make_shared<DemoArguments>();
  CLI::App* command = app.add_subcommand(
      "demo", "a burst and a conventional TLB of equal storage on two real traces");
  command->add_option("names", arguments->names, "names of shipped traces")->capture_default_str();
  command->add_option("--traces", arguments->traces, "folder of the traces")->capture_default_str();
  add_number(*command, "--entries", arguments->entries, "entries of the burst TLB", {.min = 1})
      ->capture_default_str();
  add_number(*command, "--units", arguments->units, "units per tag of the burst TLB", {.min = 1})
      ->capture_default_str();
  add_number(*command, "--limit", arguments->limit, "end each trace after so many accesses",
             {.min = 1});
  command->callback([arguments, &status] { status = demonstrate(*arguments); });
}

}  // namespace kilburn::platform
