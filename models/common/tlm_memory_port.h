// A mechanism's memory port over a TLM-2.0 socket: blocking transport with annotated delay.
#pragma once

#include <algorithm>
#include <cstdint>
#include <systemc>
#include <tlm>

#include "common/clock.h"
#include "common/forward_target.h"
#include "common/memory_port.h"
#include "common/message_port.h"
#include "common/tlm_extensions.h"
#include "common/traffic_extension.h"

namespace kilburn {

/// Requests go out with the delay from the simulation time to `now`; a `now` that has passed counts
/// as the simulation time. The target may wait: then other processes run, and call the mechanism.
/// Every payload is the call's own, and says that it is table traffic. An error response is
/// `ok == false`.
class TlmMemoryPort final : public MemoryPort, public MessagePort, private BackwardInitiator {
 public:
  tlm::tlm_initiator_socket<> socket;

  /// A member of the module whose mechanism it serves; `name` is the socket's.
  TlmMemoryPort(const char* name, Clock clock) : socket(name), clock_(clock) { socket.bind(*this); }

  MemoryReply read(Address address, Cycles now) override {
    std::uint64_t data = 0;
    const Done done = transport(Traffic::table_read, address, &data, 8, now, nullptr);
    return {done.ok ? data : 0, done.latency, done.ok};
  }
  LineReply read_line(Address address, Cycles now) override {
    LineReply reply;
    const Done done =
        transport(Traffic::table_read, address, reply.data.data(), line_bytes, now, nullptr);
    reply.latency = done.latency;
    reply.ok = done.ok;
    return reply;
  }
  MemoryReply write(Address address, std::uint64_t value, Cycles now) override {
    const Done done = transport(Traffic::table_write, address, &value, 8, now, nullptr);
    return {0, done.latency, done.ok};
  }
  MemoryReply write_word(Address address, std::uint32_t value, Cycles now) override {
    std::uint64_t data = value;  // little-endian, as the host: its first four bytes
    const Done done = transport(Traffic::table_write, address, &data, 4, now, nullptr);
    return {0, done.latency, done.ok};
  }
  /// Not ok, too, where the target does not know AtomicExtension.
  MemoryReply compare_exchange(Address address, std::uint64_t expected, std::uint64_t desired,
                               Cycles now) override {
    AtomicExtension atomic;
    atomic.expected = expected;
    const Done done = transport(Traffic::table_write, address, &desired, 8, now, &atomic);
    return {atomic.previous, done.latency, done.ok && atomic.handled};
  }

 private:
  struct Done {
    Cycles latency;
    bool ok;
  };
  Done transport(Traffic traffic, Address address, std::uint64_t* data, unsigned length, Cycles now,
                 AtomicExtension* atomic) {
    TrafficExtension kind;
    kind.traffic = traffic;
    tlm::tlm_generic_payload payload;
    payload.set_extension(&kind);
    payload.set_extension(atomic);
    payload.set_command(is_write(traffic) ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(address);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(data));
    payload.set_data_length(length);
    payload.set_streaming_width(length);
    payload.set_byte_enable_ptr(nullptr);
    payload.set_byte_enable_length(0);
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    const sc_core::sc_time start = std::max(clock_.cycles(now), sc_core::sc_time_stamp());
    sc_core::sc_time delay = start - sc_core::sc_time_stamp();
    socket->b_transport(payload, delay);
    payload.clear_extension(&kind);  // the payload would delete what it still has
    payload.clear_extension(atomic);
    const sc_core::sc_time taken = sc_core::sc_time_stamp() + delay - start;
    return {clock_.count_up(taken), payload.is_response_ok()};
  }

  Clock clock_;
};

}  // namespace kilburn
