// Parameters that vary together: the rows of a group.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/sweep/parameter_setting.h"

namespace kilburn::platform::sweep {

/// "mmu.dtlb.entries": "entries".
[[nodiscard]] std::string_view last_name(std::string_view path);

/// The values of one parameter that varies.
struct Values {
  std::string path;
  std::string unit;
  std::vector<ParameterSetting> settings;
};

using Row = std::vector<ParameterSetting>;

/// "entries=64 ways=4".
[[nodiscard]] std::string label_of(const Row& row);

/// Row i has value i of each. `what` opens the message of the InputError where they are not of one
/// length: "space.toml:5:1: sizes".
[[nodiscard]] std::vector<Row> zip(const std::vector<Values>& members, const std::string& what);

/// Each value of each with each of the others; the last member varies fastest. Throws InputError
/// where there are more than `max_values` rows.
[[nodiscard]] std::vector<Row> multiply(const std::vector<Values>& members,
                                        const std::string& what);

}  // namespace kilburn::platform::sweep
