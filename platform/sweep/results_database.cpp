#include "platform/sweep/results_database.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <system_error>

#include "common/error.h"

namespace kilburn::platform::sweep {

namespace {

constexpr std::int64_t application_id = 0x4B4C424E;  // "KLBN", in the file's header

// `value` has no affinity: an integer stays one, and a real keeps every bit.
constexpr const char* tables = R"(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE axes (
  number INTEGER PRIMARY KEY, path TEXT NOT NULL, kind TEXT NOT NULL, unit TEXT NOT NULL);
CREATE TABLE points (
  number INTEGER PRIMARY KEY, key TEXT NOT NULL, workload TEXT NOT NULL, seed INTEGER,
  engine TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('done', 'failed')), message TEXT,
  command TEXT NOT NULL);
CREATE TABLE point_values (
  point INTEGER NOT NULL REFERENCES points ON DELETE CASCADE,
  axis INTEGER NOT NULL REFERENCES axes, value TEXT NOT NULL,
  PRIMARY KEY (point, axis)) WITHOUT ROWID;
CREATE TABLE statistic_names (
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, unit TEXT NOT NULL);
CREATE TABLE statistics (
  point INTEGER NOT NULL REFERENCES points ON DELETE CASCADE,
  statistic INTEGER NOT NULL REFERENCES statistic_names, value,
  PRIMARY KEY (point, statistic)) WITHOUT ROWID;
CREATE TABLE areas (
  geometry TEXT PRIMARY KEY, bits INTEGER, flip_flops INTEGER, gates REAL, path TEXT, source TEXT)
  WITHOUT ROWID;
)";

SqlValue sql_value(const std::variant<std::uint64_t, double>& value) {
  if (const auto* counter = std::get_if<std::uint64_t>(&value)) {
    if (*counter <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
      return static_cast<std::int64_t>(*counter);
    }
    return static_cast<double>(*counter);
  }
  const double formula = std::get<double>(value);
  if (std::isfinite(formula)) return formula;
  return std::monostate{};
}

void write_meta(SqlConnection& connection, std::string_view key, std::string_view value) {
  SqlStatement(connection, "INSERT INTO meta VALUES (?, ?)").run(key, value);
}

std::string read_meta(SqlConnection& connection, std::string_view key) {
  SqlStatement select(connection, "SELECT value FROM meta WHERE key = ?");
  select.start(key);
  return select.step() ? select.text(0) : "";
}

std::int64_t read_integer(SqlConnection& connection, std::string_view query) {
  SqlStatement select(connection, query);
  select.start();
  return select.step() ? select.integer(0) : 0;
}

void require_version(SqlConnection& connection) {
  const std::string& path = connection.path();
  if (read_integer(connection, "PRAGMA application_id") != application_id) {
    throw InputError(
        fmt::format("{}: an SQLite file, but no results database of kilburn sweep", path));
  }
  const std::string schema = read_meta(connection, "schema");
  if (schema == std::to_string(schema_version)) return;
  throw InputError(fmt::format(
      "{}: its tables are of version {}, written by kilburn {}; this kilburn {} writes version {}: "
      "use that kilburn, or sweep into another file",
      path, schema, read_meta(connection, "program"), KILBURN_VERSION, schema_version));
}

void require_same(const std::string& path, const SpaceIdentity& found,
                  const SpaceIdentity& wanted) {
  if (found.program != wanted.program) {
    throw InputError(fmt::format(
        "{}: its points were run by kilburn {}, this is {}: results of two programs do not mix",
        path, found.program, wanted.program));
  }
  if (found.hash != wanted.hash) {
    throw InputError(fmt::format(
        "{}: holds another space, \"{}\" of {} points, not \"{}\" of {}: the space or a trace has "
        "changed",
        path, found.name, found.points, wanted.name, wanted.points));
  }
}

SpaceIdentity identity_of_space(const Space& space) {
  return {space.file().name, KILBURN_VERSION, space.hash(), space.size()};
}

void prepare(SqlConnection& connection) {
  connection.execute("PRAGMA foreign_keys = ON");
}

}  // namespace

