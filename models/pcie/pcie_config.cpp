#include "pcie/pcie_device.h"

namespace kilburn::pcie {

void PcieConfig::visit(ParameterVisitor& v) {
  v.integer("config_cycles", config_cycles, {1, 1'000'000}, "cycles",
            "of an access to configuration space, there and back");
  v.integer("memory_cycles", memory_cycles, {1, 1'000'000}, "cycles",
            "of a hart's access to a function's BAR, there and back");
  v.integer("dma_cycles", dma_cycles, {1, 1'000'000}, "cycles",
            "of a function's request, there and back, without its data");
  v.integer("bytes_per_cycle", bytes_per_cycle, {1, 4096}, "bytes/cycle",
            "data that a function's link carries in a cycle, each way");
}

}  // namespace kilburn::pcie
