// Read-only memory on the bus.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <systemc>
#include <tlm>
#include <vector>

#include "common/clock.h"
#include "common/forward_target.h"
#include "device/device.h"
#include "device/surroundings.h"
#include "rom/rom_device.h"

namespace kilburn::rom {

/// Reads of any length and alignment within the content, which is as long as its range on the bus;
/// a write is answered with TLM_COMMAND_ERROR_RESPONSE. Time: `latency` a read.
class RomModule final : public sc_core::sc_module, public ForwardTarget, public device::Device {
 public:
  tlm::tlm_target_socket<> bus{"bus"};

  using Config = RomDevice::Config;
  RomModule(const sc_core::sc_module_name& name, const Config& config,
            device::Surroundings& surroundings);
  RomModule(const sc_core::sc_module_name& name, Address base, std::uint64_t bytes, Clock clock,
            Cycles latency);
  /// What lies at the beginning; zeros follow.
  void fill(std::span<const std::byte> content);

  /// False: not all of it lies in the ROM.
  [[nodiscard]] bool read(Address address, std::span<std::byte> bytes) const;

  [[nodiscard]] std::string_view name() const override { return RomDevice::name; }
  [[nodiscard]] std::vector<device::Range> ranges() override;

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  unsigned transport_dbg(tlm::tlm_generic_payload& payload) override;

 private:
  [[nodiscard]] bool read(tlm::tlm_generic_payload& payload) const {
    return read(payload.get_address(),
                {reinterpret_cast<std::byte*>(payload.get_data_ptr()), payload.get_data_length()});
  }

  Address base_;
  std::vector<std::byte> content_;
  sc_core::sc_time latency_;
};

}  // namespace kilburn::rom