SqlConnection open_results(const std::string& path, bool read_only) {
  SqlConnection connection(path, read_only);
  require_version(connection);
  prepare(connection);
  return connection;
}

SpaceIdentity identity_of(SqlConnection& connection) {
  return {read_meta(connection, "name"), read_meta(connection, "program"),
          read_meta(connection, "space_hash"),
          static_cast<std::uint64_t>(
              read_integer(connection, "SELECT value + 0 FROM meta WHERE key = 'points'"))};
}

std::vector<std::string> first_failures(SqlConnection& connection, unsigned most) {
  SqlStatement select(connection,
                      "SELECT number, message FROM points WHERE state = 'failed' "
                      "ORDER BY number LIMIT ?");
  select.start(std::int64_t{most});
  std::vector<std::string> messages;
  while (select.step()) {
    messages.push_back(fmt::format("point {}: {}", select.integer(0), select.text(1)));
  }
  return messages;
}

ResultsDatabase::ResultsDatabase(const std::string& path, const Space& space, bool resume)
    : lock_(path), connection_(path, false) {
  if (!empty()) {
    if (!resume) {
      throw InputError(fmt::format(
          "{}: is there already: --resume goes on with it, another name starts anew", path));
    }
    require_version(connection_);
    require_same(path, identity(), identity_of_space(space));
    prepare(connection_);
    return;
  }
  try {
    begin(space);
  } catch (...) {
    // A disk that is full from the beginning: the lock had made the file.
    std::error_code ignored;
    if (lock_.empty()) std::filesystem::remove(path, ignored);
    throw;
  }
}

void ResultsDatabase::begin(const Space& space) {
  prepare(connection_);
  SqlTransaction transaction(connection_);
  create_tables();
  write_meta(connection_, "program", KILBURN_VERSION);
  write_meta(connection_, "name", space.file().name);
  write_meta(connection_, "space", space.file().text);
  write_meta(connection_, "space_hash", space.hash());
  write_meta(connection_, "points", std::to_string(space.size()));
  write_meta(connection_, "configuration", space.fixed_configuration());
  SqlStatement insert(connection_, "INSERT INTO axes VALUES (?, ?, ?, ?)");
  for (std::size_t i = 0; i < space.axes().size(); ++i) {
    const Axis& axis = space.axes()[i];
    insert.run(std::uint64_t{i}, axis.path, to_string(axis.kind), axis.unit);
  }
  transaction.commit();
}

ResultsDatabase::ResultsDatabase(const std::string& path, const std::string& model)
    : lock_(path), connection_(path, false) {
  prepare(connection_);
  if (!empty()) {
    require_version(connection_);
    return;
  }
  SqlStatement(connection_, "ATTACH ? AS model").run(sqlite_name(model));
  SqlTransaction transaction(connection_);
  create_tables();
  connection_.execute(
      "INSERT INTO main.meta SELECT * FROM model.meta WHERE key != 'schema';"
      "INSERT INTO main.axes SELECT * FROM model.axes;");
  transaction.commit();
  connection_.execute("DETACH model");
}

/// Also where a sweep was killed in its first commit: what it had written is rolled back then.
bool ResultsDatabase::empty() {
  return lock_.empty() || read_integer(connection_, "PRAGMA page_count") == 0;
}

void ResultsDatabase::create_tables() {
  connection_.execute(fmt::format("PRAGMA application_id = {}", application_id));
  connection_.execute(tables);
  write_meta(connection_, "schema", std::to_string(schema_version));
}

SpaceIdentity ResultsDatabase::identity() {
  return identity_of(connection_);
}

void ResultsDatabase::add(const Space& space, std::span<const PointResult> results) {
  const auto known = statistic_ids_;
  try {
    SqlTransaction transaction(connection_);
    for (const PointResult& result : results) add_point(space, result);
    transaction.commit();
  } catch (...) {
    statistic_ids_ = known;  // names that were rolled back, too
    throw;
  }
}

