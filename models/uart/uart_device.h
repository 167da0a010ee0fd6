// The UART as the list of devices has it.
#pragma once

#include <string_view>

#include "device/no_config.h"

namespace kilburn::uart {

class UartModule;

struct UartDevice {
  static constexpr std::string_view name = "uart";
  static constexpr std::string_view description = "16550A UART, the console";
  using Config = device::NoConfig;
  using Module = UartModule;
};

}  // namespace kilburn::uart
