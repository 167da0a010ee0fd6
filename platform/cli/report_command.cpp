#include "platform/cli/report_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/output_file.h"
#include "common/text_file.h"
#include "platform/cli/file_kind.h"
#include "platform/process/command_files.h"
#include "platform/process/progress.h"
#include "platform/process/user_interrupt.h"
#include "platform/report/page/report_page.h"
#include "platform/sweep/sweep_results.h"

namespace kilburn::platform {

namespace {

struct ReportArguments {
  std::string results;
  std::string output;
};

/// Of how many points the area is synthesised, and what it is of the others.
void print_area(std::FILE* told, const report::AreaColumn& area) {
  using report::AreaSource;
  const std::size_t synthesised = area.count(AreaSource::synthesised);
  const std::size_t other = area.count(AreaSource::other_policy);
  const std::size_t between = area.count(AreaSource::between);
  const std::size_t beyond = area.count(AreaSource::beyond);
  // Flip-flops come from where the gates come.
  if (!area.path.ends_with(".gates") || !area.is_synthesised_somewhere()) return;
  fmt::print(
      told,
      "{}: of {} points synthesised, of {} with another replacement, of {} estimated between "
      "those{}\n",
      area.path, synthesised, other, between,
      beyond == 0 ? "" : fmt::format(", of {} beyond them: on no front", beyond));
}

void write_report(const ReportArguments& arguments) {
  require_results(arguments.results);
  CommandFiles files;
  files.reads_database("results", arguments.results);
  files.writes("-o", arguments.output, CommandFiles::Dash::standard_output);
  InterruptFlag interrupt;
  ProgressBar bar("kilburn report", "");
  auto deadline = std::make_unique<InterruptDeadline>(
      interrupt, std::vector<std::filesystem::path>{}, [&] { bar.update(); });
  report::SweepResults results = report::read_sweep_results(arguments.results);
  const std::size_t points = results.points.size();
  const auto done =
      static_cast<std::size_t>(std::ranges::count(results.points, true, &report::Point::done));
  const report::Page page = report::report_page(std::move(results));
  deadline.reset();  // what is begun to be written now is written
  bar.finish();
  if (interrupt.raised()) throw Interrupted{interrupt.status()};
  write_file_atomically(arguments.output, page.text);
  std::FILE* const told = is_standard_output(arguments.output) ? stderr : stdout;
  fmt::print(told, "{}: {} points, {} done, {} failed{}\n", arguments.output, points, done,
             points - done, done == 0 ? ": nothing to draw" : "");
  for (const report::AreaColumn& area : page.areas) print_area(told, area);
}

}  // namespace

void add_report_command(CLI::App& app) {
  auto arguments = std::make_shared<ReportArguments>();
  CLI::App* command = app.add_subcommand("report", "one page that shows a sweep's results");
  command->add_option("results", arguments->results, "results of kilburn sweep (RESULTS.db)")
      ->required();
  command->add_option("-o,--output", arguments->output, "the page to write (HTML)")->required();
  command->callback([arguments] { write_report(*arguments); });
}

}  // namespace kilburn::platform
