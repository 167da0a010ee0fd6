#include "nvme/admin_commands.h"

namespace kilburn::nvme {

AdminCommands::Handler AdminCommands::handler(std::uint8_t opcode) {
  switch (opcode) {
    case NVME_ADMIN_DELETE_SQ:
      return &AdminCommands::delete_sq;
    case NVME_ADMIN_CREATE_SQ:
      return &AdminCommands::create_sq;
    case NVME_ADMIN_GET_LOG_PAGE:
      return &AdminCommands::get_log_page;
    case NVME_ADMIN_DELETE_CQ:
      return &AdminCommands::delete_cq;
    case NVME_ADMIN_CREATE_CQ:
      return &AdminCommands::create_cq;
    case NVME_ADMIN_IDENTIFY:
      return &AdminCommands::identify;
    case NVME_ADMIN_ABORT:
      return &AdminCommands::abort;
    case NVME_ADMIN_SET_FEATURES:
      return &AdminCommands::set_features;
    case NVME_ADMIN_GET_FEATURES:
      return &AdminCommands::get_features;
    case NVME_ADMIN_ASYNC_EVENT:
      return &AdminCommands::async_event;
    case NVME_ADMIN_NS_MANAGEMENT:
      return &AdminCommands::manage_namespace;
    case NVME_ADMIN_NS_ATTACHMENT:
      return &AdminCommands::attach_namespace;
    case NVME_ADMIN_FORMAT:
      return &AdminCommands::format;
    case NVME_ADMIN_RESIZE:
      return &AdminCommands::resize;
    default:
      return nullptr;
  }
}

void AdminCommands::start(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  if (command.status != NVME_SUCCESS) return parts_.end(slot, command.status, now);
  if (command.abort != NVME_SUCCESS) return parts_.end(slot, command.abort, now);
  const Handler carry_out = handler(command.entry.opcode());
  const Nanoseconds then = now + parts_.config.admin_ns;
  if (carry_out == nullptr) return parts_.end(slot, NVME_INVALID_OPCODE, then);
  if (command.entry.fuse() != 0 || command.entry.psdt() != 0) {
    return parts_.end(slot, NVME_INVALID_FIELD, then);
  }
  const std::uint32_t generation = command.generation;
  const Outcome outcome = (this->*carry_out)(slot, now);
  // A reset that came meanwhile takes the slot away by an event of its own.
  if (outcome.goes_on || parts_.commands[slot].generation != generation) return;
  parts_.end(slot, outcome.status, then + outcome.latency);
}

AdminCommands::Outcome AdminCommands::give(Command& command, const Structure& structure,
                                           Nanoseconds now) {
  const Transfer::Result given = transfer_.give(command, structure.bytes(), now);
  return {given.status, given.latency};
}

void AdminCommands::reset() {
  resizes_.clear();
  warned_ = 0;
}

}  // namespace kilburn::nvme
