#include <algorithm>
#include <set>

#include "pcie/link.h"
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
  v.list("function", functions, "function on bus 0");
  v.require(places_are_sound(functions),
            "function: each must be at a device and function number of its own, and a device must "
            "have function 0");
}

bool places_are_sound(const std::vector<FunctionConfig>& functions) {
  std::set<RoutingId> places;
  for (const FunctionConfig& function : functions) {
    if (!places.insert(RoutingId::of(function.device, function.function)).second) return false;
  }
  return std::ranges::all_of(places, [&](const RoutingId& place) {
    return places.contains(RoutingId::of(place.device(), 0));
  });
}

}  // namespace kilburn::pcie
