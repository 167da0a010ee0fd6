#include "platform/cli/sweep_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/error.h"
#include "common/number_text.h"
#include "common/parameter_values.h"
#include "common/text_file.h"
#include "platform/cli/area_command.h"
#include "platform/cli/choice_option.h"
#include "platform/cli/file_kind.h"
#include "platform/cli/number_option.h"
#include "platform/process/command_files.h"
#include "platform/process/progress.h"
#include "platform/process/user_interrupt.h"
#include "platform/report/area/area_columns.h"
#include "platform/sweep/export.h"
#include "platform/sweep/local_runner.h"
#include "platform/sweep/slurm/slurm_engine.h"
#include "platform/sweep/slurm/slurm_folder.h"

namespace kilburn::platform {

namespace {

using namespace sweep;

struct Shard {
  std::uint64_t index = 0;  ///< from 0
  std::uint64_t count = 1;
};

struct SweepArguments {
  std::string space;
  std::string output;
  unsigned jobs = std::max(std::thread::hardware_concurrency(), 1U);
  bool resume = false;
  bool yes = false;
  bool dry_run = false;
  std::string shard;
  std::string space_at;
  std::string done_in;
  bool slurm = false;
  std::uint64_t tasks = SlurmOptions{}.tasks;
  unsigned attempts = SlurmOptions{}.attempts;
  std::vector<std::string> slurm_options;
};

struct OutputArguments {
  std::string database;
  std::vector<std::string> shards;
  std::string output;
  report::GateEquivalents weights;  ///< of areas in the CSV
};

Shard parse_shard(const std::string& text) {
  if (text.empty()) return {};
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto index = parse_whole_number(text.substr(0, slash));
  const auto count = parse_whole_number(text.substr(std::min(slash + 1, text.size())));
  if (!index || !count || *index < 1 || *index > *count) {
    throw InputError(fmt::format("--shard {}: allowed is I/N with I from 1 to N", printable(text)));
  }
  return {*index - 1, *count};
}

/// Points of the shard that are not done. Neighbours go to different shards: where one is slow, the
/// next is mostly slow, too.
std::vector<std::uint64_t> points_to_run(const Space& space, Shard shard,
                                         const std::vector<bool>& done) {
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t n = shard.index; n < space.size(); n += shard.count) {
    if (done.empty() || !done[n]) numbers.push_back(n);
  }
  return numbers;
}

std::string axis_line(const Space& space, const Axis& axis) {
  std::string text = fmt::format("  {:<13} {}", to_string(axis.kind), axis.path);
  if (axis.kind == AxisKind::trace) {
    std::vector<std::string_view> names;
    for (const Workload& workload : space.workloads()) names.push_back(workload.name);
    return text + fmt::format(": {}", fmt::join(names, ", "));
  }
  for (const Dimension& dimension : space.file().dimensions) {
    if (dimension.path != axis.path || dimension.kind != axis.kind) continue;
    constexpr std::size_t shown = 20;
    const std::size_t size = dimension.labels.size();
    const auto end = dimension.labels.begin() + static_cast<std::ptrdiff_t>(std::min(size, shown));
    text += fmt::format(": {}", fmt::join(dimension.labels.begin(), end, ", "));
    if (size > shown) text += fmt::format(", ... ({} values)", size);
  }
  return axis.unit.empty() ? text : fmt::format("{} ({})", text, axis.unit);
}

void print_plan(const Space& space, const Plan& plan, std::uint64_t points) {
  fmt::print("{}: {} points", space.file().name, points);
  if (points != space.size()) fmt::print(" of {} that the space has", space.size());
  if (space.size() != space.combinations()) {
    fmt::print(" of {} combinations", space.combinations());
  }
  fmt::print("\n");
  for (const Axis& axis : space.axes()) fmt::print("{}\n", axis_line(space, axis));
  for (const std::string& line : space.left_out()) fmt::print("{}\n", line);
  if (space.file().runs == runs_of_ssd) {
    fmt::print("ssd: {} points, each a process\n", plan.platform_points);
    return;
  }
  fmt::print("translation engine: {} points in {} groups, {} passes\n", plan.translation_points,
             plan.groups, plan.chunks.size() - plan.platform_points);
  fmt::print("platform: {} points, each a process{}\n", plan.platform_points,
             plan.obstacle.empty() ? "" : fmt::format(" (the first: {})", plan.obstacle));
}

/// Draws points done, and accesses where all traces say how many they hold.
class SweepBar {
 public:
  SweepBar(const Space& space, const Plan& plan) : bar_("kilburn sweep") {
    const std::vector<std::uint64_t> expected = expected_accesses(space);
    std::uint64_t total = 0;
    bool known = true;
    for (const Chunk& chunk : plan.chunks) {
      points_ += chunk.points.size();
      total += chunk.points.size() * expected[chunk.workload];
      known = known && expected[chunk.workload] > 0;
    }
    if (known) bar_.set_total(total);
  }
  void update(const SweepProgress& progress) {
    bar_.set_note(fmt::format("{} of {} points", progress.points, points_));
    bar_.update(progress.accesses);
  }
  void finish() { bar_.finish(); }

