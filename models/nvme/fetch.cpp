// Fetching commands. Source: NVM Express 1.4, chapters 4.13 and 7.2.
#include <array>
#include <span>

#include "nvme/controller.h"

namespace kilburn::nvme {

void Controller::fetch(Nanoseconds now) {
  parts_.fetch_due = false;
  if (!parts_.registers.ready() || parts_.registers.failed()) return;
  // A command is taken up only where there is room for its completion.
  const auto room = [this](QueueId queue) -> unsigned {
    const SubmissionQueue& sq = parts_.submission[queue];
    if (!sq.exists || sq.deleting || sq.head == sq.tail) return 0;
    return std::min(
        {sq.waiting(), parts_.completion[sq.completion].room(), parts_.commands.room(queue)});
  };
  const bool weighted = parts_.registers.weighted();
  const auto priority = [this](QueueId queue) { return parts_.submission[queue].priority; };
  const std::optional<Arbiter::Grant> grant =
      arbiter_.pick(weighted, parts_.features.weights(), room, priority);
  if (!grant) return;
  SubmissionQueue& sq = parts_.submission[grant->queue];
  const std::uint64_t at = (sq.base + std::uint64_t{sq.head} * NVME_SQE_BYTES).value();
  const std::uint64_t in_page = (page_bytes - at % page_bytes) / NVME_SQE_BYTES;
  const unsigned count =
      std::min({grant->commands, room(grant->queue), sq.entries - sq.head,
                static_cast<unsigned>(in_page), static_cast<unsigned>(burst_.size())});
  const auto burst = std::span(burst_).first(count);
  const HostReply reply = parts_.memory.read({.id = grant->queue}, IoVirtualAddress(at),
                                             std::as_writable_bytes(burst), now);
  // Whose completion could tell of it?
  if (!reply.ok) return parts_.registers.set_failed();
  ++parts_.statistics.fetches;
  if (weighted && grant->queue != 0) arbiter_.charge(sq.priority, count);
  sq.head = (sq.head + count) % sq.entries;
  begin_burst(grant->queue, burst, now + reply.latency);
  const auto waits = [](const SubmissionQueue& each) {
    return each.exists && each.head != each.tail;
  };
  if (std::ranges::any_of(parts_.submission, waits)) {
    parts_.want_fetch(now + Nanoseconds{count} * parts_.config.command_ns);
  }
}

void Controller::begin_burst(QueueId queue, std::span<const Entry> entries, Nanoseconds now) {
  SubmissionQueue& sq = parts_.submission[queue];
  CompletionQueue& cq = parts_.completion[sq.completion];
  if (queue != 0 && !parts_.commands.io_under_way()) parts_.busy_since = now;
  for (const Entry& entry : entries) {
    const std::uint32_t slot = parts_.commands.take(queue);
    Command& command = parts_.commands[slot];
    command.entry = entry;
    command.fetched = now;
    ++cq.reserved;
    if (!sq.begin(entry.id())) command.status = NVME_ID_CONFLICT;
    parts_.queue.add(now, Event::Kind::start, slot, command.generation);
    now += parts_.config.command_ns;
  }
}

}  // namespace kilburn::nvme
