// The test finisher as the list of devices has it.
#pragma once

#include <string_view>

#include "device/no_config.h"

namespace kilburn::finisher {

class FinisherModule;

struct FinisherDevice {
  static constexpr std::string_view name = "finisher";
  static constexpr std::string_view description = "SiFive test finisher";
  using Config = device::NoConfig;
  using Module = FinisherModule;
};

}  // namespace kilburn::finisher
