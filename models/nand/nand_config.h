// All parameters of a drive's NAND flash.
#pragma once

#include "nand/faults.h"
#include "nand/geometry.h"
#include "nand/timing_config.h"

namespace kilburn::nand {

struct NandConfig {
  Geometry geometry{};
  TimingConfig timing{};
  FaultConfig faults{};

  void visit(ParameterVisitor& v) {
    v.block("geometry", geometry, "channels, packages, dies, planes, blocks, pages");
    v.block("timing", timing, "times of dies and buses");
    v.block("faults", faults, "what fails, by rate");
  }
};

}  // namespace kilburn::nand
