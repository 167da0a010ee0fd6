// A sweep as a Slurm array job: each task a shard, collected into the one database.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/sweep/results_database.h"
#include "platform/sweep/slurm/slurm_folder.h"
#include "platform/sweep/slurm/slurm_queue.h"
#include "platform/sweep/space.h"

namespace kilburn::platform::sweep {

struct SlurmProgress {
  std::uint64_t points = 0;   ///< done or failed in this run
  std::uint64_t total = 0;    ///< of them, at the end
  std::uint64_t running = 0;  ///< tasks
  std::uint64_t waiting = 0;  ///< tasks
};

struct SlurmOptions {
  std::uint64_t tasks = 8;           ///< at most one a point
  unsigned attempts = 3;             ///< of a task, counted by this process
  std::vector<std::string> options;  ///< of sbatch, as they are
  bool allow_many = false;           ///< points
  std::function<void(const SlurmProgress&)> progress{};
  std::function<void(const std::string&)> notice{};  ///< something that the user should know
};

enum class SlurmEnd : std::uint8_t {
  collected,    ///< all tasks have ended; some may be lost
  interrupted,  ///< the job goes on without us
  cancelled,    ///< scancel of the whole job
};

/// The job is found again by its name, made from the database's path: this process may end, however
/// it does, and another one attach to the job.
class SlurmSweep {
 public:
  /// Submits the job. With `resume`, takes what is there: attaches to the job if there is one, and
  /// otherwise collects its shards and submits a job for the points that are not done. Throws
  /// InputError where the database cannot be used (as ResultsDatabase does), no cluster answers or
  /// the job is rejected; a database that was new is removed then.
  SlurmSweep(const Space& space, const std::string& database, bool resume, SlurmOptions options);

  /// Until all tasks have ended or `interrupt` is raised. A task that ended without all of its
  /// points is submitted again, and reported where it has no attempt left. Then the database has
  /// what the shards have, and the job's folder is gone unless points are missing.
  SlurmEnd wait(const std::atomic<bool>& interrupt);

  [[nodiscard]] ResultsDatabase& database() { return *database_; }
  [[nodiscard]] const std::string& job_name() const { return queue_.name(); }

 private:
  /// One task that has points to run.
  struct Shard {
    std::uint64_t wanted = 0;   ///< points
    std::uint64_t present = 0;  ///< of them, done or failed when last looked at
    unsigned attempts = 0;
    bool live = false;
    bool running = false;
    bool settled = false;  ///< all points are there, or no attempt is left
  };

  void open(bool resume, const std::map<std::uint64_t, SlurmTask>& tasks);
  void find_shards();
  void submit(const std::vector<std::uint64_t>& tasks);
  /// Looks at queue and shards. True where the job was cancelled.
  bool poll();
  void resubmit(const std::map<std::uint64_t, std::string>& lost);
  void collect();
  void merge_shards();
  [[nodiscard]] bool settled() const;
  void show_progress();

  const Space& space_;
  SlurmOptions options_;
  std::string path_;
  SlurmFolder folder_;
  SlurmQueue queue_;
  SlurmJobText job_;
  std::unique_ptr<ResultsDatabase> database_;
  std::map<std::uint64_t, Shard> shards_;  ///< by task
};

}  // namespace kilburn::platform::sweep