 private:
  ProgressBar bar_;
  std::uint64_t points_ = 0;
};

/// Throws InputError where the database is one of the space's files.
void check_files(const SweepArguments& arguments, const Space& space) {
  CommandFiles files;
  files.reads("space", arguments.space);
  files.reads_database("--done-in", arguments.done_in);
  std::set<std::filesystem::path> traces;
  for (const Workload& workload : space.workloads()) {
    traces.insert(workload.traces.begin(), workload.traces.end());
  }
  for (const std::filesystem::path& trace : traces) files.reads("trace", trace);
  files.writes_database("-o", arguments.output);
  if (arguments.slurm) {
    files.writes_folder("the folder of --engine slurm,", SlurmFolder(arguments.output).path());
  }
}

/// What came of it, and the exit status.
int report_outcome(SqlConnection& connection, PointCounts counts, std::uint64_t wanted) {
  const std::uint64_t missing = wanted - std::min(wanted, counts.done + counts.failed);
  fmt::print("{}: {} points done, {} failed, {} missing\n", connection.path(), counts.done,
             counts.failed, missing);
  if (counts.failed > 0) {
    constexpr unsigned shown = 5;
    for (const std::string& message : first_failures(connection, shown)) {
      fmt::print(stderr, "kilburn: {}\n", message);
    }
    if (counts.failed > shown) fmt::print(stderr, "kilburn: ... ({} failed)\n", counts.failed);
  }
  return counts.failed > 0 || missing > 0 ? 1 : 0;
}

/// A Slurm task's space is a copy: what it names lies where the original was.
SpaceFile space_file(const SweepArguments& arguments) {
  SpaceFile file = read_space_file(arguments.space);
  if (arguments.space_at.empty()) return file;
  return parse_space(std::move(file.text), arguments.space_at);
}

/// By number, or empty: what another database has.
std::vector<bool> done_elsewhere(const SweepArguments& arguments, const Space& space) {
  if (arguments.done_in.empty()) return {};
  SqlConnection connection = open_results(arguments.done_in, true);
  if (identity_of(connection).hash != space.hash()) {
    throw InputError(fmt::format("--done-in {}: holds another space", arguments.done_in));
  }
  return done_points(connection);
}

int run_on_slurm(const SweepArguments& arguments, const Space& space) {
  InterruptFlag interrupt;
  ProgressBar bar("kilburn sweep", "points");
  SlurmOptions options{.tasks = arguments.tasks,
                       .attempts = arguments.attempts,
                       .options = {},
                       .allow_many = arguments.yes};
  std::ranges::transform(arguments.slurm_options, std::back_inserter(options.options),
                         sbatch_option);
  options.progress = [&](const SlurmProgress& progress) {
    bar.set_total(progress.total);
    bar.set_note(fmt::format("{} of {}, {} tasks running, {} waiting", progress.points,
                             progress.total, progress.running, progress.waiting));
    bar.update(progress.points);
  };
  options.notice = [&](const std::string& text) {
    bar.finish();
    fmt::print(stderr, "kilburn: {}\n", text);
  };
  SlurmSweep sweep(space, arguments.output, arguments.resume, std::move(options));
  const SlurmEnd end = sweep.wait(interrupt.raised());
  bar.finish();
  if (end == SlurmEnd::interrupted) {
    fmt::print(
        "interrupted: the job goes on; the same command with --resume attaches to it, scancel --me "
        "--name={} ends it\n",
        sweep.job_name());
    return interrupt.status();
  }
  ResultsDatabase& database = sweep.database();
  const int status = report_outcome(database.connection(), database.counts(), space.size());
  if (end == SlurmEnd::cancelled) fmt::print("the job was cancelled: --resume goes on with it\n");
  return status;
}

void require_engine(const CLI::App& command, bool slurm) {
  const std::vector<const char*> others =
      slurm ? std::vector{"--jobs", "--shard"}
            : std::vector{"--tasks", "--attempts", "--slurm-option"};
  for (const char* option : others) {
    if (command.count(option) == 0) continue;
    throw InputError(slurm ? fmt::format("{}: not with --engine slurm (a task's processors: "
                                         "--slurm-option cpus-per-task=N)",
                                         option)
                           : fmt::format("{}: only with --engine slurm", option));
  }
}

int run_sweep(const SweepArguments& arguments) {
  if (arguments.space.empty())
    throw InputError("sweep: give a space (TOML), or export, collect, area");
  require_space(arguments.space);
  const Shard shard = parse_shard(arguments.shard);
  const Space space(space_file(arguments), arguments.yes);
  if (arguments.dry_run) {
    const auto numbers = points_to_run(space, shard, {});
    print_plan(space, plan_points(space, numbers, arguments.jobs), numbers.size());
    return 0;
  }
  if (arguments.output.empty()) throw InputError("sweep: -o RESULTS.db is required");
  check_files(arguments, space);
  (void)expected_accesses(space);  // what is no trace is told before anything is written

  if (arguments.slurm) return run_on_slurm(arguments, space);
  InterruptFlag interrupt;
  ResultsDatabase database(arguments.output, space, arguments.resume);
  const std::vector<bool> elsewhere = done_elsewhere(arguments, space);
  std::vector<bool> done = database.done_points();
  for (std::size_t i = 0; i < elsewhere.size(); ++i) done[i] = done[i] || elsewhere[i];
  const auto numbers = points_to_run(space, shard, done);
  const Plan plan = plan_points(space, numbers, arguments.jobs);
  SweepBar bar(space, plan);
  run_locally(space, plan, database, interrupt.raised(),
              {.jobs = arguments.jobs,
               .progress = [&](const SweepProgress& progress) { bar.update(progress); }});
  bar.finish();

  const auto wanted = points_to_run(space, shard, elsewhere).size();
  const int status = report_outcome(database.connection(), database.counts(), wanted);
  if (!interrupt.raised()) return status;
  fmt::print("interrupted: --resume goes on with it\n");
  return interrupt.status();
}

int run_collect(const OutputArguments& arguments) {
  CommandFiles files;
  files.writes_database("database", arguments.database);
  for (const std::string& shard : arguments.shards) files.reads_database("shard", shard);
  for (const std::string& shard : arguments.shards) {
    (void)open_results(shard, false);  // an error in the last one is told before anything is done
  }
  InterruptFlag interrupt;
  ProgressBar bar("kilburn sweep collect", "shards");
  bar.set_total(arguments.shards.size());
  ResultsDatabase database(arguments.database, arguments.shards.front());
  try {
    const SqlInterrupt interrupted(database.connection(), interrupt.raised());
    for (std::size_t i = 0; i < arguments.shards.size(); ++i) {
      bar.update(i);
      database.merge(arguments.shards[i]);
    }
  } catch (const SqlInterrupted&) {  // the shard at hand is undone
    bar.finish();
    fmt::print("interrupted: the same command goes on with it\n");
    return interrupt.status();
  }
  bar.finish();
  return report_outcome(database.connection(), database.counts(), database.identity().points);
}

void run_export(const OutputArguments& arguments) {
  require_results(arguments.database);
  CommandFiles files;
  files.reads_database("database", arguments.database);
  files.writes("-o", arguments.output, CommandFiles::Dash::standard_output);
  InterruptFlag interrupt;
  ProgressBar bar("kilburn sweep export", "");
  auto deadline = std::make_unique<InterruptDeadline>(
      interrupt, std::vector<std::filesystem::path>{}, [&] { bar.update(); });
  const auto areas = report::area_columns(arguments.database, arguments.weights);
  const std::string text = export_csv(arguments.database, areas);
  deadline.reset();  // what is begun to be written now is written
  bar.finish();
  if (interrupt.raised()) throw Interrupted{interrupt.status()};
  write_file_atomically(arguments.output, text);
}

}  // namespace

