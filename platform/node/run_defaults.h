// What a configuration holds where nothing is said, by kind of run.
#pragma once

#include <string_view>

#include "platform/node/platform_config.h"

namespace kilburn::platform {

/// 1 GiB of memory, of which nobody owns a page at first, so that software which knows nothing of
/// the RMU runs.
[[nodiscard]] PlatformConfig software_defaults();
/// The same memory, an IOMMU, one drive, all of it written, and one flow.
[[nodiscard]] PlatformConfig ssd_defaults();
/// Of one of `runs_of_...`; empty: of traces.
[[nodiscard]] PlatformConfig defaults_of(std::string_view runs);

}  // namespace kilburn::platform
