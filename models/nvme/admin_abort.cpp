// Abort, and asynchronous event requests. Source: NVM Express 1.4, chapters 5.1 and 5.2.
#include "nvme/admin_commands.h"

namespace kilburn::nvme {

bool AdminCommands::abort_command(std::uint32_t slot, Status status, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  if (command.ending) return false;
  if (command.media_left == 0) {
    // Its next event ends it; a deletion that waits for others has none.
    if (command.queue == 0) return false;
    command.abort = status;
    return true;
  }
  if (command.media_left != 1 || command.queue == 0 ||
      command.entry.opcode() == NVME_IO_DATASET_MANAGEMENT ||
      !parts_.media.cancel(parts_.commands.tag(slot))) {
    return false;
  }
  command.media_left = 0;
  parts_.end(slot, status, now);
  return true;
}

void AdminCommands::abort_io(Status status, Nanoseconds now) {
  for (std::uint32_t slot = 0; slot < parts_.commands.size(); ++slot) {
    if (parts_.commands[slot].in_use) abort_command(slot, status, now);
  }
}

AdminCommands::Outcome AdminCommands::abort(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  const auto queue = static_cast<QueueId>(command.entry.dw(10));
  const auto id = static_cast<std::uint16_t>(command.entry.dw(10) >> 16);
  constexpr std::uint32_t not_aborted = 1;
  command.result = not_aborted;
  if (queue == 0 && parts_.completion[0].room() != 0 && parts_.events.abort(id)) {
    command.result = completions_.post_event(id, NVME_ABORT_REQUESTED, 0, now) ? 0 : not_aborted;
    return {};
  }
  const std::optional<std::uint32_t> found = parts_.commands.find(queue, id);
  if (found && *found != slot && abort_command(*found, NVME_ABORT_REQUESTED, now))
    command.result = 0;
  return {};
}

AdminCommands::Outcome AdminCommands::async_event(std::uint32_t slot, Nanoseconds now) {
  const Command& command = parts_.commands[slot];
  const std::uint16_t id = command.entry.id();
  if (!parts_.events.park(id)) return {NVME_ASYNC_EVENT_LIMIT};
  // It waits without room of its own.
  SubmissionQueue& queue = parts_.submission[0];
  --parts_.completion[0].reserved;
  queue.end(id);
  parts_.commands.give_back(slot);
  parts_.queue.add(now, Event::Kind::events);
  parts_.want_fetch(now);
  return {.goes_on = true};
}

}  // namespace kilburn::nvme
