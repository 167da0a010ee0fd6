// The results of a sweep: one SQLite file, with the tables that docs/sweep.md describes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/configuration/statistic_writers.h"
#include "platform/sweep/database_lock.h"
#include "platform/sweep/space.h"
#include "platform/sweep/sqlite.h"

namespace kilburn::platform::sweep {

inline constexpr std::int64_t schema_version = 1;

/// What became of one point.
struct PointResult {
  std::uint64_t number = 0;
  std::string engine;                      ///< translation or platform
  std::string error;                       ///< why it failed; empty: done
  std::vector<StatisticValue> statistics;  ///< of a point that is done
};

/// What synthesis made of one geometry of the burst TLB's RTL.
struct SynthesisedArea {
  std::string geometry;  ///< the RTL's parameters: "ENTRIES=64 WAYS=64 BURST=8 ..."
  std::int64_t bits = 0;
  std::int64_t flip_flops = 0;
  std::int64_t gates = 0;
  std::int64_t path = 0;  ///< longest, in gates
};

/// What a database must hold to belong to a space.
struct SpaceIdentity {
  std::string name;
  std::string program;  ///< version
  std::string hash;
  std::uint64_t points = 0;
};

struct PointCounts {
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
};

/// A database that this process alone writes to.
class ResultsDatabase {
 public:
  /// Makes `path`, which must not hold anything; with `resume`, goes on with it where it does.
  /// Throws InputError where it is no results database, of another version, of another space, or
  /// another sweep writes to it; nothing is changed then.
  ResultsDatabase(const std::string& path, const Space& space, bool resume);
  /// For shards: made like the database `model` where there is nothing yet.
  ResultsDatabase(const std::string& path, const std::string& model);

  /// Writes results in one transaction: all of them or, where it throws, none.
  void add(const Space& space, std::span<const PointResult> results);
  void add(const SynthesisedArea& area);
  /// Takes the points that are not done here, and areas, of the database `shard`. Throws InputError
  /// where it is of another space.
  void merge(const std::string& shard);

  /// By number: true where the point is done.
  [[nodiscard]] std::vector<bool> done_points();
  [[nodiscard]] PointCounts counts();
  [[nodiscard]] SpaceIdentity identity();
  [[nodiscard]] SqlConnection& connection() { return connection_; }

 private:
  [[nodiscard]] bool empty();
  /// Tables, space and axes of a new one.
  void begin(const Space& space);
  void create_tables();
  void add_point(const Space& space, const PointResult& result);
  std::int64_t statistic_id(std::string_view path, std::string_view unit);

  DatabaseLock lock_;  ///< outlives the connection
  SqlConnection connection_;
  std::unordered_map<std::string, std::int64_t> statistic_ids_;
};

/// A connection to a results database of this version. Throws InputError where it is none.
[[nodiscard]] SqlConnection open_results(const std::string& path, bool read_only);
[[nodiscard]] SpaceIdentity identity_of(SqlConnection& connection);
/// By number: true where the point is done.
[[nodiscard]] std::vector<bool> done_points(SqlConnection& connection);
/// Messages of the first failed points, by number, "point 7: ...".
[[nodiscard]] std::vector<std::string> first_failures(SqlConnection& connection, unsigned most);

}  // namespace kilburn::platform::sweep
