// The IOMMU as the list of devices has it.
#pragma once

#include <string_view>

#include "iommu/iommu_config.h"

namespace kilburn::iommu {

class IommuModule;

struct IommuDevice {
  static constexpr std::string_view name = "iommu";
  static constexpr std::string_view description = "RISC-V IOMMU, through which functions go";
  using Config = IommuConfig;
  using Module = IommuModule;
};

}  // namespace kilburn::iommu
