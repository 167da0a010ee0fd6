#include "platform/ssd/host_bus.h"

#include <fmt/format.h>

#include <cstring>
#include <stdexcept>

namespace kilburn::ssd {

sc_core::sc_time HostBus::access(tlm::tlm_command command, Address address, std::uint64_t& value,
                                 unsigned length) {
  payload_.set_command(command);
  payload_.set_address(address);
  payload_.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
  payload_.set_data_length(length);
  payload_.set_streaming_width(length);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  socket->b_transport(payload_, delay);
  if (!payload_.is_response_ok()) {
    throw std::logic_error(fmt::format("the host's access to {:#x} is answered with {}", address,
                                       payload_.get_response_string()));
  }
  return delay;
}

void HostBus::store(Address address, std::uint64_t value, unsigned length) {
  (void)access(tlm::TLM_WRITE_COMMAND, address, value, length);
}

std::uint64_t HostBus::load(Address address, unsigned length) {
  std::uint64_t value = 0;
  sc_core::wait(access(tlm::TLM_READ_COMMAND, address, value, length));
  return value;
}

void MessageTarget::write_at(std::uint64_t /*offset*/, unsigned /*length*/, std::uint64_t value,
                             Cycles now) {
  raised_ |= std::uint64_t{1} << (value & 63);
  const sc_core::sc_time then = clock().cycles(now);
  const sc_core::sc_time& current = sc_core::sc_time_stamp();
  // An earlier notification stays: what it wakes looks at all that was raised.
  event_.notify(then > current ? then - current : sc_core::SC_ZERO_TIME);
}

}  // namespace kilburn::ssd
