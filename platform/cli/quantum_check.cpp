#include "platform/cli/quantum_check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <future>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "common/error.h"
#include "platform/configuration/parameter_table.h"
#include "platform/process/child_process.h"
#include "platform/process/exit_status.h"
#include "platform/process/progress.h"
#include "platform/process/user_interrupt.h"
#include "platform/sweep/platform_process.h"

namespace kilburn::platform {

namespace {

using Value = StatisticDifference::Value;

constexpr Cycles finer = 10;  ///< times

double number(const Value& value) {
  return std::visit([](auto number) { return static_cast<double>(number); }, value);
}

bool is_nan(const Value& value) {
  return std::isnan(number(value));
}

bool same(const Value& a, const Value& b) {
  return a == b || (is_nan(a) && is_nan(b));
}

double relative_difference(const Value& first, const Value& second) {
  if (is_nan(first) || is_nan(second)) return 1;
  // Of integers beyond 53 bits the difference itself is exact.
  const auto* const a = std::get_if<std::uint64_t>(&first);
  const auto* const b = std::get_if<std::uint64_t>(&second);
  const double difference = a != nullptr && b != nullptr ? (*a < *b ? -static_cast<double>(*b - *a)
                                                                    : static_cast<double>(*a - *b))
                                                         : number(first) - number(second);
  return difference / std::max(std::abs(number(first)), std::abs(number(second)));
}

std::string text_of(const std::optional<Value>& value) {
  if (!value) return "-";
  if (const auto* count = std::get_if<std::uint64_t>(&*value)) return fmt::format("{}", *count);
  return fmt::format("{:.6g}", std::get<double>(*value));
}

std::string per_cent(double relative) {
  return relative == 0 ? "0 %" : fmt::format("{:+.3g} %", 100 * relative);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

/// The first line that differs, of both.
std::string console_difference(const QuantumRun& first, const QuantumRun& second) {
  const std::vector<std::string> a = lines_of(first.console);
  const std::vector<std::string> b = lines_of(second.console);
  std::size_t at = 0;
  while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
  const auto line = [&](const std::vector<std::string>& lines) -> std::string {
    return at < lines.size() ? lines[at] : "(the end)";
  };
  return fmt::format(
      "the console's output differs from line {} on:\n  at {:>9}: {}\n  at {:>9}: {}\n", at + 1,
      first.quantum, line(a), second.quantum, line(b));
}

std::string outcome_report(const QuantumRun& first, const QuantumRun& second) {
  std::string text;
  if (first.status != second.status) {
    text += fmt::format("the exit status differs: {} at {} cycles, {} at {}\n", first.status,
                        first.quantum, second.status, second.quantum);
  }
  if (first.console != second.console) text += console_difference(first, second);
  if (text.empty())
    text = fmt::format("exit status {} and the console's output: identical\n", first.status);
  return text;
}

/// "hart0.cycles", "platform.cycles".
bool is_cycles(const StatisticValue& value) {
  return value.unit == "cycles" && value.path.ends_with(".cycles") &&
         std::ranges::count(value.path, '.') == 1 &&
         std::holds_alternative<std::uint64_t>(value.value);
}

struct Row {
  std::string name;
  std::string first;
  std::string second;
  std::string difference;
};

std::string table(const std::vector<Row>& rows) {
  std::size_t widths[3] = {};
  for (const Row& row : rows) {
    widths[0] = std::max(widths[0], row.name.size());
    widths[1] = std::max(widths[1], row.first.size());
    widths[2] = std::max(widths[2], row.second.size());
  }
  std::string text;
  for (const Row& row : rows) {
    text += fmt::format("  {:<{}}  {:>{}}  {:>{}}  {:>11}\n", row.name, widths[0], row.first,
                        widths[1], row.second, widths[2], row.difference);
  }
  return text;
}

Row heading(std::string name, const QuantumRun& first, const QuantumRun& second) {
  return {std::move(name), fmt::format("at {}", first.quantum),
          fmt::format("at {}", second.quantum), "difference"};
}

std::string time_report(const QuantumRun& first, const QuantumRun& second,
                        std::uint32_t frequency_mhz) {
  std::vector<Row> rows{heading("", first, second)};
  std::uint64_t most[2] = {};
  for (const StatisticValue& a : first.statistics) {
    if (!is_cycles(a)) continue;
    const auto b = std::ranges::find(second.statistics, a.path, &StatisticValue::path);
    if (b == second.statistics.end() || !is_cycles(*b)) continue;
    rows.push_back(
        {a.path, text_of(a.value), text_of(b->value),
         same(a.value, b->value) ? "0 %" : per_cent(relative_difference(a.value, b->value))});
    most[0] = std::max(most[0], std::get<std::uint64_t>(a.value));
    most[1] = std::max(most[1], std::get<std::uint64_t>(b->value));
  }
  const auto milliseconds = [&](std::uint64_t cycles) {
    return fmt::format("{:.6f}", static_cast<double>(cycles) / (1e3 * frequency_mhz));
  };
  rows.push_back({"simulated time (ms)", milliseconds(most[0]), milliseconds(most[1]),
                  most[0] == most[1] ? "0 %" : per_cent(relative_difference(most[0], most[1]))});
  return table(rows);
}

std::string statistics_report(const QuantumRun& first, const QuantumRun& second) {
  const std::vector<StatisticDifference> all = differences(first.statistics, second.statistics);
  if (all.empty()) return fmt::format("{} statistics: identical\n", first.statistics.size());
  std::vector<Row> rows{heading("statistic", first, second)};
  for (const StatisticDifference& each : all) {
    rows.push_back({each.unit.empty() ? each.path : fmt::format("{} ({})", each.path, each.unit),
                    text_of(each.first), text_of(each.second), per_cent(each.relative)});
  }
  return fmt::format("{} of {} statistics differ\n{}\nlargest difference: {}, {}\n", all.size(),
                     first.statistics.size(), table(rows), per_cent(all.front().relative),
                     all.front().path);
}

/// All that standard input will ever give.
std::string console_input() {
  if (isatty(STDIN_FILENO) != 0) {
    throw InputError(
        "--check-quantum: standard input is a terminal: both runs need the same input, so allowed "
        "is a file or a pipe, or < /dev/null");
  }
  std::string input;
  char buffer[4096];
  for (;;) {
    const ssize_t got = read(STDIN_FILENO, buffer, sizeof buffer);
    if (got > 0) {
      input.append(buffer, static_cast<std::size_t>(got));
    } else if (got == 0 || errno == EBADF) {
      return input;
    } else if (errno != EINTR) {
      throw InputError(
          fmt::format("--check-quantum: standard input: cannot read: {}", std::strerror(errno)));
    }
  }
}

std::vector<std::string> command_of(const QuantumCheck& check, Cycles quantum) {
  PlatformConfig config = check.config;
  config.clock.quantum_cycles = static_cast<std::uint32_t>(quantum);
  std::vector<std::string> command = {"/proc/self/exe", "run", "--stats-list"};
  std::istringstream settings(canonical_text(parameter_table(config, check.use)));
  for (std::string setting; std::getline(settings, setting);) {
    command.insert(command.end(), {"--set", setting});
  }
  command.insert(command.end(), check.arguments.begin(), check.arguments.end());
  return command;
}

QuantumRun run_of(const sweep::ChildOutcome& outcome, Cycles quantum) {
  if (outcome.out.empty()) {
    const std::string failure = sweep::failure_of(outcome);
    if (outcome.status == exit_status::bad_input) throw InputError(failure);
    throw std::runtime_error(fmt::format("the run at a quantum of {}: {}", quantum, failure));
  }
  return {.quantum = quantum,
          .status = outcome.status,
          .console = outcome.err,
          .statistics = sweep::parse_statistics_list(outcome.out)};
}

}  // namespace

std::vector<StatisticDifference> differences(const std::vector<StatisticValue>& first,
                                             const std::vector<StatisticValue>& second) {
  std::map<std::string_view, const StatisticValue*> others;
  for (const StatisticValue& b : second) others[b.path] = &b;
  std::vector<StatisticDifference> all;
  for (const StatisticValue& a : first) {
    const auto b = others.find(a.path);
    if (b == others.end()) {
      all.push_back(
          {.path = a.path, .unit = a.unit, .first = a.value, .second = {}, .relative = 1});
      continue;
    }
    if (!same(a.value, b->second->value)) {
      all.push_back({.path = a.path,
                     .unit = a.unit,
                     .first = a.value,
                     .second = b->second->value,
                     .relative = relative_difference(a.value, b->second->value)});
    }
    others.erase(b);
  }
  for (const StatisticValue& b : second) {
    if (!others.contains(b.path)) continue;
    all.push_back({.path = b.path, .unit = b.unit, .first = {}, .second = b.value, .relative = 1});
  }
  std::ranges::stable_sort(all, std::ranges::greater{},
                           [](const StatisticDifference& each) { return std::abs(each.relative); });
  return all;
}

std::string quantum_report(const QuantumRun& first, const QuantumRun& second,
                           std::uint32_t frequency_mhz) {
  return fmt::format("a quantum of {} cycles and one of {}\n\n{}\n{}\n{}", first.quantum,
                     second.quantum, outcome_report(first, second),
                     time_report(first, second, frequency_mhz), statistics_report(first, second));
}

int check_quantum(const QuantumCheck& check) {
  const Cycles quantum = check.config.clock.quantum_cycles;
  if (quantum < 2) {
    throw InputError(
        "--check-quantum: clock.quantum_cycles = 1: allowed is 2 and more, as the same is run at a "
        "tenth of it");
  }
  const Cycles tenth = std::max<Cycles>(quantum / finer, 1);
  const std::string input = console_input();
  std::vector<std::string> command = command_of(check, quantum);
  if (!check.statistics_file.empty()) {
    command.insert(command.end(), {"--stats", check.statistics_file});
  }
  InterruptFlag interrupt;
  const std::atomic<bool>& stop = interrupt.raised();
  auto beside = std::async(std::launch::async,
                           [&] { return sweep::run_child(command_of(check, tenth), input, stop); });
  ProgressBar bar("kilburn run --check-quantum", "");
  const auto coarse =
      sweep::run_child(std::move(command), input, stop, {.meanwhile = [&] { bar.update(); }});
  while (beside.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) bar.update();
  const auto fine = beside.get();
  bar.finish();
  if (!coarse || !fine) {
    fmt::print(stderr, "kilburn: --check-quantum: interrupted\n");
    return interrupt.status();
  }
  const QuantumRun first = run_of(*coarse, quantum);
  const QuantumRun second = run_of(*fine, tenth);
  fmt::print("{}\n{}", first.console,
             quantum_report(first, second, check.config.clock.frequency_mhz));
  return first.status;
}

}  // namespace kilburn::platform
