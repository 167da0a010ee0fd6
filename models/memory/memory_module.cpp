#include "memory/memory_module.h"

#include "common/tlm_extensions.h"
#include "common/traffic_extension.h"

namespace kilburn::memory {

MemoryModule::MemoryModule(const sc_core::sc_module_name& name, const DramConfig& dram,
                           Storage& storage, Clock clock)
    : sc_module(name), dram_(dram), storage_(storage), clock_(clock) {
  bus.bind(*this);
}

void MemoryModule::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  std::byte* const host = storage_.host(payload.get_address(), payload.get_data_length());
  if (host == nullptr) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  const bool write = is_write(traffic_of(payload));
  delay += clock_.cycles(
      dram_.burst(payload.get_address(), payload.get_data_length(), write, clock_.now(delay)));
  payload.set_dmi_allowed(true);
  perform_watched(payload, host);
}

void MemoryModule::perform_watched(tlm::tlm_generic_payload& payload, std::byte* host) {
  perform(payload, host);
  if (!watcher_ || !payload.is_write() || !payload.is_response_ok()) return;
  const auto* const atomic = payload.get_extension<AtomicExtension>();
  if (atomic != nullptr && atomic->previous != atomic->expected) return;  // not performed
  watcher_(payload.get_address(), payload.get_data_length());
}

bool MemoryModule::poke(Address address, std::span<const std::byte> bytes) {
  if (!storage_.write(address, bytes)) return false;
  if (watcher_) watcher_(address, bytes.size());
  return true;
}

bool MemoryModule::get_direct_mem_ptr(tlm::tlm_generic_payload& /*payload*/, tlm::tlm_dmi& dmi) {
  dmi.set_start_address(storage_.base());
  dmi.set_end_address(storage_.base() + storage_.bytes() - 1);
  dmi.set_dmi_ptr(reinterpret_cast<unsigned char*>(storage_.host(storage_.base(), 1)));
  dmi.allow_read();
  return true;
}

unsigned MemoryModule::transport_dbg(tlm::tlm_generic_payload& payload) {
  std::byte* const host = storage_.host(payload.get_address(), payload.get_data_length());
  if (host == nullptr) return 0;
  perform_watched(payload, host);
  return payload.get_data_length();
}

}  // namespace kilburn::memory
