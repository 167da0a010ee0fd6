// What the board's devices say of themselves in its device tree.
#pragma once

#include <vector>

#include "device/board_parameters.h"
#include "finisher/finisher_module.h"
#include "interrupt/aclint_module.h"
#include "interrupt/aplic_module.h"
#include "interrupt/imsic_module.h"
#include "interrupt/plic_module.h"
#include "pcie/pcie_module.h"
#include "platform/board/board_config.h"
#include "rtc/rtc_module.h"
#include "uart/uart_module.h"

namespace kilburn::testing {

inline std::vector<device::TreeNodes> board_devices(unsigned harts,
                                                    const device::BoardParameters& board = {}) {
  std::vector<device::TreeNodes> nodes{interrupt::AclintModule::nodes(harts)};
  if (board.aia == device::Aia::none) nodes.push_back(interrupt::PlicModule::nodes(harts));
  if (board.aia == device::Aia::aplic_imsic) {
    nodes.push_back(interrupt::ImsicModule::nodes(harts, board.guest_files));
  }
  if (board.aia != device::Aia::none) {
    nodes.push_back(interrupt::AplicModule::nodes(harts, board.aia == device::Aia::aplic
                                                             ? interrupt::Delivery::direct
                                                             : interrupt::Delivery::message));
  }
  nodes.push_back(
      pcie::PcieModule::nodes(pcie::PcieModule::memory64_behind(BOARD_DRAM), board.iommu));
  nodes.push_back(finisher::FinisherModule::nodes());
  nodes.push_back(rtc::RtcModule::nodes());
  nodes.push_back(uart::UartModule::nodes());
  nodes.push_back(board::rmu_nodes());
  return nodes;
}

}  // namespace kilburn::testing
