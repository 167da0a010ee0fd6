#include "nvme/controller.h"

namespace kilburn::nvme {

namespace {

/// Of the flush of a shutdown: no command's.
constexpr std::uint64_t shutdown_tag = UINT64_MAX;

}  // namespace

Controller::Controller(const NvmeConfig& config, HostMemory& memory, HostInterrupts& interrupts,
                       ftl::Media& media)
    : parts_(config, memory, interrupts, media),
      transfer_(parts_),
      completions_(parts_),
      admin_(parts_, transfer_, completions_),
      io_(parts_, transfer_),
      arbiter_(config.io_queues + 1) {
  for (const ftl::NamespaceId id : media.namespaces()) {
    if (const auto info = media.info(id)) parts_.namespaces.add(id, info->attributes);
  }
}

std::uint64_t Controller::read(std::uint64_t offset, unsigned length) const {
  if (offset >= NVME_DOORBELLS) return 0;
  const auto at = static_cast<unsigned>(offset);
  if (length == 8) {
    return std::uint64_t{parts_.registers.read(at + 4)} << 32 | parts_.registers.read(at);
  }
  const std::uint32_t dword = parts_.registers.read(at & ~3U) >> 8 * (at % 4);
  return length == 4 ? dword : dword & ((1U << 8 * length) - 1);
}

void Controller::write(std::uint64_t offset, unsigned length, std::uint64_t value,
                       Nanoseconds now) {
  if (length < 4) return;
  write_dword(offset, static_cast<std::uint32_t>(value), now);
  if (length == 8) write_dword(offset + 4, static_cast<std::uint32_t>(value >> 32), now);
}

void Controller::write_dword(std::uint64_t offset, std::uint32_t value, Nanoseconds now) {
  if (offset >= NVME_MSIX_TABLE) return;
  if (offset >= NVME_DOORBELLS) return ring(offset - NVME_DOORBELLS, value, now);
  const bool was_enabled = parts_.registers.enabled();
  switch (parts_.registers.write(static_cast<unsigned>(offset), value)) {
    case RegisterEffect::control:
      wants_reset_ |= was_enabled && !parts_.registers.enabled();
      break;
    case RegisterEffect::subsystem_reset:
      wants_reset_ = subsystem_reset_ = true;
      break;
    case RegisterEffect::interrupt_mask:
      return completions_.drive_pin();
    case RegisterEffect::none:
      return;
  }
  if (control_due_) return;
  control_due_ = true;
  parts_.queue.add(now, Event::Kind::control);
}

void Controller::reset_function(Nanoseconds now) {
  parts_.registers.reset(true);
  wants_reset_ = function_reset_ = true;
  if (control_due_) return;
  control_due_ = true;
  parts_.queue.add(now, Event::Kind::control);
}

void Controller::ring(std::uint64_t offset, std::uint32_t value, Nanoseconds now) {
  ++parts_.statistics.doorbells;
  const std::uint64_t number = offset / NVME_DOORBELL_BYTES;
  const bool head = number % 2 != 0;
  const std::uint64_t queue = number / 2;
  Doorbell result = Doorbell::no_queue;
  if (queue < parts_.submission.size() && parts_.registers.ready()) {
    result = head ? ring_head(static_cast<QueueId>(queue), value, now)
                  : parts_.submission[queue].ring(value);
  }
  if (result == Doorbell::taken) {
    if (!head) parts_.want_fetch(now);
    return;
  }
  ++parts_.statistics.bad_doorbells;
  // Before the controller is ready there is nobody to tell.
  if (!parts_.registers.ready()) return;
  constexpr std::uint16_t no_command = 0xFFFF;
  parts_.logs.errors.add({.queue = static_cast<std::uint16_t>(queue), .command = no_command});
  const unsigned information = result == Doorbell::no_queue ? NVME_ERROR_INVALID_DOORBELL
                                                            : NVME_ERROR_INVALID_DOORBELL_VALUE;
  parts_.report({NVME_EVENT_ERROR, static_cast<std::uint8_t>(information), NVME_LOG_ERROR}, now);
}

Doorbell Controller::ring_head(QueueId queue, std::uint32_t value, Nanoseconds now) {
  CompletionQueue& cq = parts_.completion[queue];
  const bool was_full = cq.exists && cq.room() == 0;
  const Doorbell result = cq.ring(value);
  if (result != Doorbell::taken) return result;
  if (was_full) parts_.want_fetch(now);
  completions_.drive_pin();
  if (queue == 0 && parts_.events.waiting() != 0) parts_.queue.add(now, Event::Kind::events);
  return result;
}

void Controller::advance(Nanoseconds now) {
  for (;;) {
    const Nanoseconds media = parts_.media.next_event();
    const Nanoseconds own = parts_.queue.next();
    const Nanoseconds next = std::min(media, own);
    if (next > now) break;
    now_ = std::max(now_, next);
    if (media <= own) {
      parts_.media.advance(now_, *this);
    } else {
      handle(parts_.queue.pop());
    }
  }
  now_ = std::max(now_, now);
}

void Controller::handle(const Event& event) {
  switch (event.kind) {
    case Event::Kind::control:
      return control(now_);
    case Event::Kind::ready:
      return become_ready();
    case Event::Kind::fetch:
      return fetch(now_);
    case Event::Kind::interrupt:
      return completions_.interrupt(static_cast<QueueId>(event.index), now_);
    case Event::Kind::timer:
      return completions_.coalescing_ends(static_cast<QueueId>(event.index), now_);
    case Event::Kind::resize:
      return admin_.next_resize(now_);
    case Event::Kind::events:
      return completions_.tell_events(now_);
    default:
      return handle_command(event);
  }
}

void Controller::handle_command(const Event& event) {
  const Command& command = parts_.commands[event.index];
  if (!command.in_use || command.generation != event.generation || parts_.registers.failed())
    return;
  switch (event.kind) {
    case Event::Kind::start:
      if (command.queue == 0) return admin_.start(event.index, now_);
      return io_.start(event.index, now_);
    case Event::Kind::submit:
      return io_.submit(event.index, now_);
    case Event::Kind::formatted:
      return admin_.formatted(event.index, now_);
    default:
      return completions_.post(event.index, now_);
  }
}

void Controller::bytes(std::uint64_t tag, std::uint64_t offset, std::span<const std::byte> bytes) {
  if (const auto slot = parts_.commands.find(tag)) io_.bytes(*slot, offset, bytes, now_);
}

void Controller::ended(std::uint64_t tag, ftl::MediaStatus status, ftl::Sector failed,
                       Nanoseconds when) {
  if (tag == shutdown_tag) {
    if (parts_.registers.shutdown_state() == NVME_SHST_OCCURRING) {
      parts_.registers.set_shutdown_state(NVME_SHST_COMPLETE);
    }
    return;
  }
  if (admin_.resize_ended(tag, status, std::max(when, now_))) return;
  if (const auto slot = parts_.commands.find(tag)) {
    io_.ended(*slot, status, failed, std::max(when, now_));
  }
  if (status == ftl::MediaStatus::write_fault || status == ftl::MediaStatus::unrecovered_read) {
    admin_.check_health(now_);
  }
}

}  // namespace kilburn::nvme
