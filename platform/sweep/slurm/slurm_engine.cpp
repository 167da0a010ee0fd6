#include "platform/sweep/slurm/slurm_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "common/error.h"
#include "platform/sweep/workloads.h"

namespace kilburn::platform::sweep {

namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// One name, however the path is written. Example: "kilburn-results.db-1f0c22d3".
std::string job_name_of(const std::string& database) {
  const fs::path path = fs::weakly_canonical(fs::absolute(database));
  std::string name = path.filename().string();
  std::ranges::replace_if(  // squeue takes a list of names, and sbatch replaces what follows a %
      name, [](unsigned char c) { return c == ',' || c == '%' || c <= ' ' || c > '~'; }, '_');
  return fmt::format("kilburn-{}-{}", name, hash_text(path.string()).substr(0, 8));
}

/// Short sweeps are watched closely, and a controller is not burdened by long ones, nor by slow
/// file systems.
milliseconds pause_after(SteadyClock::duration since_start, SteadyClock::duration last_poll) {
  const auto pause = std::max(since_start / 20, last_poll * 10);
  return std::clamp(std::chrono::duration_cast<milliseconds>(pause), milliseconds(300),
                    milliseconds(15'000));
}

/// False where `interrupt` was raised meanwhile.
bool sleep_for(milliseconds pause, const std::atomic<bool>& interrupt) {
  constexpr milliseconds look_every(50);
  for (const auto end = SteadyClock::now() + pause; SteadyClock::now() < end;) {
    if (interrupt.load(std::memory_order_relaxed)) return false;
    std::this_thread::sleep_for(look_every);
  }
  return !interrupt.load(std::memory_order_relaxed);
}

}  // namespace

SlurmSweep::SlurmSweep(const Space& space, const std::string& database, bool resume,
                       SlurmOptions options)
    : space_(space),
      options_(std::move(options)),
      path_(database),
      folder_(database),
      queue_(job_name_of(database)),
      job_{queue_.name(), std::min(options_.tasks, space.size()), options_.options,
           options_.allow_many} {
  const auto tasks = queue_.tasks();  // before anything is made: is there a cluster?
  const bool is_new = !fs::exists(database);
  database_ = std::make_unique<ResultsDatabase>(database, space, resume);
  try {
    open(resume, tasks);
  } catch (...) {
    database_.reset();
    std::error_code ignored;
    if (is_new) fs::remove(database, ignored);
    throw;
  }
}

void SlurmSweep::open(bool resume, const std::map<std::uint64_t, SlurmTask>& tasks) {
  const auto live = std::ranges::find_if(tasks, [](const auto& task) { return task.second.live; });
  if (live != tasks.end()) {
    const std::uint64_t job = live->second.job;
    if (!resume) {
      throw InputError(fmt::format(
          "{}: job {} of an earlier sweep into it still runs: --resume attaches to it, scancel "
          "--me --name={} ends it",
          path_, job, queue_.name()));
    }
    if (!folder_.holds(space_, job_)) {
      throw InputError(fmt::format(
          "{}: job {} runs, and was submitted otherwise: repeat that command's space, --tasks and "
          "--slurm-option (they are in {}), or end the job: scancel --me --name={}",
          path_, job, folder_.script(), queue_.name()));
    }
    find_shards();
    for (auto& [task, shard] : shards_) {
      shard.attempts = 1;
      shard.live = true;
    }
    options_.notice(fmt::format("attached to job {}", job));
    return;
  }

  if (!resume && !folder_.shards().empty()) {
    throw InputError(
        fmt::format("{}: holds points of an earlier sweep: --resume takes them, or remove it",
                    folder_.path().string()));
  }
  merge_shards();
  find_shards();
  if (shards_.empty()) {
    folder_.remove();
    return;
  }
  std::vector<std::uint64_t> to_run;
  for (const auto& [task, shard] : shards_) to_run.push_back(task);
  try {
    folder_.prepare(space_, job_);
    submit(to_run);
  } catch (...) {
    folder_.remove();
    throw;
  }
}

void SlurmSweep::find_shards() {
  const std::vector<bool> done = database_->done_points();
  for (std::uint64_t number = 0; number < done.size(); ++number) {
    if (!done[number]) ++shards_[number % job_.tasks + 1].wanted;
  }
}

void SlurmSweep::submit(const std::vector<std::uint64_t>& tasks) {
  const std::uint64_t job =
      queue_.submit(folder_.path().string(), folder_.script(), tasks, options_.options);
  for (const std::uint64_t task : tasks) {
    ++shards_[task].attempts;
    shards_[task].live = true;
  }
  options_.notice(fmt::format("job {} submitted: {} task{}, {}", job, tasks.size(),
                              tasks.size() == 1 ? "" : "s", folder_.path().string()));
}

SlurmEnd SlurmSweep::wait(const std::atomic<bool>& interrupt) {
  const auto start = SteadyClock::now();
  std::string silence;  // why Slurm did not answer, told once
  while (!settled()) {
    const auto before = SteadyClock::now();
    try {
      if (poll()) {
        collect();
        return SlurmEnd::cancelled;
      }
      silence.clear();
    } catch (const InputError& error) {
      if (silence != error.what()) options_.notice(fmt::format("{}\nwaiting", error.what()));
      silence = error.what();
    }
    show_progress();
    const auto now = SteadyClock::now();
    if (!settled() && !sleep_for(pause_after(now - start, now - before), interrupt)) {
      return SlurmEnd::interrupted;
    }
  }
  collect();
  return SlurmEnd::collected;
}

bool SlurmSweep::poll() {
  const auto tasks = queue_.tasks();  // before the shards: what has ended has written all it will
  std::map<std::uint64_t, std::string> lost;  // states by task
  // After scancel of the whole job, some tasks are cancelled while others still end.
  const bool ending = std::ranges::any_of(
      tasks, [](const auto& task) { return task.second.state == "COMPLETING"; });
  std::size_t were_live = 0;
  std::size_t cancelled = 0;
  for (auto& [task, shard] : shards_) {
    if (shard.settled) continue;
    const auto known = tasks.find(task);
    const bool is_live = known != tasks.end() && known->second.live;
    if (shard.live) ++were_live;
    shard.present = folder_.points(task, is_live).value_or(shard.present);
    shard.running = is_live && known->second.state != "PENDING";
    shard.settled = !is_live && shard.present >= shard.wanted;
    if (is_live || (ending && !shard.settled)) continue;
    const std::string state = known == tasks.end() ? "forgotten by Slurm" : known->second.state;
    if (shard.live && !shard.settled && state == "CANCELLED") ++cancelled;
    shard.live = false;
    if (!shard.settled) lost.emplace(task, state);
  }
  if (cancelled > 0 && cancelled == were_live) return true;
  if (!lost.empty()) resubmit(lost);
  return false;
}

void SlurmSweep::resubmit(const std::map<std::uint64_t, std::string>& lost) {
  std::vector<std::uint64_t> again;
  std::vector<std::string> notices;
  for (const auto& [task, state] : lost) {
    Shard& shard = shards_[task];
    const std::string what = fmt::format("task {} of {} was lost ({}) with {} of {} points", task,
                                         job_.tasks, state, shard.present, shard.wanted);
    if (shard.attempts < options_.attempts) {
      notices.push_back(
          fmt::format("{}: attempt {} of {}", what, shard.attempts + 1, options_.attempts));
      again.push_back(task);
    } else {
      shard.settled = true;
      options_.notice(fmt::format("{}, {} times; {} ends with:\n{}", what, shard.attempts,
                                  folder_.log(task), folder_.last_words(task)));
    }
  }
  if (again.empty()) return;
  submit(again);  // where it throws, the next poll finds the same tasks lost
  for (const std::string& notice : notices) options_.notice(notice);
}

void SlurmSweep::merge_shards() {
  for (const std::string& shard : folder_.shards()) database_->merge(shard);
}

void SlurmSweep::collect() {
  merge_shards();
  const PointCounts counts = database_->counts();
  if (counts.done + counts.failed == space_.size()) folder_.remove();
}

bool SlurmSweep::settled() const {
  return std::ranges::all_of(shards_, [](const auto& shard) { return shard.second.settled; });
}

void SlurmSweep::show_progress() {
  SlurmProgress progress;
  for (const auto& [task, shard] : shards_) {
    progress.points += shard.present;
    progress.total += shard.wanted;
    ++(shard.running ? progress.running : progress.waiting);
    if (shard.settled) --progress.waiting;
  }
  options_.progress(progress);
}

}  // namespace kilburn::platform::sweep
