// What stands for several values in a space: a list, or a range {from, to, step | times}.
#pragma once

#include <toml++/toml.h>

#include <string>

namespace kilburn::platform::sweep {

inline constexpr std::size_t max_values = 100'000;  ///< of one list or range

/// The values of `node`, a list or a range, each a scalar. `what` opens the messages of the
/// InputErrors: "space.toml:5:1: mmu.dtlb.entries".
[[nodiscard]] toml::array expand_values(const toml::node& node, const std::string& what);

}  // namespace kilburn::platform::sweep
