// The array job of a sweep, as Slurm has it: submitted, and asked for.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kilburn::platform::sweep {

/// The newest that Slurm knows of one task.
struct SlurmTask {
  std::uint64_t job = 0;  ///< of the array
  std::string state;      ///< in Slurm's words: RUNNING, TIMEOUT
  bool live = false;      ///< runs, or will without our doing
};

/// All of a user's jobs of one name are one sweep's: nothing about them has to be kept anywhere.
class SlurmQueue {
 public:
  explicit SlurmQueue(std::string name) : name_(std::move(name)) {}

  /// Submits tasks of these numbers; returns the job's. `options` go to sbatch as they are; the
  /// tasks run, and leave task_<number>.log, in `folder`. Throws InputError with sbatch's words
  /// where it rejects the job.
  std::uint64_t submit(const std::string& folder, const std::string& script,
                       const std::vector<std::uint64_t>& tasks,
                       const std::vector<std::string>& options) const;
  /// By number. Slurm forgets tasks some minutes after their end. Throws InputError with squeue's
  /// words where no cluster answers.
  [[nodiscard]] std::map<std::uint64_t, SlurmTask> tasks() const;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string name_;
};

/// An option of sbatch as given by the user, with its dashes: "partition=short" or
/// "--partition=short". Throws InputError where `submit` says it itself.
[[nodiscard]] std::string sbatch_option(std::string given);

}  // namespace kilburn::platform::sweep
