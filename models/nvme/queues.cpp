#include "nvme/queues.h"

#include <cassert>

namespace kilburn::nvme {

namespace {

constexpr std::size_t id_words = 65'536 / 64;

}  // namespace

void SubmissionQueue::create(IoVirtualAddress at, std::uint32_t count, QueueId cq,
                             unsigned with_priority) {
  assert(count >= 2 && "an entry is always free");
  open.assign(id_words, 0);
  exists = true;
  deleting = false;
  base = at;
  entries = count;
  head = tail = 0;
  completion = cq;
  priority = with_priority;
  in_flight = 0;
}

Doorbell SubmissionQueue::ring(std::uint32_t value) {
  if (!exists) return Doorbell::no_queue;
  if (value >= entries || value == tail) return Doorbell::bad_value;
  const std::uint32_t more = between(tail, value, entries);
  if (more > entries - 1 - waiting()) return Doorbell::bad_value;
  tail = value;
  return Doorbell::taken;
}

bool SubmissionQueue::begin(std::uint16_t id) {
  ++in_flight;
  std::uint64_t& word = open[id / 64];
  const std::uint64_t bit = std::uint64_t{1} << id % 64;
  if ((word & bit) != 0) return false;
  word |= bit;
  return true;
}

void SubmissionQueue::end(std::uint16_t id, bool own) {
  --in_flight;
  if (!own) return;
  open[id / 64] &= ~(std::uint64_t{1} << id % 64);
}

void CompletionQueue::create(IoVirtualAddress at, std::uint32_t count, std::uint16_t with_vector,
                             bool with_interrupts) {
  assert(count >= 2 && "an entry is always free");
  *this = {.exists = true,
           .interrupts = with_interrupts,
           .base = at,
           .entries = count,
           .vector = with_vector};
}

Doorbell CompletionQueue::ring(std::uint32_t value) {
  if (!exists) return Doorbell::no_queue;
  if (value >= entries || value == head) return Doorbell::bad_value;
  if (between(head, value, entries) > unconsumed()) return Doorbell::bad_value;
  head = value;
  return Doorbell::taken;
}

CompletionQueue::Place CompletionQueue::push() {
  const Place place{base + std::uint64_t{tail} * NVME_CQE_BYTES, phase};
  if (++tail == entries) {
    tail = 0;
    phase = !phase;
  }
  return place;
}

}  // namespace kilburn::nvme
