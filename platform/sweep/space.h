// A space of platforms and its points: configuration x workload x seed, each made from its number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/sweep/space_file.h"
#include "platform/sweep/workloads.h"

namespace kilburn::platform::sweep {

/// Something that varies, and that each point has a value of.
struct Axis {
  std::string path;
  AxisKind kind = AxisKind::parameter;
  std::string unit;
};

struct Point {
  std::uint64_t number = 0;  ///< from 0, in the order of the space
  PlatformConfig config{};
  std::size_t workload = 0;
  std::optional<std::string> seed;  ///< where the space has seeds
  std::vector<std::string> values;  ///< one an axis
};

/// More points than this are made only where the user says so.
inline constexpr std::uint64_t many_points = 1'000'000;

/// Points are counted by `dimensions`, traces first and slowest, without those that a constraint or
/// impossibility leaves out. Nothing of a point is kept but its number.
class Space {
 public:
  /// Looks for the traces, and tries each point's configuration. Throws InputError where no point
  /// is left, one is impossible (unless the space skips those), or there are more than
  /// `many_points` and not `allow_many`.
  explicit Space(SpaceFile file, bool allow_many = false);

  [[nodiscard]] const SpaceFile& file() const { return file_; }
  [[nodiscard]] const std::vector<Workload>& workloads() const { return workloads_; }
  [[nodiscard]] const std::vector<Axis>& axes() const { return axes_; }
  [[nodiscard]] std::uint64_t size() const { return chosen_.size(); }
  /// Before anything is left out.
  [[nodiscard]] std::uint64_t combinations() const { return combinations_; }
  [[nodiscard]] Point point(std::uint64_t number) const;

  /// Hash of everything that a point's result depends on: its resolved configuration, the bytes of
  /// its traces, the limit, the program's version.
  [[nodiscard]] std::string key(const Point& point) const;
  /// Hash of the whole space: equal for files that differ in order and wording only.
  [[nodiscard]] std::string hash() const;
  /// What does not vary, as TOML.
  [[nodiscard]] std::string fixed_configuration() const;
  /// `kilburn run`, or `kilburn ssd run`, of the point, to be called in the folder of the space's
  /// file.
  [[nodiscard]] std::string command(const Point& point) const;
  /// Example: "mmu.dtlb.entries = 64, trace = graph.ktrace".
  [[nodiscard]] std::string describe(const Point& point) const;
  /// What was left out, a line for each reason.
  [[nodiscard]] const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  void find_axes();
  void choose_points();
  [[nodiscard]] Point combination(std::uint64_t index) const;

  SpaceFile file_;
  std::vector<Workload> workloads_;
  std::vector<std::string> content_hashes_;  ///< one a workload
  std::vector<Axis> axes_;
  std::uint64_t combinations_ = 1;
  std::vector<std::uint64_t> chosen_;  ///< indices of combinations: point n is the n-th
  std::vector<std::string> left_out_;
};

}  // namespace kilburn::platform::sweep