void add_sweep_command(CLI::App& app, int& status) {
  auto arguments = std::make_shared<SweepArguments>();
  CLI::App* command =
      app.add_subcommand("sweep", "run a space of platforms over traces into a results database");
  command->require_subcommand(0, 1);
  command->add_option("space", arguments->space, "space (TOML): docs/sweep.md");
  command->add_option("-o", arguments->output, "results database (SQLite)");
  add_number(*command, "--jobs", arguments->jobs, "points or passes at a time",
             {.min = 1, .max = 4096})
      ->capture_default_str();
  command->add_flag("--resume", arguments->resume,
                    "go on with the database: points that are done are not run again");
  command->add_flag("--yes", arguments->yes, "even where there are more than a million points");
  command->add_option("--shard", arguments->shard, "I/N: the I-th of N parts of the space");
  command->add_flag("--dry-run", arguments->dry_run, "print what would run");
  add_choice<bool>(*command, "--engine", arguments->slurm, {{"local", false}, {"slurm", true}},
                   "local, or slurm: an array job (docs/slurm.md)");
  add_number(*command, "--tasks", arguments->tasks, "slurm: shards, each a task of the array",
             {.min = 1, .max = 1'000'000})
      ->capture_default_str();
  add_number(*command, "--attempts", arguments->attempts,
             "slurm: times that a lost task is started", {.min = 1, .max = 1000})
      ->capture_default_str();
  command
      ->add_option("--slurm-option", arguments->slurm_options,
                   "slurm: NAME=VALUE, an option of sbatch, such as partition=short")
      ->allow_extra_args(false);
  command->add_option("--space-at", arguments->space_at,
                      "SPACE is a copy of this file: traces are looked for from there");
  command->add_option("--done-in", arguments->done_in,
                      "leave out the points that this results database has");
  command->callback([command, arguments, &status] {
    if (!command->get_subcommands().empty()) return;
    require_engine(*command, arguments->slurm);
    status = run_sweep(*arguments);
  });

  auto exported = std::make_shared<OutputArguments>();
  CLI::App* csv = command->add_subcommand("export", "write a results database as CSV");
  csv->add_option("database", exported->database, "results database")->required();
  csv->add_option("-o", exported->output, "CSV file")->required();
  add_weight(*csv, "--gates-per-flip-flop", exported->weights.flip_flop,
             "areas: what a flip-flop counts for in gate equivalents")
      ->capture_default_str();
  add_weight(*csv, "--gates-per-bit", exported->weights.memory_bit,
             "areas: what a bit of the units' memory counts for in gate equivalents")
      ->capture_default_str();
  csv->callback([exported] { run_export(*exported); });

  auto collected = std::make_shared<OutputArguments>();
  CLI::App* collect = command->add_subcommand("collect", "merge the databases of shards into one");
  collect->add_option("database", collected->database, "results database")->required();
  collect->add_option("shards", collected->shards, "databases of shards")->required();
  collect->callback([collected, &status] { status = run_collect(*collected); });
  add_area_command(*command, status);
}

}  // namespace kilburn::platform
