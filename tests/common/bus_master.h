// What makes a test's bus accesses: payloads complete in every attribute, at a chosen local time.
#pragma once

#include <gtest/gtest.h>

#include <systemc>
#include <tlm>

#include "common/forward_target.h"

namespace kilburn::testing {

/// Simulates `duration`, what happens at its very end included: sc_start alone stops before that.
inline void simulate(const sc_core::sc_time& duration) {
  sc_core::sc_start(duration);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
}

class BusMaster final : public sc_core::sc_module, public BackwardInitiator {
 public:
  explicit BusMaster(const sc_core::sc_module_name& name) : sc_module(name) { socket.bind(*this); }
  tlm::tlm_initiator_socket<> socket{"socket"};
  sc_core::sc_time delay;  ///< annotated before the access, and as the target has left it

  /// Example: access(tlm::TLM_READ_COMMAND, 0x10, &value, 4).
  tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t offset, void* data,
                                  unsigned length, unsigned char* enables = nullptr) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(offset);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(length);
    payload.set_streaming_width(length);
    payload.set_byte_enable_ptr(enables);
    payload.set_byte_enable_length(enables == nullptr ? 0 : length);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    socket->b_transport(payload, delay);
    return payload.get_response_status();
  }
  /// The response to an access of `length` bytes, whose data nobody looks at.
  tlm::tlm_response_status response(tlm::tlm_command command, std::uint64_t offset,
                                    unsigned length) {
    unsigned char data[64] = {};
    return access(command, offset, data, length);
  }
  void write(std::uint64_t offset, std::uint64_t value, unsigned length) {
    ASSERT_EQ(access(tlm::TLM_WRITE_COMMAND, offset, &value, length), tlm::TLM_OK_RESPONSE);
  }
  std::uint64_t read(std::uint64_t offset, unsigned length) {
    std::uint64_t value = 0;
    EXPECT_EQ(access(tlm::TLM_READ_COMMAND, offset, &value, length), tlm::TLM_OK_RESPONSE);
    return value;
  }
};

}  // namespace kilburn::testing
