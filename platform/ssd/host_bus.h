// What the host does on the bus: loads and stores of registers, and the page that messages reach.
#pragma once

#include <cstdint>
#include <systemc>
#include <tlm>
#include <utility>

#include "common/clock.h"
#include "common/forward_target.h"
#include "common/register_module.h"

namespace kilburn::ssd {

/// Stores are posted: they take the host no time. Loads take the calling process the time until
/// their answer. Errors: std::logic_error where nothing answers.
class HostBus final : private BackwardInitiator {
 public:
  tlm::tlm_initiator_socket<> socket{"host_bus"};

  HostBus() { socket.bind(*this); }
  void store(Address address, std::uint64_t value, unsigned length);
  [[nodiscard]] std::uint64_t load(Address address, unsigned length);

 private:
  sc_core::sc_time access(tlm::tlm_command command, Address address, std::uint64_t& value,
                          unsigned length);

  tlm::tlm_generic_payload payload_;
};

/// Takes messages (MSI-X): their data are the number of a vector.
class MessageTarget final : public RegisterWindow {
 public:
  MessageTarget(const char* name, Clock clock) : RegisterWindow(name, page_bytes, clock, 0) {}

  /// Bit n: vector n has been raised since the last call.
  [[nodiscard]] std::uint64_t take() { return std::exchange(raised_, 0); }
  [[nodiscard]] bool raised() const { return raised_ != 0; }
  [[nodiscard]] const sc_core::sc_event& event() const { return event_; }

 protected:
  [[nodiscard]] bool accepts_at(std::uint64_t offset, unsigned length) const override {
    return offset == 0 && length == 4;
  }
  [[nodiscard]] std::uint64_t read_at(std::uint64_t /*offset*/, unsigned /*length*/,
                                      Cycles /*now*/) override {
    return 0;
  }
  void write_at(std::uint64_t offset, unsigned length, std::uint64_t value, Cycles now) override;

 private:
  std::uint64_t raised_ = 0;
  sc_core::sc_event event_;
};

}  // namespace kilburn::ssd
