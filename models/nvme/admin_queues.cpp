// Create and delete I/O queues. Source: NVM Express 1.4, chapters 5.3 to 5.6.
#include "nvme/admin_commands.h"

namespace kilburn::nvme {

namespace {

constexpr std::uint32_t contiguous = 0x1;
constexpr std::uint32_t interrupts_enabled = 0x2;
constexpr unsigned dw_queue = 10;
constexpr unsigned dw_flags = 11;

QueueId queue_of(const Entry& entry) {
  return static_cast<QueueId>(entry.dw(dw_queue));
}

}  // namespace

Status AdminCommands::queue_place(const Entry& entry, std::uint32_t& entries) const {
  entries = (entry.dw(dw_queue) >> 16) + 1;
  if (entries < 2 || entries > parts_.config.queue_entries) return NVME_INVALID_QUEUE_SIZE;
  if ((entry.dw(dw_flags) & contiguous) == 0) return NVME_INVALID_FIELD;
  if (entry.prp1() % parts_.registers.page() != 0) return NVME_INVALID_PRP_OFFSET;
  return NVME_SUCCESS;
}

AdminCommands::Outcome AdminCommands::create_cq(std::uint32_t slot, Nanoseconds /*now*/) {
  const Entry& entry = parts_.commands[slot].entry;
  const QueueId id = queue_of(entry);
  if (id == 0 || id >= parts_.completion.size() || parts_.completion[id].exists) {
    return {NVME_INVALID_QUEUE_ID};
  }
  std::uint32_t entries = 0;
  if (const Status status = queue_place(entry, entries); status != NVME_SUCCESS) return {status};
  if (parts_.registers.cc_field(NVME_CC_IOCQES_SHIFT, NVME_CC_ES_MASK) != NVME_CQES) {
    return {NVME_INVALID_FIELD};
  }
  const std::uint32_t vector = entry.dw(dw_flags) >> 16;
  if (vector >= parts_.interrupts.vectors() || vector >= parts_.config.vectors) {
    return {NVME_INVALID_VECTOR};
  }
  const IoVirtualAddress base(entry.prp1());
  parts_.completion[id].create(base, entries, static_cast<std::uint16_t>(vector),
                               (entry.dw(dw_flags) & interrupts_enabled) != 0);
  parts_.memory.begin_queue({.id = id, .completion = true}, base,
                            std::uint64_t{entries} * NVME_CQE_BYTES);
  return {};
}

AdminCommands::Outcome AdminCommands::create_sq(std::uint32_t slot, Nanoseconds /*now*/) {
  const Entry& entry = parts_.commands[slot].entry;
  const QueueId id = queue_of(entry);
  if (id == 0 || id >= parts_.submission.size() || parts_.submission[id].exists) {
    return {NVME_INVALID_QUEUE_ID};
  }
  const auto completion = static_cast<QueueId>(entry.dw(dw_flags) >> 16);
  if (completion == 0 || completion >= parts_.completion.size()) return {NVME_INVALID_QUEUE_ID};
  if (!parts_.completion[completion].exists) return {NVME_CQ_INVALID};
  std::uint32_t entries = 0;
  if (const Status status = queue_place(entry, entries); status != NVME_SUCCESS) return {status};
  if (parts_.registers.cc_field(NVME_CC_IOSQES_SHIFT, NVME_CC_ES_MASK) != NVME_SQES) {
    return {NVME_INVALID_FIELD};
  }
  const IoVirtualAddress base(entry.prp1());
  parts_.submission[id].create(base, entries, completion, entry.dw(dw_flags) >> 1 & 3);
  ++parts_.completion[completion].users;
  parts_.memory.begin_queue({.id = id}, base, std::uint64_t{entries} * NVME_SQE_BYTES);
  return {};
}

AdminCommands::Outcome AdminCommands::delete_cq(std::uint32_t slot, Nanoseconds /*now*/) {
  const QueueId id = queue_of(parts_.commands[slot].entry);
  if (id == 0 || id >= parts_.completion.size() || !parts_.completion[id].exists) {
    return {NVME_INVALID_QUEUE_ID};
  }
  if (parts_.completion[id].users != 0) return {NVME_INVALID_QUEUE_DELETION};
  parts_.completion[id].exists = false;
  parts_.memory.end_queue({.id = id, .completion = true});
  completions_.drive_pin();
  return {};
}

AdminCommands::Outcome AdminCommands::delete_sq(std::uint32_t slot, Nanoseconds now) {
  const QueueId id = queue_of(parts_.commands[slot].entry);
  if (id == 0 || id >= parts_.submission.size() || !parts_.submission[id].exists ||
      parts_.submission[id].deleting) {
    return {NVME_INVALID_QUEUE_ID};
  }
  SubmissionQueue& queue = parts_.submission[id];
  if (queue.in_flight == 0) {
    queue.exists = false;
    --parts_.completion[queue.completion].users;
    parts_.memory.end_queue({.id = id});
    return {};
  }
  // It ends when the last of its commands has.
  queue.deleting = true;
  queue.deleter = slot;
  for (std::uint32_t other = 0; other < parts_.commands.size(); ++other) {
    const Command& command = parts_.commands[other];
    if (command.in_use && command.queue == id) abort_command(other, NVME_SQ_DELETED, now);
  }
  return {.goes_on = true};
}

}  // namespace kilburn::nvme
