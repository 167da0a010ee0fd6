// The parameters of the board's devices, each under the device's own name.
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "common/parameters.h"
#include "device/no_config.h"
#include "kilburn/device_list.h"

namespace kilburn::platform {

template <class Device>
inline constexpr std::size_t place_of_device = place_in<Device>(DeviceList{});

template <class List>
class ConfigsOf;

template <class... Devices>
class ConfigsOf<TypeList<Devices...>> {
 public:
  template <class Device>
  [[nodiscard]] typename Device::Config& of() {
    return std::get<place_of_device<Device>>(configs_);
  }
  template <class Device>
  [[nodiscard]] const typename Device::Config& of() const {
    return std::get<place_of_device<Device>>(configs_);
  }
  /// Says which runs have devices.
  void only_for(ParameterVisitor& v, std::string_view use) const {
    (v.only_for(use, {Devices::name}), ...);
  }
  void visit(ParameterVisitor& v) { (visit_one<Devices>(v), ...); }

 private:
  template <class Device>
  void visit_one(ParameterVisitor& v) {
    if constexpr (!std::is_same_v<typename Device::Config, device::NoConfig>) {
      v.block(Device::name, of<Device>(), Device::description);
    }
  }
  std::tuple<typename Devices::Config...> configs_;
};

using DeviceConfigs = ConfigsOf<DeviceList>;

}  // namespace kilburn::platform
