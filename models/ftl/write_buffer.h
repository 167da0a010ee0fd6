// The write buffer: units in the drive's own memory, lost with its power.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ftl/entry.h"
#include "ftl/ftl_config.h"
#include "ftl/identity.h"

namespace kilburn::ftl {

/// One unit. While its entry of the V2P table names the slot, `flash` is where the unit lies for
/// the case that power is lost: the older data, and from its program on the slot's own.
struct Slot {
  enum class State : std::uint8_t {
    free,
    filling,      ///< the rest of the unit is being read
    dirty,        ///< waits to be programmed
    programming,  ///< in flash already; held until the program has taken its time
  };
  State state = State::free;
  bool dropped = false;  ///< its unit was deallocated or written again: not to be programmed
  NamespaceId space = 0;
  Unit unit = 0;
  Entry flash;
  std::uint64_t epoch = 0;            ///< of flushes: it holds up those that came after
  Nanoseconds since = 0;              ///< it is dirty
  std::uint32_t waiter = UINT32_MAX;  ///< first of the requests that end with its program
};

/// Slots, and the order in which they became dirty.
class WriteBuffer {
 public:
  explicit WriteBuffer(std::uint32_t units);

  [[nodiscard]] bool full() const { return free_.empty(); }
  [[nodiscard]] std::uint32_t take();
  void give_back(std::uint32_t slot);
  [[nodiscard]] Slot& operator[](std::uint32_t slot) { return slots_[slot]; }
  [[nodiscard]] const Slot& operator[](std::uint32_t slot) const { return slots_[slot]; }
  [[nodiscard]] std::span<std::byte> data(std::uint32_t slot) {
    return {data_.data() + (std::size_t{slot} * unit_bytes), unit_bytes};
  }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(slots_.size()); }

  void push_dirty(std::uint32_t slot, Nanoseconds now);
  /// A dirty slot's unit is gone. It is given back when its turn comes.
  void drop_dirty(std::uint32_t slot);
  [[nodiscard]] std::uint32_t dirty() const { return dirty_; }
  /// The oldest dirty slots that are not dropped, up to `most`.
  void oldest(std::uint32_t most, std::vector<std::uint32_t>& slots);
  /// Takes as many from the queue as `oldest` told.
  void pop(std::uint32_t count);

 private:
  [[nodiscard]] std::uint32_t& ring(std::uint64_t position) {
    return ring_[position % ring_.size()];
  }
  void skip_dropped();

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<std::byte> data_;
  std::vector<std::uint32_t> ring_;
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;
  std::uint32_t dirty_ = 0;
};

}  // namespace kilburn::ftl
