// The RMU as a SystemC module: command registers, and a socket to the memory that holds its table.
// Registers: sw/include/kilburn/rmu.h.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <systemc>

#include "common/clock.h"
#include "common/invalidation_module.h"
#include "common/tlm_memory_port.h"
#include "kilburn/rmu.h"
#include "rmu/rmu.h"

namespace kilburn::rmu {

/// A write to RMU_COMMAND takes the operands as they are and starts the command; a thread of its
/// own carries it out, waiting for acknowledgements in simulated time, while software polls
/// RMU_STATUS. The issuer is the RequesterExtension's context. One set of registers: software that
/// runs on several harts takes a lock.
///
/// Responses: TLM_BURST_ERROR for lengths other than 4 and 8, TLM_ADDRESS_ERROR for offsets that
/// are no multiple of the length or lie beyond the registers, TLM_COMMAND_ERROR for a write to
/// RMU_COMMAND while a command runs. Writes to read-only registers are ignored.
class RmuModule final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(RmuModule);
  RmuModule(const sc_core::sc_module_name& name, const RmuConfig& config, Clock clock,
            InvalidationBus& bus);

  tlm_utils::simple_target_socket<RmuModule> registers;
  TlmMemoryPort
      table;  ///< bind `table.socket` to where the table is, and the memory that scrub zeroes

  [[nodiscard]] Rmu& rmu() { return rmu_; }
  [[nodiscard]] const Rmu& rmu() const { return rmu_; }
  /// Text of the last invalidation that timed out, naming the holders; empty where none has.
  /// Reported as a SystemC warning of type "kilburn/invalidation", too.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  [[nodiscard]] tlm::tlm_response_status write(std::uint64_t offset, std::uint64_t value,
                                               unsigned length);
  void refuse_nobody(tlm::tlm_generic_payload& payload);
  [[nodiscard]] Command latch(const tlm::tlm_generic_payload& payload) const;
  void run_commands();
  void report_timeout(const CommandResult& result);
  [[nodiscard]] std::uint64_t& at(unsigned offset) { return values_[offset / 8]; }
  [[nodiscard]] std::uint64_t at(unsigned offset) const { return values_[offset / 8]; }

  Clock clock_;
  Cycles register_cycles_;
  WaitingInvalidator invalidator_;
  Rmu rmu_;
  std::array<std::uint64_t, RMU_REGISTER_BYTES / 8> values_{};  ///< the registers, by offset / 8
  Command command_{};                                           ///< the one that runs
  sc_core::sc_event start_;
  std::string last_error_;
};

}  // namespace kilburn::rmu
