// What a run printed at its end, in a screenful.
#pragma once

#include <string>

namespace kilburn::platform {

class TracePlatform;

/// Accesses, cycles and their causes, the TLBs and their classes of miss, walks, page-table cache,
/// RMU, caches, memory. Every number of it is in the statistics, too.
[[nodiscard]] std::string summary(const TracePlatform& platform);

}  // namespace kilburn::platform
