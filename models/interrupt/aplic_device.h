// The APLIC as the list of devices has it.
#pragma once

#include <string_view>

#include "device/board_parameters.h"
#include "device/no_config.h"

namespace kilburn::interrupt {

class AplicModule;

struct AplicDevice {
  static constexpr std::string_view name = "aplic";
  static constexpr std::string_view description =
      "interrupt controller for devices, of the Advanced Interrupt Architecture";
  using Config = device::NoConfig;
  using Module = AplicModule;
  static bool present(const device::BoardParameters& board) {
    return board.aia != device::Aia::none;
  }
};

}  // namespace kilburn::interrupt
