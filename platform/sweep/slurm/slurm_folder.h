// RESULTS.db.slurm: all that the tasks of a sweep read and write, on a file system that they share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "platform/sweep/results_database.h"
#include "platform/sweep/space.h"

namespace kilburn::platform::sweep {

/// What the job was asked to be. With the same again, the same job is meant.
struct SlurmJobText {
  std::string name;
  std::uint64_t tasks = 1;
  std::vector<std::string> options;  ///< of sbatch
  bool allow_many = false;           ///< points
};

/// The batch script; the space's text and this kilburn, as they were when the job was submitted, so
/// that both may be edited and built while tasks wait; and of each task its shard's database and
/// its log. Tasks are numbered from 1: task I runs shard I/N.
class SlurmFolder {
 public:
  explicit SlurmFolder(const std::string& database);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string script() const { return (path_ / "job.sh").string(); }
  [[nodiscard]] std::string shard(std::uint64_t task) const;
  [[nodiscard]] std::string log(std::uint64_t task) const;

  /// Empties the folder and writes the script, the space and the program. Throws InputError.
  void prepare(const Space& space, const SlurmJobText& job) const;
  /// True where the script is what `prepare` would write.
  [[nodiscard]] bool holds(const Space& space, const SlurmJobText& job) const;
  /// Databases of shards that hold points.
  [[nodiscard]] std::vector<std::string> shards() const;
  /// Without complaint where something cannot be removed.
  void remove() const;

  /// Points of the task's shard that are done or failed. While the task may be writing, nothing
  /// where they cannot be read at the moment.
  [[nodiscard]] std::optional<std::uint64_t> points(std::uint64_t task, bool live) const;
  /// The last lines of the task's log, or why there are none.
  [[nodiscard]] std::string last_words(std::uint64_t task) const;

 private:
  [[nodiscard]] std::string script_text(const Space& space, const SlurmJobText& job) const;

  std::string database_;  ///< the one that is collected into
  std::filesystem::path path_;
};

}  // namespace kilburn::platform::sweep
