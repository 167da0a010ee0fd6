// The PLIC as the list of devices has it.
#pragma once

#include <string_view>

#include "device/board_parameters.h"
#include "device/no_config.h"

namespace kilburn::interrupt {

class PlicModule;

struct PlicDevice {
  static constexpr std::string_view name = "plic";
  static constexpr std::string_view description = "interrupt controller for devices";
  using Config = device::NoConfig;
  using Module = PlicModule;
  static bool present(const device::BoardParameters& board) {
    return board.aia == device::Aia::none;
  }
};

}  // namespace kilburn::interrupt
