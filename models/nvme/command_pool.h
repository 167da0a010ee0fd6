// Room for the commands that the controller works on.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "nvme/command.h"

namespace kilburn::nvme {

/// Some slots are kept for the admin queue, so that I/O never locks it out.
class CommandPool {
 public:
  static constexpr unsigned admin_commands = 16;
  explicit CommandPool(unsigned io_commands)
      : slots_(io_commands + admin_commands), io_left_(io_commands) {
    for (auto slot = static_cast<std::uint32_t>(slots_.size()); slot-- > 0;) {
      free_.push_back(slot);
    }
  }
  /// Commands of the queue that can be taken up.
  [[nodiscard]] unsigned room(QueueId queue) const { return queue == 0 ? admin_left_ : io_left_; }
  [[nodiscard]] std::uint32_t take(QueueId queue) {
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    --(queue == 0 ? admin_left_ : io_left_);
    Command& command = slots_[slot];
    command.queue = queue;
    command.in_use = true;
    command.ending = false;
    command.checks = false;
    command.abort = command.status = NVME_SUCCESS;
    command.result = 0;
    command.lba = 0;
    command.data_until = 0;
    command.media_left = 0;
    command.cursor = 0;
    command.cursor_offset = 0;
    return slot;
  }
  void give_back(std::uint32_t slot) {
    Command& command = slots_[slot];
    command.in_use = false;
    ++command.generation;
    // What few commands need is not kept.
    if (command.buffer.capacity() > kept_bytes) command.buffer = {};
    ++(command.queue == 0 ? admin_left_ : io_left_);
    free_.push_back(slot);
  }
  [[nodiscard]] Command& operator[](std::uint32_t slot) { return slots_[slot]; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(slots_.size()); }
  [[nodiscard]] bool io_under_way() const {
    return free_.size() + (admin_commands - admin_left_) < slots_.size();
  }

  /// What names the command to the media.
  [[nodiscard]] std::uint64_t tag(std::uint32_t slot) const {
    return std::uint64_t{slots_[slot].generation} << 32 | slot;
  }
  /// Nothing: it is gone.
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t tag) const {
    const auto slot = static_cast<std::uint32_t>(tag);
    if (slot >= slots_.size() || !slots_[slot].in_use) return std::nullopt;
    if (slots_[slot].generation != static_cast<std::uint32_t>(tag >> 32)) return std::nullopt;
    return slot;
  }
  [[nodiscard]] std::optional<std::uint32_t> find(QueueId queue, std::uint16_t id) const {
    for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
      const Command& command = slots_[slot];
      if (command.in_use && command.queue == queue && command.entry.id() == id) return slot;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kept_bytes = 65'536;
  std::vector<Command> slots_;
  std::vector<std::uint32_t> free_;
  unsigned io_left_;
  unsigned admin_left_ = admin_commands;
};

}  // namespace kilburn::nvme
