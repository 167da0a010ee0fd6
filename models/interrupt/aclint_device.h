// The ACLINT as the list of devices has it.
#pragma once

#include <string_view>

#include "device/no_config.h"

namespace kilburn::interrupt {

class AclintModule;

struct AclintDevice {
  static constexpr std::string_view name = "aclint";
  static constexpr std::string_view description = "software and timer interrupts of the harts";
  using Config = device::NoConfig;
  using Module = AclintModule;
};

}  // namespace kilburn::interrupt
