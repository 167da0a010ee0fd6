#include "platform/sweep/slurm/slurm_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

#include "common/error.h"
#include "common/text_file.h"
#include "platform/sweep/shell_word.h"

namespace kilburn::platform::sweep {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view shard_prefix = "shard_";

/// Points of a shard, see SlurmFolder::points.
std::optional<std::uint64_t> points_of(const std::string& file, bool live) {
  std::error_code none;
  const auto size = fs::file_size(file, none);
  if (none || size == 0) return 0;  // a task locks the file before it writes to it
  try {
    // Of a task that was killed, a transaction may have to be rolled back: that is a write.
    SqlConnection connection = open_results(file, live);
    SqlStatement select(connection, "SELECT count(*) FROM points");
    select.start();
    select.step();
    return static_cast<std::uint64_t>(select.integer(0));
  } catch (const InputError&) {
    if (live) return std::nullopt;
    return 0;  // damaged, or killed before its first commit
  }
}

std::string contents(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

SlurmFolder::SlurmFolder(const std::string& database)
    : database_(fs::absolute(database).string()), path_(database_ + ".slurm") {}

std::string SlurmFolder::shard(std::uint64_t task) const {
  return (path_ / fmt::format("{}{}.db", shard_prefix, task)).string();
}

std::string SlurmFolder::log(std::uint64_t task) const {
  return (path_ / fmt::format("task_{}.log", task)).string();
}

std::string SlurmFolder::script_text(const Space& space, const SlurmJobText& job) const {
  std::string sbatch = "sbatch";
  for (const std::string& option : job.options) sbatch.append(" ").append(shell_word(option));
  const auto in_folder = [&](const char* name) { return shell_word((path_ / name).string()); };
  // The processors that Slurm gave to the task, however they were asked for: SLURM_CPUS_PER_TASK is
  // there only with --cpus-per-task, and may come from the job that the sweep was submitted in.
  return fmt::format(
      "#!/bin/sh\n"
      "# One of the {0} tasks of {1}, as kilburn sweep --engine slurm submitted them: {2}\n"
      "exec {3} sweep {4} --space-at {5} --done-in {6} \\\n"
      "  -o {7}\"$SLURM_ARRAY_TASK_ID\".db --shard \"$SLURM_ARRAY_TASK_ID/{0}\" --resume{8} \\\n"
      "  --jobs \"$SLURM_CPUS_ON_NODE\"\n",
      job.tasks, job.name, sbatch, in_folder("kilburn"), in_folder("space.toml"),
      shell_word(fs::absolute(space.file().path).string()), shell_word(database_),
      in_folder(shard_prefix.data()), job.allow_many ? " --yes" : "");
}

void SlurmFolder::prepare(const Space& space, const SlurmJobText& job) const {
  try {
    fs::remove_all(path_);
    fs::create_directory(path_);
    fs::copy_file("/proc/self/exe", path_ / "kilburn");
  } catch (const fs::filesystem_error& error) {
    throw InputError(
        fmt::format("{}: cannot be prepared: {}", path_.string(), error.code().message()));
  }
  write_file_atomically((path_ / "space.toml").string(), space.file().text);
  write_file_atomically(script(), script_text(space, job));
}

bool SlurmFolder::holds(const Space& space, const SlurmJobText& job) const {
  return contents(script()) == script_text(space, job);
}

std::vector<std::string> SlurmFolder::shards() const {
  std::vector<std::string> found;
  std::error_code no_folder;
  for (const auto& entry : fs::directory_iterator(path_, no_folder)) {
    const fs::path& file = entry.path();
    if (file.filename().native().starts_with(shard_prefix) && file.extension() == ".db" &&
        points_of(file.string(), false) > 0) {
      found.push_back(file.string());
    }
  }
  std::ranges::sort(found);
  return found;
}

void SlurmFolder::remove() const {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::optional<std::uint64_t> SlurmFolder::points(std::uint64_t task, bool live) const {
  return points_of(shard(task), live);
}

std::string SlurmFolder::last_words(std::uint64_t task) const {
  constexpr int lines = 5;
  std::string text = contents(log(task));
  text.erase(text.find_last_not_of(" \n") + 1);
  if (text.empty()) {
    return fmt::format("{} is not there or empty: does the node share this file system?",
                       log(task));
  }
  std::size_t start = text.size();
  for (int line = 0; line < lines && start != std::string::npos && start > 0; ++line) {
    start = text.rfind('\n', start - 1);
  }
  return text.substr(start == std::string::npos || start == 0 ? 0 : start + 1);
}

}  // namespace kilburn::platform::sweep
