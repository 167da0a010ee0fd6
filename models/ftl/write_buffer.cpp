#include "ftl/write_buffer.h"

#include <cassert>

namespace kilburn::ftl {

WriteBuffer::WriteBuffer(std::uint32_t units)
    : slots_(units), data_(std::size_t{units} * unit_bytes), ring_(units) {
  free_.reserve(units);
  for (std::uint32_t i = units; i != 0; --i) free_.push_back(i - 1);
}

std::uint32_t WriteBuffer::take() {
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

void WriteBuffer::give_back(std::uint32_t slot) {
  assert(slots_[slot].state != Slot::State::free);
  slots_[slot] = {};
  free_.push_back(slot);
}

void WriteBuffer::push_dirty(std::uint32_t slot, Nanoseconds now) {
  slots_[slot].state = Slot::State::dirty;
  slots_[slot].since = now;
  ring(tail_++) = slot;
  ++dirty_;
}

void WriteBuffer::drop_dirty(std::uint32_t slot) {
  slots_[slot].dropped = true;
  --dirty_;
  skip_dropped();
}

void WriteBuffer::skip_dropped() {
  while (head_ != tail_ && slots_[ring(head_)].dropped) give_back(ring(head_++));
}

void WriteBuffer::oldest(std::uint32_t most, std::vector<std::uint32_t>& slots) {
  slots.clear();
  for (std::uint64_t at = head_; at != tail_ && slots.size() < most; ++at) {
    if (!slots_[ring(at)].dropped) slots.push_back(ring(at));
  }
}

void WriteBuffer::pop(std::uint32_t count) {
  while (count != 0) {
    const std::uint32_t slot = ring(head_++);
    if (slots_[slot].dropped) {
      give_back(slot);
    } else {
      --count;
      --dirty_;
    }
  }
  skip_dropped();
}

}  // namespace kilburn::ftl
