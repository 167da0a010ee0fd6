// The checker's part that reads the journal: whether a power cut would leave these namespaces.
#pragma once

#include <string>
#include <vector>

#include "ftl/core.h"
#include "ftl/journal.h"

namespace kilburn::ftl {

/// Where ids, sizes and attributes are not those of the newest root and the records since.
[[nodiscard]] std::vector<std::string> check_journalled_namespaces(const Core& core,
                                                                   const Journal& journal);

}  // namespace kilburn::ftl
