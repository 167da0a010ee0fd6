#include "platform/report_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "common/text_file.h"
#include "platform/report/report_page.h"
#include "platform/report/sweep_results.h"

namespace kilburn::platform {

namespace {

struct ReportArguments {
  std::string results;
  std::string output;
};

void write_report(const ReportArguments& arguments) {
  report::SweepResults results = report::read_sweep_results(arguments.results);
  const std::size_t points = results.points.size();
  const auto done =
      static_cast<std::size_t>(std::ranges::count(results.points, true, &report::Point::done));
  write_file_atomically(arguments.output, report::report_page(std::move(results)));
  fmt::print("{}: {} points, {} done, {} failed{}\n", arguments.output, points, done, points - done,
             done == 0 ? ": nothing to draw" : "");
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
