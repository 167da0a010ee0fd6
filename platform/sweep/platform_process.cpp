#include "platform/sweep/platform_process.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "platform/configuration/parameter_table.h"

namespace kilburn::platform::sweep {

std::vector<StatisticValue> parse_statistics_list(const std::string& text) {
  std::vector<StatisticValue> list;
  for (const auto& row : nlohmann::json::parse(text)) {
    StatisticValue value{row.at(0).get<std::string>(), std::uint64_t{0},
                         row.at(2).get<std::string>()};
    if (row.at(1).is_number_unsigned()) {
      value.value = row.at(1).get<std::uint64_t>();
    } else if (row.at(1).is_number()) {
      value.value = row.at(1).get<double>();
    } else {
      value.value = std::numeric_limits<double>::quiet_NaN();  // JSON has null for it
    }
    list.push_back(std::move(value));
  }
  return list;
}

std::string failure_of(const ChildOutcome& outcome) {
  std::string message = outcome.err;
  while (!message.empty() && message.back() == '\n') message.pop_back();
  constexpr std::string_view prefix = "kilburn: ";
  if (message.starts_with(prefix)) message.erase(0, prefix.size());
  if (outcome.signal != 0) {
    message += fmt::format("{}ended by signal {}", message.empty() ? "" : "\n", outcome.signal);
  } else if (message.empty()) {
    message = fmt::format("ended with status {}", outcome.status);
  }
  return message;
}

std::string with_given_paths(std::string message, const Workload& workload) {
  for (std::size_t i = 0; i < workload.traces.size(); ++i) {
    const std::string& path = workload.traces[i].native();
    for (std::size_t at = message.find(path); at != std::string::npos;
         at = message.find(path, at + workload.given[i].size())) {
      message.replace(at, path.size(), workload.given[i]);
    }
  }
  return message;
}

std::optional<PointResult> run_platform(const std::string& program, const Space& space,
                                        const Point& point, const std::atomic<bool>& interrupt) {
  const Workload& workload = space.workloads()[point.workload];
  const bool of_drive = space.file().runs == runs_of_ssd;
  std::vector<std::string> arguments = {program};
  if (of_drive) arguments.emplace_back("ssd");
  arguments.insert(arguments.end(), {"run", "/dev/stdin", "--stats-list"});
  for (const auto& trace : workload.traces) {
    arguments.emplace_back(of_drive ? "--block-trace" : "--trace");
    arguments.push_back(trace.string());
  }
  if (space.file().limit) {
    arguments.emplace_back("--limit");
    arguments.push_back(fmt::format("{}", *space.file().limit));
  }
  const ParameterTable table = parameter_table(point.config, space.file().runs);
  const auto outcome = run_child(std::move(arguments), canonical_text(table), interrupt);
  if (!outcome) return std::nullopt;
  PointResult result{point.number, of_drive ? "ssd" : "platform", "", {}};
  if (outcome->status == 0) {
    result.statistics = parse_statistics_list(outcome->out);
  } else {
    result.error = with_given_paths(failure_of(*outcome), workload);
  }
  return result;
}

}  // namespace kilburn::platform::sweep
