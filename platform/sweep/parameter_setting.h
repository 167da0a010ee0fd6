// One parameter's value, apart from the configuration that it came from: what varies in a sweep.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/parameter_values.h"

namespace kilburn::platform::sweep {

/// Index into a choice's names, and the name.
struct Choice {
  unsigned index = 0;
  std::string name;
};
using ParameterValue = std::variant<std::uint64_t, double, bool, Choice>;

struct ParameterSetting {
  std::string path;  ///< "mmu.dtlb.entries"
  ParameterValue value;
  std::string unit;

  /// As tables show it: "64", "64KiB", "line", "0.5".
  [[nodiscard]] std::string text() const;
};

/// The one at `path`, which there must be.
[[nodiscard]] ParameterSetting parameter_setting(const VisitParameters& visit,
                                                 std::string_view path);
/// Every parameter that the visited configuration has, in the order of declaration.
[[nodiscard]] std::vector<ParameterSetting> parameter_settings(const VisitParameters& visit);

/// Writes the values into the visited configuration. They must have been checked.
void assign(const VisitParameters& visit, std::span<const ParameterSetting* const> settings);

}  // namespace kilburn::platform::sweep
