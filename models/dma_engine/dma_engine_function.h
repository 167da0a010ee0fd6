// The DMA engine as the list of PCI Express functions has it.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/parameters.h"

namespace kilburn::dma_engine {

struct DmaEngineConfig {
  std::uint32_t channels = 8;
  std::uint32_t descriptor_cycles = 50;
  std::uint32_t chunk_bytes = 4096;
  void visit(ParameterVisitor& v);
};

class DmaEngineModule;

struct DmaEngineFunction {
  static constexpr std::string_view name = "dma_engine";
  static constexpr std::string_view description = "DMA engine";
  using Config = DmaEngineConfig;
  using Module = DmaEngineModule;
};

}  // namespace kilburn::dma_engine
