// The test finisher as a SystemC module: its register on the bus.
#pragma once

#include <functional>
#include <string_view>
#include <systemc>
#include <vector>

#include "common/register_module.h"
#include "device/device.h"
#include "device/surroundings.h"
#include "finisher/finisher.h"
#include "finisher/finisher_device.h"

namespace kilburn::finisher {

/// Accessed by 2 or 4 bytes; reads return 0, writes elsewhere than to FINISHER_COMMAND do nothing;
/// see RegisterModule. `finished` is called from the writer's process, with the writer's time.
class FinisherModule final : public RegisterModule, public device::Device {
 public:
  using Config = FinisherDevice::Config;
  FinisherModule(const sc_core::sc_module_name& name, const Config& config,
                 device::Surroundings& surroundings);
  FinisherModule(const sc_core::sc_module_name& name, Clock clock, Cycles register_cycles,
                 std::function<void(const End&)> finished);

  [[nodiscard]] static device::TreeNodes nodes();
  [[nodiscard]] std::string_view name() const override { return FinisherDevice::name; }
  [[nodiscard]] std::vector<device::Range> ranges() override;
  [[nodiscard]] device::TreeNodes tree_nodes() const override { return nodes(); }

 protected:
  [[nodiscard]] bool accepts(unsigned /*offset*/, unsigned length) const override {
    return length == 2 || length == 4;
  }
  [[nodiscard]] std::uint64_t read(unsigned offset, unsigned length, Cycles now) override;
  void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) override;

 private:
  Finisher finisher_;
};

}  // namespace kilburn::finisher
