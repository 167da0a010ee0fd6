#include "platform/cli/area_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>

#include "common/error.h"
#include "platform/cli/file_kind.h"
#include "platform/cli/number_option.h"
#include "platform/process/command_files.h"
#include "platform/process/exit_status.h"
#include "platform/process/progress.h"
#include "platform/process/source_folder.h"
#include "platform/process/user_interrupt.h"
#include "platform/report/area/known_areas.h"
#include "platform/report/area/synthesis.h"
#include "platform/report/area/synthesis_plan.h"

namespace kilburn::platform {

namespace {

using report::Synthesis;
using report::SynthesisEnd;

struct AreaArguments {
  std::string database;
  double minutes = 30;
  std::string script = source_folder() + "/rtl/burst_tlb/area";
};

/// What is left of the time that the user gives.
class Budget {
 public:
  explicit Budget(double minutes)
      : end_(std::chrono::steady_clock::now() +
             std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                 std::chrono::duration<double, std::ratio<60>>(minutes))) {}
  /// Whole seconds, rounded up; 0: it is over.
  [[nodiscard]] std::uint64_t seconds() const {
    const auto left =
        std::chrono::ceil<std::chrono::seconds>(end_ - std::chrono::steady_clock::now());
    return static_cast<std::uint64_t>(std::max<std::int64_t>(left.count(), 0));
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

/// Where the geometries that are left stand, and what the next ones would take.
std::string rest(const report::SynthesisPlan& plan) {
  const std::size_t left = plan.left().size(), between = plan.between();
  std::string text = "Nothing is synthesised yet: the page has no areas.\n";
  if (plan.synthesised_any()) {
    text = fmt::format(
        "The page estimates {} of those left between synthesised ones, {} beyond them{}.\n",
        between, left - between,
        left > between ? ": these get open marks, no front and no error" : "");
  }
  const auto corners = plan.missing_corners();
  if (corners.empty()) return text;
  double seconds = 0;
  for (const report::RtlGeometry& corner : corners) seconds += plan.expected_seconds(corner);
  return text +
         fmt::format(
             "{} at corners of the space {} put behind: about {:.0f} min more, the first {:.0f}; "
             "the last is {}.\n",
             corners.size(), corners.size() == 1 ? "was" : "were", std::ceil(seconds / 60),
             std::ceil(plan.expected_seconds(corners.front()) / 60), to_text(corners.back()));
}

int run(const AreaArguments& arguments) {
  require_results(arguments.database);
  CommandFiles().writes_database("database", arguments.database);
  const report::SweepResults results = report::read_sweep_results(arguments.database);
  const auto geometries = report::geometries_without_area(results);
  report::SynthesisPlan plan(geometries, known_areas(results.areas, &report::Area::gates));
  if (!std::filesystem::exists(arguments.script)) {
    throw InputError(
        fmt::format("{}: not there: the area is synthesised from the RTL of the source tree",
                    arguments.script));
  }
  InterruptFlag interrupt;
  sweep::ResultsDatabase database(arguments.database, arguments.database);
  const Budget budget(arguments.minutes);
  ProgressBar bar("kilburn sweep area", "geometries");
  bar.set_total(geometries.size());
  std::size_t done = 0;
  bool failed = false;
  while (budget.seconds() > 0) {
    const auto next = plan.next(static_cast<double>(budget.seconds()));
    if (!next) break;
    const report::RtlGeometry& geometry = *next;
    bar.set_note(fmt::format("{} of {}, {}", done, geometries.size(), to_text(geometry)));
    bar.update(done);
    const auto start = std::chrono::steady_clock::now();
    const Synthesis synthesis = report::synthesise(arguments.script, geometry, budget.seconds(),
                                                   interrupt.raised(), [&] { bar.update(done); });
    if (synthesis.end == SynthesisEnd::interrupted || synthesis.end == SynthesisEnd::over_time)
      break;
    if (synthesis.end == SynthesisEnd::failed) {
      failed = true;
      plan.leave_out(geometry);
      bar.finish();
      fmt::print(stderr, "kilburn: {}: {}\n", to_text(geometry), synthesis.message);
      continue;
    }
    database.add(synthesis.area);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    plan.synthesised(geometry, static_cast<double>(synthesis.area.gates), took.count());
    ++done;
  }
  bar.finish();
  fmt::print("{}: {} geometries synthesised, {} known before, {} left{}\n", arguments.database,
             done, results.areas.size(), geometries.size() - done,
             done == geometries.size() ? "" : ": the same command goes on with them");
  if (!plan.left().empty()) fmt::print("{}", rest(plan));
  if (interrupt.raised()) return interrupt.status();
  return failed ? exit_status::failure : exit_status::success;
}

}  // namespace

void add_area_command(CLI::App& sweep, int& status) {
  auto arguments = std::make_shared<AreaArguments>();
  CLI::App* command = sweep.add_subcommand(
      "area", "synthesise the TLBs of a results database with Yosys, corners of the space first");
  command->add_option("database", arguments->database, "results database")->required();
  add_positive(*command, "--minutes", arguments->minutes, "stop after this time")
      ->capture_default_str();
  command->callback([arguments, &status] { status = run(*arguments); });
}

}  // namespace kilburn::platform
