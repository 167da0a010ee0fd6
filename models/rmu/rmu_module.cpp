#include "rmu/rmu_module.h"

#include "common/initiator_name.h"

#include <algorithm>

namespace kilburn::rmu {

RmuModule::RmuModule(const sc_core::sc_module_name& name, const RmuConfig& config, Clock clock,
                     InvalidationBus& bus)
    : RegisterModule(name, RMU_REGISTER_BYTES, clock, config.register_cycles),
      table("table", clock),
      invalidator_(bus, clock, config.ack_timeout),
      rmu_(config, table) {
  SC_THREAD(run_commands);
}

std::uint64_t RmuModule::read(unsigned offset, unsigned /*length*/, Cycles /*now*/) {
  return values_[offset / 8] >> (offset % 8 * 8);
}

tlm::tlm_response_status RmuModule::admit_write(std::uint64_t offset,
                                                const RequesterExtension* requester) {
  if (offset != RMU_COMMAND) return tlm::TLM_OK_RESPONSE;
  if (requester == nullptr) {
    report_unknown_requester();
    return tlm::TLM_GENERIC_ERROR_RESPONSE;
  }
  if (running()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  issuer_ = {requester->context.realm, requester->privilege == Privilege::machine};
  return tlm::TLM_OK_RESPONSE;
}

void RmuModule::write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) {
  if (offset >= RMU_STATUS) return;
  std::uint64_t& whole = values_[offset / 8];
  if (length == 8) {
    whole = value;
  } else {
    const unsigned shift = offset % 8 * 8;
    whole = (whole & ~(std::uint64_t{UINT32_MAX} << shift)) | value << shift;
  }
  if (offset != RMU_COMMAND) return;
  at(RMU_STATUS) = RMU_RUNNING;
  command_ = latch();
  notify_at(start_, now);
}

/// The command that the registers describe. Operands too large for their field are kept too large,
/// so that the RMU rejects them.
Command RmuModule::latch() const {
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
  command.issuer = issuer_;
  return command;
}

/// A command that says not who issues it must not pass for one by the system, realm 0.
void RmuModule::report_unknown_requester() {
  last_error_ = std::string{name()} + ": command refused: its payload, from " +
                initiator_of(registers) + ", has no RequesterExtension";
  SC_REPORT_WARNING("kilburn/requester", last_error_.c_str());
}

void RmuModule::run_commands() {
  while (true) {
    sc_core::wait(start_);
    const Cycles now = clock().count_up(sc_core::sc_time_stamp());
    const CommandResult result = rmu_.execute(command_, now, invalidator_);
    clock().wait_until(now + result.cycles);
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
