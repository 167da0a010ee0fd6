// The boot ROM as the list of devices has it.
#pragma once

#include <string_view>

#include "device/no_config.h"

namespace kilburn::rom {

class RomModule;

struct RomDevice {
  static constexpr std::string_view name = "rom";
  static constexpr std::string_view description = "boot ROM";
  using Config = device::NoConfig;
  using Module = RomModule;
};

}  // namespace kilburn::rom
