#include "rom/rom_module.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "kilburn/board.h"

namespace kilburn::rom {

RomModule::RomModule(const sc_core::sc_module_name& name, Address base, std::uint64_t bytes,
                     Clock clock, Cycles latency)
    : sc_module(name), base_(base), content_(bytes), latency_(clock.cycles(latency)) {
  bus.bind(*this);
}

RomModule::RomModule(const sc_core::sc_module_name& name, const Config& /*config*/,
                     device::Surroundings& surroundings)
    : RomModule(name, BOARD_ROM, BOARD_ROM_BYTES, surroundings.clock,
                surroundings.register_cycles) {}

std::vector<device::Range> RomModule::ranges() {
  return {{.base = base_, .bytes = content_.size(), .socket = bus, .relative = false}};
}

void RomModule::fill(std::span<const std::byte> content) {
  assert(content.size() <= content_.size() && "what is put into a ROM fits");
  std::ranges::copy(content, content_.begin());
}

bool RomModule::read(Address address, std::span<std::byte> bytes) const {
  const std::uint64_t offset = address - base_;
  if (offset > content_.size() || bytes.size() > content_.size() - offset) return false;
  std::memcpy(bytes.data(), content_.data() + offset, bytes.size());
  return true;
}

void RomModule::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  delay += latency_;
  if (!payload.is_read()) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
  } else if (payload.get_byte_enable_ptr() != nullptr) {
    payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  } else {
    payload.set_response_status(read(payload) ? tlm::TLM_OK_RESPONSE
                                              : tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
}

unsigned RomModule::transport_dbg(tlm::tlm_generic_payload& payload) {
  return payload.is_read() && read(payload) ? payload.get_data_length() : 0;
}

}  // namespace kilburn::rom
