// Enabling, resetting and shutting down. Source: NVM Express 1.4, chapters 7.3 and 7.6.
#include "nvme/controller.h"

namespace kilburn::nvme {

namespace {

constexpr std::uint64_t shutdown_tag = UINT64_MAX;

}  // namespace

void Controller::control(Nanoseconds now) {
  control_due_ = false;
  if (wants_reset_) dismantle(now);
  Registers& registers = parts_.registers;
  if (registers.enabled() && !registers.ready() && !starting_ && !registers.failed()) {
    if (registers.usable()) {
      starting_ = true;
      parts_.queue.add(now + parts_.config.ready_ns, Event::Kind::ready);
    } else {
      registers.set_failed();
    }
  }
  if (registers.shutdown() != 0 && registers.shutdown_state() == 0) shut_down(now);
}

void Controller::become_ready() {
  starting_ = false;
  Registers& registers = parts_.registers;
  const IoVirtualAddress sq(registers.admin_sq());
  const IoVirtualAddress cq(registers.admin_cq());
  parts_.submission[0].create(sq, registers.admin_sq_entries(), 0, NVME_PRIORITY_URGENT);
  parts_.completion[0].create(cq, registers.admin_cq_entries(), 0, true);
  parts_.completion[0].users = 1;
  parts_.memory.begin_queue({}, sq, std::uint64_t{registers.admin_sq_entries()} * NVME_SQE_BYTES);
  parts_.memory.begin_queue({.completion = true}, cq,
                            std::uint64_t{registers.admin_cq_entries()} * NVME_CQE_BYTES);
  registers.set_ready(true);
}

/// Everything that software has set up is gone, but for the admin queue's registers where it is no
/// reset of the function.
void Controller::dismantle(Nanoseconds now) {
  ++parts_.statistics.resets;
  for (std::uint32_t slot = 0; slot < parts_.commands.size(); ++slot) {
    const Command& command = parts_.commands[slot];
    if (!command.in_use) continue;
    // What the media cannot take back ends later, and is nobody's.
    if (command.media_left != 0) (void)parts_.media.cancel(parts_.commands.tag(slot));
    parts_.commands.give_back(slot);
  }
  for (std::size_t id = 0; id < parts_.submission.size(); ++id) {
    const auto queue = static_cast<QueueId>(id);
    if (parts_.submission[id].exists) parts_.memory.end_queue({.id = queue});
    if (parts_.completion[id].exists) parts_.memory.end_queue({.id = queue, .completion = true});
    parts_.submission[id].exists = false;
    parts_.completion[id] = {};
  }
  for (const std::uint32_t id : parts_.namespaces.ids(false)) {
    parts_.namespaces.find(id)->formatting = false;
  }
  parts_.queue.clear();
  parts_.fetch_due = false;
  parts_.events.reset();
  parts_.features.reset(now);
  parts_.media.set_write_cache(parts_.features.write_cache());
  admin_.reset();
  // A resize goes on, and those that waited are gone.
  starting_ = false;
  // Of a function reset the registers were cleared when it was asked for; software may have written
  // them since.
  if (subsystem_reset_) {
    parts_.registers.reset(true);
    parts_.registers.set_subsystem_reset();
  } else if (!function_reset_) {
    parts_.registers.reset(false);
  }
  wants_reset_ = function_reset_ = subsystem_reset_ = false;
  completions_.drive_pin();
}

void Controller::shut_down(Nanoseconds now) {
  parts_.registers.set_shutdown_state(NVME_SHST_OCCURRING);
  // Power is about to go: what is under way does not end any more.
  if (parts_.registers.shutdown() == NVME_SHN_ABRUPT) admin_.abort_io(NVME_POWER_LOSS, now);
  const std::vector<ftl::NamespaceId> ids = parts_.media.namespaces();
  if (ids.empty()) {
    parts_.registers.set_shutdown_state(NVME_SHST_COMPLETE);
    return;
  }
  parts_.media.submit(
      {.kind = ftl::Request::Kind::flush, .space = ids.front(), .tag = shutdown_tag}, now);
}

}  // namespace kilburn::nvme
