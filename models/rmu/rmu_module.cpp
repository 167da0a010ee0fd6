#include "rmu/rmu_module.h"

#include "common/initiator_name.h"

#include <algorithm>
#include <cstring>

namespace kilburn::rmu {

RmuModule::RmuModule(const sc_core::sc_module_name& name, const RmuConfig& config, Clock clock,
                     InvalidationBus& bus)
    : sc_module(name),
      registers("registers"),
      table("table", clock),
      clock_(clock),
      register_cycles_(config.register_cycles),
      invalidator_(bus, clock, config.ack_timeout),
      rmu_(config, table) {
  registers.register_b_transport(this, &RmuModule::access);
  SC_THREAD(run_commands);
}

void RmuModule::access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const std::uint64_t offset = payload.get_address();
  const unsigned length = payload.get_data_length();
  payload.set_dmi_allowed(false);
  if (payload.get_byte_enable_ptr() != nullptr) {
    payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    return;
  }
  if ((length != 4 && length != 8) || payload.get_streaming_width() < length) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  if (offset >= RMU_REGISTER_BYTES || offset % length != 0) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  delay += clock_.cycles(register_cycles_);
  if (payload.is_read()) {
    const std::uint64_t value = values_[offset / 8] >> (offset % 8 * 8);
    std::memcpy(payload.get_data_ptr(), &value, length);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  } else if (payload.is_write()) {
    if (offset == RMU_COMMAND && payload.get_extension<RequesterExtension>() == nullptr) {
      refuse_nobody(payload);
      return;
    }
    std::uint64_t value = 0;
    std::memcpy(&value, payload.get_data_ptr(), length);
    const tlm::tlm_response_status status = write(offset, value, length);
    payload.set_response_status(status);
    if (status == tlm::TLM_OK_RESPONSE && offset == RMU_COMMAND) {
      at(RMU_STATUS) = RMU_RUNNING;
      command_ = latch(payload);
      start_.notify(delay);
    }
  } else {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
  }
}

tlm::tlm_response_status RmuModule::write(std::uint64_t offset, std::uint64_t value,
                                          unsigned length) {
  const bool running = (at(RMU_STATUS) & RMU_RUNNING) != 0;
  if (offset == RMU_COMMAND && running) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (offset >= RMU_STATUS) return tlm::TLM_OK_RESPONSE;
  std::uint64_t& whole = values_[offset / 8];
  if (length == 8) {
    whole = value;
  } else {
    const unsigned shift = offset % 8 * 8;
    whole = (whole & ~(std::uint64_t{UINT32_MAX} << shift)) | value << shift;
  }
  return tlm::TLM_OK_RESPONSE;
}

/// The command that the registers describe. Operands too large for their field are kept too large,
/// so that the RMU rejects them.
Command RmuModule::latch(const tlm::tlm_generic_payload& payload) const {
  const auto capped = [this](unsigned offset, std::uint64_t most) {
    return std::min(at(offset), most);
  };
  const Entry operands = decode(at(RMU_ATTRIBUTES), at(RMU_MAPPED));
  Command command{
      .code = static_cast<CommandCode>(capped(RMU_COMMAND, UINT8_MAX)),
      .target = at(RMU_TARGET),
      .order = static_cast<unsigned>(capped(RMU_ORDER, UINT8_MAX)),
      .realm = static_cast<std::uint32_t>(capped(RMU_OWNER, UINT32_MAX)),
      .mapped = operands.mapped,
      .mapped_any = operands.mapped_any,
      .state = static_cast<State>(at(RMU_ATTRIBUTES) & RMU_ENTRY_STATE_MASK),
      .data_only = operands.data_only,
      .sharing = static_cast<Sharing>(at(RMU_ATTRIBUTES) >> RMU_ENTRY_SHARING_SHIFT &
                                      RMU_ENTRY_SHARING_MASK),
  };
  const auto* requester = payload.get_extension<RequesterExtension>();
  command.issuer = {requester->context.realm, requester->privilege == Privilege::machine};
  return command;
}

/// A command that says not who issues it must not pass for one by the system, realm 0.
void RmuModule::refuse_nobody(tlm::tlm_generic_payload& payload) {
  last_error_ = std::string{name()} + ": command refused: its payload, from " +
                initiator_of(registers) + ", has no RequesterExtension";
  SC_REPORT_WARNING("kilburn/requester", last_error_.c_str());
  payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
}

void RmuModule::run_commands() {
  while (true) {
    sc_core::wait(start_);
    const Cycles now = clock_.count_up(sc_core::sc_time_stamp());
    const CommandResult result = rmu_.execute(command_, now, invalidator_);
    clock_.wait_until(now + result.cycles);
    if (command_.code == CommandCode::query && result.status == Status::ok) {
      at(RMU_RESULT) = rights_word(result.entry);
      at(RMU_RESULT_MAPPED) = mapping_word(result.entry);
      at(RMU_RESULT_HEAD) = result.head;
    }
    at(RMU_CYCLES) = result.cycles;
    at(RMU_STATUS) = static_cast<std::uint64_t>(result.status);
    if (result.status == Status::timeout) report_timeout(result);
  }
}

void RmuModule::report_timeout(const CommandResult& result) {
  last_error_ = std::string{name()} + ": " + std::string{to_string(command_.code)} +
                ": not carried out, no acknowledgement from";
  const char* separator = " ";
  for (const std::string& holder : result.missing) {
    last_error_ += separator + holder;
    separator = ", ";
  }
  SC_REPORT_WARNING("kilburn/invalidation", last_error_.c_str());
}

}  // namespace kilburn::rmu
