// The checker: every invariant of the tables, against the array.
#pragma once

#include <string>
#include <vector>

#include "ftl/core.h"
#include "ftl/journal.h"

namespace kilburn::ftl {

/// What does not hold, in a sentence each; a thousand at the most. Costs a pass over everything.
[[nodiscard]] std::vector<std::string> check(const Core& core, const Journal& journal);

}  // namespace kilburn::ftl
