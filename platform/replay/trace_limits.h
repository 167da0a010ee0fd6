// What of a configuration a run of traces cannot honour, told before it starts.
#pragma once

#include <cstddef>

#include "platform/node/platform_config.h"

namespace kilburn::platform {

/// `config` again. Throws InputError that names the parameter and what is allowed where so many
/// processes, and the operating system behind them, cannot run on it.
[[nodiscard]] const PlatformConfig& playable(const PlatformConfig& config, std::size_t processes);

}  // namespace kilburn::platform
