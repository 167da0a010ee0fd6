#include "common/register_module.h"

#include <bit>
#include <cstring>

namespace kilburn {

RegisterWindow::RegisterWindow(const sc_core::sc_module_name& name, std::uint64_t bytes,
                               Clock clock, Cycles register_cycles)
    : sc_module(name), bytes_(bytes), clock_(clock), register_cycles_(register_cycles) {
  registers.bind(*this);
}

tlm::tlm_response_status RegisterWindow::check(const tlm::tlm_generic_payload& payload) const {
  const std::uint64_t offset = payload.get_address();
  const unsigned length = payload.get_data_length();
  if (!payload.is_read() && !payload.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (!std::has_single_bit(length) || length > 8 || payload.get_streaming_width() < length) {
    return tlm::TLM_BURST_ERROR_RESPONSE;
  }
  if (offset >= bytes_ || offset % length != 0) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  return accepts_at(offset, length) ? tlm::TLM_OK_RESPONSE : tlm::TLM_BURST_ERROR_RESPONSE;
}

void RegisterWindow::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  payload.set_dmi_allowed(false);
  const tlm::tlm_response_status status = check(payload);
  payload.set_response_status(status);
  if (status != tlm::TLM_OK_RESPONSE) return;
  delay += clock_.cycles(register_cycles_);
  const std::uint64_t offset = payload.get_address();
  const unsigned length = payload.get_data_length();
  const Cycles now = clock_.now(delay);
  std::uint64_t value = 0;
  if (payload.is_read()) {
    value = read_at(offset, length, now);
    std::memcpy(payload.get_data_ptr(), &value, length);
  } else {
    std::memcpy(&value, payload.get_data_ptr(), length);
    const auto answer = admit_write(offset, payload.get_extension<RequesterExtension>());
    payload.set_response_status(answer);
    if (answer == tlm::TLM_OK_RESPONSE) write_at(offset, length, value, now);
  }
}

void RegisterWindow::notify_at(sc_core::sc_event& event, Cycles when) const {
  event.cancel();
  const Cycles last = clock_.count(sc_core::sc_max_time());
  if (when > last) return;  // beyond what SystemC can count, `never` included
  const sc_core::sc_time time = clock_.cycles(when);
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  event.notify(time > now ? time - now : sc_core::SC_ZERO_TIME);
}

}  // namespace kilburn
