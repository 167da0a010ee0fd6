// What answers on the bus with registers.
#pragma once

#include <cstdint>
#include <systemc>
#include <tlm>

#include "common/clock.h"
#include "common/forward_target.h"
#include "common/tlm_extensions.h"
#include "common/types.h"

namespace kilburn {

/// A window of registers, of any size: a class that derives from it says which lengths it accepts,
/// and reads and writes. Addresses are offsets: its range on the bus is relative. Time: the
/// annotated delay grows by `register_cycles`, and the access acts at its end.
///
/// Responses: TLM_BYTE_ENABLE_ERROR for byte enables, TLM_BURST_ERROR for a length that the
/// register does not accept, TLM_ADDRESS_ERROR for offsets that are no multiple of the length or
/// lie beyond the registers, TLM_COMMAND_ERROR for what neither reads nor writes. No debug
/// transport and no DMI: reading a register may change it.
class RegisterWindow : public sc_core::sc_module, public ForwardTarget {
 public:
  tlm::tlm_target_socket<> registers{"registers"};

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) final;

 protected:
  RegisterWindow(const sc_core::sc_module_name& name, std::uint64_t bytes, Clock clock,
                 Cycles register_cycles);

  /// What a write of this length at `offset` is answered with: asked before each. `requester`: who
  /// makes it, null where the payload does not say.
  [[nodiscard]] virtual tlm::tlm_response_status admit_write(
      std::uint64_t /*offset*/, const RequesterExtension* /*requester*/) {
    return tlm::TLM_OK_RESPONSE;
  }
  /// `length` is 1, 2, 4 or 8 and divides `offset`.
  [[nodiscard]] virtual bool accepts_at(std::uint64_t offset, unsigned length) const = 0;
  [[nodiscard]] virtual std::uint64_t read_at(std::uint64_t offset, unsigned length,
                                              Cycles now) = 0;
  virtual void write_at(std::uint64_t offset, unsigned length, std::uint64_t value, Cycles now) = 0;
  [[nodiscard]] const Clock& clock() const { return clock_; }
  /// Lets `event` happen at cycle `when`, in the place of what it was to happen at; at once where
  /// that has passed, and not at all for Timebase::never.
  void notify_at(sc_core::sc_event& event, Cycles when) const;

 private:
  [[nodiscard]] tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload) const;

  std::uint64_t bytes_;
  Clock clock_;
  Cycles register_cycles_;
};

/// The registers of a device: a few, so that offsets are small numbers.
class RegisterModule : public RegisterWindow {
 protected:
  using RegisterWindow::RegisterWindow;
  [[nodiscard]] virtual bool accepts(unsigned offset, unsigned length) const = 0;
  [[nodiscard]] virtual std::uint64_t read(unsigned offset, unsigned length, Cycles now) = 0;
  virtual void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) = 0;

 private:
  [[nodiscard]] bool accepts_at(std::uint64_t offset, unsigned length) const final {
    return accepts(static_cast<unsigned>(offset), length);
  }
  [[nodiscard]] std::uint64_t read_at(std::uint64_t offset, unsigned length, Cycles now) final {
    return read(static_cast<unsigned>(offset), length, now);
  }
  void write_at(std::uint64_t offset, unsigned length, std::uint64_t value, Cycles now) final {
    write(static_cast<unsigned>(offset), length, value, now);
  }
};

}  // namespace kilburn
