// What a run of a drive printed at its end, in a screenful.
#pragma once

#include <string>

namespace kilburn::ssd {

class SsdPlatform;

/// Flows with their latencies, resizes, the drive's write amplification and wear, dies and
/// channels, the dual look-up tables and the IOMMU. Every number of it is in the statistics, too.
[[nodiscard]] std::string summary(const SsdPlatform& platform);

}  // namespace kilburn::ssd
