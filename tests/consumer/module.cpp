// Kilburn's memory on somebody else's bus: a plain TLM-2.0 initiator writes and reads back.
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <cstdio>
#include <systemc>

#include "memory/memory_module.h"

namespace {

class Initiator final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Initiator> socket{"socket"};
  bool passed = false;

  explicit Initiator(const sc_core::sc_module_name& name) : sc_module(name) {
    sc_core::sc_spawn([this] { run(); }, "run");
  }

 private:
  void run() {
    std::uint64_t written = 0x0123'4567'89AB'CDEF;
    std::uint64_t read = 0;
    const sc_core::sc_time write_time = transport(tlm::TLM_WRITE_COMMAND, 0x8000'0040, written);
    const sc_core::sc_time read_time = transport(tlm::TLM_READ_COMMAND, 0x8000'0040, read);
    passed =
        read == written && write_time > sc_core::SC_ZERO_TIME && read_time > sc_core::SC_ZERO_TIME;
  }

  /// The time that the memory took; zero where it did not answer OK.
  sc_core::sc_time transport(tlm::tlm_command command, std::uint64_t address, std::uint64_t& data) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&data));
    payload.set_data_length(sizeof data);
    payload.set_streaming_width(sizeof data);
    payload.set_byte_enable_ptr(nullptr);
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(payload, delay);
    if (!payload.is_response_ok()) return sc_core::SC_ZERO_TIME;
    wait(delay);
    return delay;
  }
};

}  // namespace

int sc_main(int /*argc*/, char** /*argv*/) {
  using namespace kilburn;
  memory::Storage storage({.base = 0x8000'0000, .bytes = 1 << 20});
  memory::MemoryModule memory("memory", {}, storage, Clock(sc_core::sc_time(1, sc_core::SC_NS)));
  Initiator initiator("initiator");
  initiator.socket.bind(memory.bus);
  sc_core::sc_start();
  std::printf("%s\n", initiator.passed ? "read what was written" : "FAILED");
  return initiator.passed ? 0 : 1;
}
