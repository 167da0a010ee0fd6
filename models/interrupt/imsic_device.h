// The harts' IMSICs as the list of devices has them.
#pragma once

#include <string_view>

#include "device/board_parameters.h"
#include "device/no_config.h"

namespace kilburn::interrupt {

class ImsicModule;

struct ImsicDevice {
  static constexpr std::string_view name = "imsic";
  static constexpr std::string_view description = "receiver of message interrupts of each hart";
  using Config = device::NoConfig;
  using Module = ImsicModule;
  static bool present(const device::BoardParameters& board) {
    return board.aia == device::Aia::aplic_imsic;
  }
};

}  // namespace kilburn::interrupt
