// The devices of a node, made from the list in the top CMakeLists.txt.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "common/statistics.h"
#include "common/timebase.h"
#include "device/device.h"
#include "device/surroundings.h"
#include "kilburn/device_modules.h"
#include "platform/node/device_configs.h"

namespace kilburn::platform {

/// Is `Device` on such a board? It is, unless it says otherwise.
template <class Device>
[[nodiscard]] bool present(const device::BoardParameters& board) {
  if constexpr (requires { Device::present(board); }) {
    return Device::present(board);
  } else {
    return true;
  }
}

/// Modules of the module in whose constructor this is made.
class Devices {
 public:
  Devices(const DeviceConfigs& configs, device::Surroundings& surroundings) {
    make(configs, surroundings, DeviceList{});
  }

  /// Of a device that every board has. Example: `get<uart::UartDevice>().receive(byte, now)`.
  template <class Device>
  [[nodiscard]] typename Device::Module& get() {
    static_assert(
        !requires(device::BoardParameters board) { Device::present(board); },
        "some boards lack it: go over the list");
    return static_cast<typename Device::Module&>(*by_place_[place_of_device<Device>]);
  }
  [[nodiscard]] auto begin() const { return devices_.begin(); }
  [[nodiscard]] auto end() const { return devices_.end(); }

  /// The first thing that one of them will do by itself; Timebase::never: nothing.
  [[nodiscard]] Cycles next_event() const {
    Cycles next = Timebase::never;
    for (const auto& device : devices_) next = std::min(next, device->next_event());
    return next;
  }
  void visit(StatisticVisitor& v) const {
    for (const auto& device : devices_) device->visit(v);
  }

 private:
  template <class... Listed>
  void make(const DeviceConfigs& configs, device::Surroundings& surroundings,
            TypeList<Listed...> /*list*/) {
    (make_one<Listed>(configs, surroundings), ...);
  }
  template <class Listed>
  void make_one(const DeviceConfigs& configs, device::Surroundings& surroundings) {
    by_place_.push_back(nullptr);
    if (!present<Listed>(surroundings.board)) return;
    devices_.push_back(std::make_unique<typename Listed::Module>(
        std::string(Listed::name).c_str(), configs.of<Listed>(), surroundings));
    by_place_.back() = devices_.back().get();
  }

  std::vector<std::unique_ptr<device::Device>> devices_;
  std::vector<device::Device*> by_place_;  ///< in the list; null: this board lacks it
};

}  // namespace kilburn::platform
