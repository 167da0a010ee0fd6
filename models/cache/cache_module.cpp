#include "cache/cache_module.h"

#include "common/tlm_extensions.h"

namespace kilburn::cache {

CacheModule::CacheModule(const sc_core::sc_module_name& name, const CacheConfig& config,
                         unsigned clients, Cacheable cacheable, Clock clock)
    : sc_module(name),
      above("above", clients),
      cache_(config),
      cacheable_(cacheable),
      line_mask_(~(Address{config.line_bytes} - 1)),
      line_bytes_(config.line_bytes),
      hit_time_(clock.cycles(config.hit_cycles)) {
  for (unsigned i = 0; i < clients; ++i) above[i].bind(*this);
  below.bind(*this);
}

void CacheModule::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const Address address = payload.get_address();
  if (!cacheable_.contains(address)) {
    below->b_transport(payload, delay);
    return;
  }
  const Traffic traffic = traffic_of(payload);
  const Address last = address + payload.get_data_length() - 1;
  bool ok = look_up(address, traffic, delay);
  for (Address line = address & line_mask_; ok && (last & line_mask_) != line;) {
    line += line_bytes_;
    ok = look_up(line, traffic, delay);
  }
  if (!ok) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  } else if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  } else {
    move_bytes(payload);
  }
}

bool CacheModule::look_up(Address address, Traffic traffic, sc_core::sc_time& delay) {
  const Kind kind = kind_of(traffic);
  const Lookup found = cache_.access(address, kind);
  delay += hit_time_;
  if (found.hit && !found.write_below) return true;
  if (found.write_below) {
    // The store is posted: the level below takes its time without the client waiting for it.
    sc_core::sc_time posted = delay;
    return pass_below(address & line_mask_, traffic, posted);
  }
  if (!pass_below(address & line_mask_, refill_traffic(traffic), delay)) return false;
  const Victim victim = cache_.fill(address, kind);
  if (victim.valid && victim.dirty) {
    sc_core::sc_time posted = delay;
    return pass_below(victim.address, Traffic::writeback, posted);
  }
  return true;
}

bool CacheModule::pass_below(Address address, Traffic traffic, sc_core::sc_time& delay) {
  if (idle_requests_.empty()) {
    idle_requests_.push_back(std::make_unique<LineRequest>(line_bytes_));
  }
  std::unique_ptr<LineRequest> request = std::move(idle_requests_.back());
  idle_requests_.pop_back();
  request->traffic.traffic = traffic;
  tlm::tlm_generic_payload& payload = request->payload;
  payload.set_command(tlm::TLM_IGNORE_COMMAND);
  payload.set_address(address);
  payload.set_data_ptr(request->data.data());
  payload.set_data_length(line_bytes_);
  payload.set_streaming_width(line_bytes_);
  payload.set_byte_enable_ptr(nullptr);
  payload.set_byte_enable_length(0);
  payload.set_dmi_allowed(false);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  below->b_transport(payload, delay);
  const bool ok = payload.is_response_ok();
  idle_requests_.push_back(std::move(request));
  return ok;
}

/// Reads go by the memory's pointer, writes to the memory itself, which shows them to who watches.
void CacheModule::move_bytes(tlm::tlm_generic_payload& payload) {
  if (payload.is_write()) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    below->transport_dbg(payload);
    return;
  }
  if (!have_dmi_) have_dmi_ = below->get_direct_mem_ptr(payload, dmi_);
  const Address address = payload.get_address();
  const Address last = address + payload.get_data_length() - 1;
  if (!have_dmi_ || address < dmi_.get_start_address() || last > dmi_.get_end_address()) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  unsigned char* const host = dmi_.get_dmi_ptr() + (address - dmi_.get_start_address());
  perform(payload, reinterpret_cast<std::byte*>(host));
}

}  // namespace kilburn::cache
