// What the board's devices say of themselves in its device tree.
#pragma once

#include <vector>

#include "finisher/finisher_module.h"
#include "interrupt/aclint_module.h"
#include "interrupt/plic_module.h"
#include "pcie/pcie_module.h"
#include "platform/board/board_config.h"
#include "rtc/rtc_module.h"
#include "uart/uart_module.h"

namespace kilburn::testing {

inline std::vector<device::TreeNodes> board_devices(unsigned harts) {
  return {interrupt::AclintModule::nodes(harts),
          interrupt::PlicModule::nodes(harts),
          pcie::PcieModule::nodes(pcie::PcieModule::memory64_behind(BOARD_DRAM)),
          finisher::FinisherModule::nodes(),
          rtc::RtcModule::nodes(),
          uart::UartModule::nodes(),
          board::rmu_nodes()};
}

}  // namespace kilburn::testing
