// What the board's devices say of themselves in its device tree.
#pragma once

#include <vector>

#include "finisher/finisher_module.h"
#include "interrupt/aclint_module.h"
#include "interrupt/plic_module.h"
#include "platform/board/board_config.h"
#include "rtc/rtc_module.h"
#include "uart/uart_module.h"

namespace kilburn::testing {

inline std::vector<device::TreeNodes> board_devices(unsigned harts) {
  return {interrupt::AclintModule::nodes(harts),
          interrupt::PlicModule::nodes(harts),
          finisher::FinisherModule::nodes(),
          rtc::RtcModule::nodes(),
          uart::UartModule::nodes(),
          board::rmu_nodes()};
}

}  // namespace kilburn::testing
