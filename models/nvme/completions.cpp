#include "nvme/completions.h"

#include <array>
#include <span>

namespace kilburn::nvme {

namespace {

constexpr Nanoseconds coalescing_unit = 100'000;

}  // namespace

void Completions::post(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  const QueueId queue = command.queue;
  SubmissionQueue& sq = parts_.submission[queue];
  count(command, now);
  if (command.status != NVME_SUCCESS) {
    ++parts_.statistics.errors;
    log_error(command, field_of(command.status));
  }
  const bool had_no_slot = parts_.commands.room(queue) == 0;
  --parts_.completion[sq.completion].reserved;
  write(queue, command.entry.id(), command.status, command.result, now);
  sq.end(command.entry.id(), command.status != NVME_ID_CONFLICT);
  parts_.commands.give_back(slot);
  if (queue != 0 && !parts_.commands.io_under_way()) {
    parts_.logs.host.busy_ns += now - parts_.busy_since;
  }
  if (sq.deleting && sq.in_flight == 0) finish_deletion(queue, now);
  if (had_no_slot) parts_.want_fetch(now);
}

void Completions::finish_deletion(QueueId queue, Nanoseconds now) {
  SubmissionQueue& sq = parts_.submission[queue];
  sq.exists = false;
  sq.deleting = false;
  --parts_.completion[sq.completion].users;
  parts_.memory.end_queue({.id = queue});
  parts_.end(sq.deleter, NVME_SUCCESS, now);
}

std::uint16_t Completions::field_of(Status status) const {
  if (status == NVME_SUCCESS) return 0;
  // Each has an entry in the error log.
  return static_cast<std::uint16_t>(status | NVME_STATUS_MORE |
                                    (do_not_retry(status) ? NVME_STATUS_DNR : 0));
}

void Completions::log_error(const Command& command, std::uint16_t field) {
  parts_.logs.errors.add({.queue = command.queue,
                          .command = command.entry.id(),
                          .status = static_cast<std::uint16_t>(field << 1),
                          .lba = command.lba,
                          .nsid = command.entry.nsid()});
}

void Completions::count(const Command& command, Nanoseconds now) {
  NvmeStatistics& s = parts_.statistics;
  if (command.queue == 0) {
    ++s.admin_commands;
    return;
  }
  const Nanoseconds took = now - command.fetched;
  switch (command.entry.opcode()) {
    case NVME_IO_COMPARE:
      ++s.other_commands;
      ++parts_.logs.host.reads;
      break;
    case NVME_IO_READ:
      ++s.reads;
      ++parts_.logs.host.reads;
      s.read_ns.add(took);
      break;
    case NVME_IO_WRITE:
      ++s.writes;
      ++parts_.logs.host.writes;
      s.write_ns.add(took);
      break;
    case NVME_IO_FLUSH:
      ++s.flushes;
      break;
    default:
      ++s.other_commands;
      break;
  }
}

void Completions::write(QueueId submission, std::uint16_t id, Status status, std::uint32_t result,
                        Nanoseconds now) {
  const SubmissionQueue& sq = parts_.submission[submission];
  const QueueId queue = sq.completion;
  CompletionQueue& cq = parts_.completion[queue];
  const CompletionQueue::Place place = cq.push();
  const std::array<std::uint32_t, 4> entry{
      result, 0, std::uint32_t{submission} << 16 | sq.head,
      std::uint32_t{field_of(status)} << 17 | (place.phase ? 1U << 16 : 0U) | id};
  const HostReply reply = parts_.memory.write({.id = queue, .completion = true}, place.at,
                                              std::as_bytes(std::span(entry)), now);
  // Nobody can be told any more.
  if (!reply.ok) return parts_.registers.set_failed();
  ++parts_.statistics.completions;
  ++cq.unsignalled;
  if (!cq.interrupts || cq.interrupt_due) return;
  const std::uint32_t coalescing = parts_.features.value(NVME_FEATURE_COALESCING);
  const Nanoseconds time = coalescing_unit * (coalescing >> 8 & 0xFF);
  const bool waits = queue != 0 && time != 0 && parts_.features.coalesces(cq.vector) &&
                     cq.unsignalled < (coalescing & 0xFF) + 1;
  if (!waits) {
    cq.interrupt_due = true;
    parts_.queue.add(now + reply.latency, Event::Kind::interrupt, queue);
  } else if (!cq.timer) {
    cq.timer = true;
    parts_.queue.add(now + time, Event::Kind::timer, queue);
  }
}

bool Completions::post_event(std::uint16_t id, Status status, std::uint32_t result,
                             Nanoseconds now) {
  if (!parts_.completion[0].exists || parts_.completion[0].room() == 0) return false;
  write(0, id, status, result, now);
  return true;
}

void Completions::tell_events(Nanoseconds now) {
  while (parts_.registers.ready() && !parts_.registers.failed() &&
         parts_.completion[0].room() != 0) {
    const std::optional<AsyncEvents::Told> told = parts_.events.tell();
    if (!told) return;
    ++parts_.statistics.events;
    write(0, told->id, NVME_SUCCESS, told->event.result(), now);
  }
}

void Completions::interrupt(QueueId queue, Nanoseconds now) {
  CompletionQueue& cq = parts_.completion[queue];
  cq.interrupt_due = false;
  if (!cq.exists || cq.unsignalled == 0) return;
  cq.unsignalled = 0;
  if (parts_.interrupts.uses_messages()) {
    ++parts_.statistics.interrupts;
    parts_.interrupts.raise(cq.vector, now);
  } else {
    drive_pin();
  }
}

void Completions::coalescing_ends(QueueId queue, Nanoseconds now) {
  CompletionQueue& cq = parts_.completion[queue];
  cq.timer = false;
  if (cq.exists && !cq.interrupt_due) interrupt(queue, now);
}

void Completions::drive_pin() {
  bool level = false;
  if (parts_.interrupts.uses_messages() && !pin_) return;
  for (const CompletionQueue& cq : parts_.completion) {
    const bool told = cq.exists && cq.interrupts && cq.unconsumed() > cq.unsignalled;
    const bool masked = cq.vector < 32 && (parts_.registers.interrupt_mask() >> cq.vector & 1) != 0;
    level |= told && !masked;
  }
  if (level && !pin_ && !parts_.interrupts.uses_messages()) ++parts_.statistics.interrupts;
  pin_ = level;
  parts_.interrupts.set_pin(level);
}

}  // namespace kilburn::nvme
