#include <fmt/format.h>

#include <map>
#include <string>

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
  const std::string wrong = wrong_place(functions);
  v.require(wrong.empty(), wrong);
}

std::string wrong_place(const std::vector<FunctionConfig>& functions) {
  std::map<RoutingId, std::size_t> places;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const FunctionConfig& function = functions[i];
    const auto [taken, free] = places.emplace(RoutingId::of(function.device, function.function), i);
    if (!free) {
      return fmt::format(
          "function.{} and function.{} are both at device {}, function {}: allowed is one at a "
          "place",
          taken->second, i, function.device, function.function);
    }
  }
  for (const auto& [place, i] : places) {
    if (places.contains(RoutingId::of(place.device(), 0))) continue;
    return fmt::format(
        "function.{} is at device {}, function {}: allowed where the device has a function 0, "
        "which software asks for first",
        i, place.device(), place.function());
  }
  return {};
}

}  // namespace kilburn::pcie