void ResultsDatabase::add_point(const Space& space, const PointResult& result) {
  const Point point = space.point(result.number);
  const auto number = static_cast<std::int64_t>(result.number);
  SqlStatement(connection_, "DELETE FROM points WHERE number = ?").run(number);
  const auto optional = [](bool there, const std::string& text) {
    return there ? SqlValue(text) : SqlValue();
  };
  const bool failed = !result.error.empty();
  SqlStatement(connection_, "INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .run(number, space.key(point), space.workloads()[point.workload].name,
           optional(point.seed.has_value(), point.seed.value_or("")), result.engine,
           failed ? "failed" : "done", optional(failed, result.error), space.command(point));
  SqlStatement value(connection_, "INSERT INTO point_values VALUES (?, ?, ?)");
  for (std::size_t i = 0; i < point.values.size(); ++i) {
    value.run(number, std::uint64_t{i}, point.values[i]);
  }
  SqlStatement statistic(connection_, "INSERT INTO statistics VALUES (?, ?, ?)");
  for (const StatisticValue& each : result.statistics) {
    statistic.run(number, statistic_id(each.path, each.unit), sql_value(each.value));
  }
}

std::int64_t ResultsDatabase::statistic_id(std::string_view path, std::string_view unit) {
  const auto [entry, is_new] = statistic_ids_.try_emplace(std::string(path), 0);
  if (is_new) {
    SqlStatement(connection_, "INSERT OR IGNORE INTO statistic_names (path, unit) VALUES (?, ?)")
        .run(path, unit);
    SqlStatement select(connection_, "SELECT id FROM statistic_names WHERE path = ?");
    select.start(path);
    select.step();
    entry->second = select.integer(0);
  }
  return entry->second;
}

void ResultsDatabase::add(const SynthesisedArea& area) {
  SqlStatement(connection_, "INSERT OR REPLACE INTO areas VALUES (?, ?, ?, ?, ?, 'yosys')")
      .run(area.geometry, area.bits, area.flip_flops, area.gates, std::to_string(area.path));
}

void ResultsDatabase::merge(const std::string& shard) {
  {
    SqlConnection other = open_results(shard, false);  // not read-only: it may need a rollback
    require_same(shard, identity_of(other), identity());
  }
  SqlStatement(connection_, "ATTACH ? AS shard").run(sqlite_name(shard));
  SqlTransaction transaction(connection_);
  connection_.execute(R"(
CREATE TEMP TABLE taken AS
  SELECT number FROM shard.points AS theirs WHERE NOT EXISTS (
    SELECT 1 FROM main.points AS ours WHERE ours.number = theirs.number
      AND (ours.state = 'done' OR theirs.state = 'failed'));
DELETE FROM main.points WHERE number IN taken;
INSERT INTO main.points SELECT * FROM shard.points WHERE number IN taken;
INSERT INTO main.point_values SELECT * FROM shard.point_values WHERE point IN taken;
INSERT OR IGNORE INTO main.statistic_names (path, unit)
  SELECT path, unit FROM shard.statistic_names ORDER BY id;
INSERT INTO main.statistics
  SELECT theirs.point, ours.id, theirs.value FROM shard.statistics AS theirs
    JOIN shard.statistic_names AS names ON names.id = theirs.statistic
    JOIN main.statistic_names AS ours ON ours.path = names.path
    WHERE theirs.point IN taken;
INSERT OR IGNORE INTO main.areas SELECT * FROM shard.areas;
DROP TABLE temp.taken;
)");
  transaction.commit();
  connection_.execute("DETACH shard");
}

std::vector<bool> done_points(SqlConnection& connection) {
  std::vector<bool> done(identity_of(connection).points);
  SqlStatement select(connection, "SELECT number FROM points WHERE state = 'done'");
  select.start();
  while (select.step()) done.at(static_cast<std::size_t>(select.integer(0))) = true;
  return done;
}

std::vector<bool> ResultsDatabase::done_points() {
  return sweep::done_points(connection_);
}

PointCounts ResultsDatabase::counts() {
  const auto count = [&](std::string_view query) {
    return static_cast<std::uint64_t>(read_integer(connection_, query));
  };
  return {count("SELECT count(*) FROM points WHERE state = 'done'"),
          count("SELECT count(*) FROM points WHERE state = 'failed'")};
}

}  // namespace kilburn::platform::sweep
