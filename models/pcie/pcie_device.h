// The PCI Express host as the list of devices has it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/parameters.h"
#include "pcie/function_config.h"

namespace kilburn::pcie {

/// Times of a way between host bridge and function, in cycles of the platform clock.
struct PcieConfig {
  std::uint32_t config_cycles = 400;
  std::uint32_t memory_cycles = 300;
  std::uint32_t dma_cycles = 300;
  std::uint32_t bytes_per_cycle = 4;
  std::vector<FunctionConfig> functions{};
  void visit(ParameterVisitor& v);
};

class PcieModule;

struct PcieDevice {
  static constexpr std::string_view name = "pcie";
  static constexpr std::string_view description =
      "PCI Express host bridge and its functions' links";
  using Config = PcieConfig;
  using Module = PcieModule;
};

}  // namespace kilburn::pcie
