// The PCI Express functions of a node, made from [[pcie.function]].
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/clock.h"
#include "kilburn/function_modules.h"
#include "pcie/pcie_module.h"

namespace kilburn::platform {

/// Modules of the module in whose constructor this is made.
class Functions {
 public:
  Functions(pcie::PcieModule& host, const pcie::PcieConfig& config, Clock clock) {
    for (const pcie::FunctionConfig& of : config.functions) {
      const pcie::RoutingId id = pcie::RoutingId::of(of.device, of.function);
      const std::string name = fmt::format("function_{}_{}", of.device, of.function);
      of.with_kind([&](auto kind, const auto& parameters) {
        using Module = typename decltype(kind)::Module;
        auto module = std::make_unique<Module>(name.c_str(), parameters, host.link(id), id, clock);
        host.add(*module);
        functions_.push_back(std::move(module));
      });
    }
  }

  [[nodiscard]] auto begin() const { return functions_.begin(); }
  [[nodiscard]] auto end() const { return functions_.end(); }

 private:
  std::vector<std::unique_ptr<pcie::Function>> functions_;
};

}  // namespace kilburn::platform
