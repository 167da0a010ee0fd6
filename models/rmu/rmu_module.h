// The RMU as a SystemC module: command registers, and a socket to the memory that holds its table.
// Registers: sw/include/kilburn/rmu.h.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <systemc>

#include "common/invalidation_module.h"
#include "common/register_module.h"
#include "common/tlm_memory_port.h"
#include "kilburn/rmu.h"
#include "rmu/rmu.h"

namespace kilburn::rmu {

/// A write to RMU_COMMAND takes the operands as they are and starts the command; a thread of its
/// own carries it out, waiting for acknowledgements in simulated time, while software polls
/// RMU_STATUS. The issuer is the RequesterExtension's context. One set of registers: software that
/// runs on several harts takes a lock.
///
/// Accesses are of 4 or 8 bytes; see RegisterModule. A write to RMU_COMMAND while a command runs is
/// answered with TLM_COMMAND_ERROR, one that does not say who makes it with TLM_GENERIC_ERROR.
/// Writes to read-only registers are ignored.
class RmuModule final : public RegisterModule {
 public:
  SC_HAS_PROCESS(RmuModule);
  RmuModule(const sc_core::sc_module_name& name, const RmuConfig& config, Clock clock,
            InvalidationBus& bus);

  TlmMemoryPort
      table;  ///< bind `table.socket` to where the table is, and the memory that scrub zeroes

  [[nodiscard]] Rmu& rmu() { return rmu_; }
  [[nodiscard]] const Rmu& rmu() const { return rmu_; }
  /// Text of the last invalidation that timed out, naming the holders; empty where none has.
  /// Reported as a SystemC warning of type "kilburn/invalidation", too.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 protected:
  [[nodiscard]] bool accepts(unsigned /*offset*/, unsigned length) const override {
    return length == 4 || length == 8;
  }
  [[nodiscard]] tlm::tlm_response_status admit_write(std::uint64_t offset,
                                                     const RequesterExtension* requester) override;
  [[nodiscard]] std::uint64_t read(unsigned offset, unsigned length, Cycles now) override;
  void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) override;

 private:
  [[nodiscard]] bool running() const { return (at(RMU_STATUS) & RMU_RUNNING) != 0; }
  void report_unknown_requester();
  [[nodiscard]] Command latch() const;
  void run_commands();
  void report_timeout(const CommandResult& result);
  [[nodiscard]] std::uint64_t& at(unsigned offset) { return values_[offset / 8]; }
  [[nodiscard]] std::uint64_t at(unsigned offset) const { return values_[offset / 8]; }

  WaitingInvalidator invalidator_;
  Rmu rmu_;
  std::array<std::uint64_t, RMU_REGISTER_BYTES / 8> values_{};  ///< the registers, by offset / 8
  Issuer issuer_{};                                             ///< who wrote RMU_COMMAND last
  Command command_{};                                           ///< the one that runs
  sc_core::sc_event start_;
  std::string last_error_;
};

}  // namespace kilburn::rmu
