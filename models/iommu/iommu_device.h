// The IOMMU as the list of devices has it.
#pragma once

#include <string_view>

#include "device/board_parameters.h"
#include "iommu/iommu_config.h"

namespace kilburn::iommu {

class IommuModule;

struct IommuDevice {
  static constexpr std::string_view name = "iommu";
  static constexpr std::string_view description = "RISC-V IOMMU, through which functions go";
  using Config = IommuConfig;
  using Module = IommuModule;
  static bool present(const device::BoardParameters& board) { return board.iommu; }
};

}  // namespace kilburn::iommu
