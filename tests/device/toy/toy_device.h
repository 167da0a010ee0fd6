// A device that copies memory: the smallest with registers, DMA, an interrupt, a parameter and
// statistics. What a new device must have, and nothing more.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/parameters.h"

namespace kilburn::toy {

struct ToyConfig {
  std::uint32_t start_cycles = 2'000'000;
  void visit(ParameterVisitor& v) {
    v.integer("start_cycles", start_cycles, {1, 1'000'000'000}, "cycles",
              "from the command to the first access");
  }
};

class ToyModule;

struct ToyDevice {
  static constexpr std::string_view name = "toy";
  static constexpr std::string_view description = "device that copies memory";
  using Config = ToyConfig;
  using Module = ToyModule;
};

}  // namespace kilburn::toy
