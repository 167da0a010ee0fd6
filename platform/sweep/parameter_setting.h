// One parameter's value, apart from the configuration that it came from: what varies in a sweep.
#pragma once

#include <cstdint>
#include <optional>
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
using ParameterValue = std::variant<std::uint64_t, double, bool, Choice, std::string>;

struct ParameterSetting {
  std::string path;  ///< "mmu.dtlb.entries"
  ParameterValue value;
  std::string unit;

  /// The value as tables show it: "64", "64KiB", "line", "0.5"; texts in one line, without quotes.
  [[nodiscard]] std::string text() const;
};

/// The one at `path`, if there is one.
[[nodiscard]] std::optional<ParameterSetting> parameter_setting(const VisitParameters& visit,
                                                                std::string_view path);
/// Every parameter that the visited configuration has, in the order of declaration.
[[nodiscard]] std::vector<ParameterSetting> parameter_settings(const VisitParameters& visit);

/// What a configuration can hold, with N for the indices of elements: "pcie.function.N.kind".
struct ParameterNames {
  std::vector<std::string> parameters;
  std::vector<std::string> lists;
};
/// Leaves one element in each list of the visited configuration.
[[nodiscard]] ParameterNames parameter_names(const VisitParameters& scratch);

/// Writes the values into the visited configuration. They must have been checked.
void assign(const VisitParameters& visit, std::span<const ParameterSetting* const> settings);

}  // namespace kilburn::platform::sweep
