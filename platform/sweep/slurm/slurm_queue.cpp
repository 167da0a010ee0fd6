#include "platform/sweep/slurm/slurm_queue.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>
#include <utility>

#include "common/error.h"
#include "common/parameter_values.h"
#include "platform/sweep/slurm/slurm_command.h"

namespace kilburn::platform::sweep {

namespace {

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

bool has_ended(std::string_view state) {
  constexpr std::array<std::string_view, 11> ends = {
      "BOOT_FAIL", "CANCELLED",     "COMPLETED", "DEADLINE", "FAILED",       "NODE_FAIL",
      "REVOKED",   "OUT_OF_MEMORY", "PREEMPTED", "TIMEOUT",  "LAUNCH_FAILED"};
  return std::ranges::find(ends, state) != ends.end();
}

/// A path in which sbatch replaces nothing.
std::string without_patterns(std::string_view path) {
  std::string text;
  for (const char c : path) {
    if (c == '%') text += c;
    text += c;
  }
  return text;
}

/// Sorted numbers as sbatch's --array has them. Example: "1-3,7".
std::string array_text(const std::vector<std::uint64_t>& numbers) {
  std::vector<std::string> ranges;
  for (std::size_t first = 0; first < numbers.size();) {
    std::size_t last = first;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    ranges.push_back(first == last ? fmt::format("{}", numbers[first])
                                   : fmt::format("{}-{}", numbers[first], numbers[last]));
    first = last + 1;
  }
  return fmt::format("{}", fmt::join(ranges, ","));
}

}  // namespace

std::uint64_t SlurmQueue::submit(const std::string& folder, const std::string& script,
                                 const std::vector<std::uint64_t>& tasks,
                                 const std::vector<std::string>& options) const {
  // A task goes on with its shard wherever it runs next, so Slurm may requeue it itself.
  std::vector<std::string> command = {"sbatch", "--ntasks=1", "--requeue"};
  command.insert(command.end(), options.begin(), options.end());
  for (std::string ours :
       {std::string("--parsable"), "--job-name=" + name_, "--array=" + array_text(tasks),
        "--chdir=" + folder, fmt::format("--output={}/task_%a.log", without_patterns(folder)),
        std::string("--open-mode=append"), script}) {
    command.push_back(std::move(ours));
  }
  const SlurmCommandOutcome outcome = run_slurm_command(std::move(command));
  if (outcome.status != 0) {
    throw InputError(fmt::format("Slurm rejected the job:\n{}", trimmed(outcome.err)));
  }
  const auto job = parse_digits(trimmed(outcome.out.substr(0, outcome.out.find(';'))));
  if (!job) {
    throw InputError(fmt::format("sbatch gave no job number, but: {}", printable(outcome.out)));
  }
  return *job;
}

std::map<std::uint64_t, SlurmTask> SlurmQueue::tasks() const {
  const SlurmCommandOutcome outcome =
      run_slurm_command({"squeue", "--me", "--name=" + name_, "--states=all", "--array",
                         "--noheader", "--format=%F|%K|%T"});
  if (outcome.status != 0) {
    throw InputError(fmt::format("no Slurm cluster answers:\n{}", trimmed(outcome.err)));
  }
  std::map<std::uint64_t, SlurmTask> tasks;
  std::istringstream lines(outcome.out);
  for (std::string job, number, state; std::getline(lines, job, '|') &&
                                       std::getline(lines, number, '|') &&
                                       std::getline(lines, state);) {
    const auto parsed_job = parse_digits(job);
    const auto parsed_number = parse_digits(number);
    if (!parsed_job || !parsed_number) continue;  // a job of our name that is no array: not ours
    const SlurmTask task{*parsed_job, state, !has_ended(state)};
    SlurmTask& newest = tasks[*parsed_number];
    if (std::pair(task.live, task.job) >= std::pair(newest.live, newest.job)) newest = task;
  }
  return tasks;
}

std::string sbatch_option(std::string given) {
  if (given.empty() || given.find_first_of("\n\r") != std::string::npos) {
    throw InputError(
        fmt::format("--slurm-option {}: allowed is one option of sbatch, as in partition=short",
                    printable(given)));
  }
  std::string option = given.starts_with('-') ? std::move(given) : "--" + given;
  const std::string_view name = std::string_view(option).substr(0, option.find('='));
  constexpr std::array<std::string_view, 9> taken = {"--array",    "--job-name", "--chdir",
                                                     "--output",   "--error",    "--open-mode",
                                                     "--parsable", "--wrap",     "--wait"};
  constexpr std::array<std::string_view, 6> taken_letters = {"-a", "-J", "-D", "-o", "-e", "-W"};
  if (std::ranges::find(taken, name) != taken.end() ||
      std::ranges::find(taken_letters, name.substr(0, 2)) != taken_letters.end()) {
    throw InputError(
        fmt::format("--slurm-option {}: the sweep sets that itself", printable(option)));
  }
  return option;
}

}  // namespace kilburn::platform::sweep
