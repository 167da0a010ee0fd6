// Submission and completion queues: indices, phase, room. Source: NVM Express 1.4, chapter 4.1.
#pragma once

#include <cstdint>
#include <vector>

#include "nvme/host.h"
#include "nvme/status.h"

namespace kilburn::nvme {

/// What a doorbell's value does.
enum class Doorbell : std::uint8_t {
  taken,
  no_queue,   ///< there is none of this number
  bad_value,  ///< beyond the queue, the same as before, or more than there is room for
};

/// Entries from one index of a ring to another.
[[nodiscard]] constexpr std::uint32_t between(std::uint32_t from, std::uint32_t to,
                                              std::uint32_t entries) {
  return to >= from ? to - from : to + entries - from;
}

/// Software puts entries at the tail, the controller takes them at the head. Full when tail + 1 =
/// head.
struct SubmissionQueue {
  bool exists = false;
  bool deleting = false;
  IoVirtualAddress base{};
  std::uint32_t entries = 0;
  std::uint32_t head = 0;
  std::uint32_t tail = 0;
  QueueId completion = 0;
  unsigned priority = 0;
  std::uint32_t in_flight = 0;
  std::uint32_t deleter = 0;        ///< the command that deletes it
  std::vector<std::uint64_t> open;  ///< ids of commands in flight, a bit each

  void create(IoVirtualAddress at, std::uint32_t count, QueueId cq, unsigned with_priority);
  [[nodiscard]] std::uint32_t waiting() const { return between(head, tail, entries); }
  [[nodiscard]] Doorbell ring(std::uint32_t value);
  /// False: a command with this id is in flight.
  [[nodiscard]] bool begin(std::uint16_t id);
  /// `own`: it is the one that `begin` was true for.
  void end(std::uint16_t id, bool own = true);
};

/// The controller puts entries at the tail, software takes them at the head. Room is reserved for
/// each command that is fetched, so that nothing is ever overwritten.
struct CompletionQueue {
  bool exists = false;
  bool interrupts = false;
  bool phase = true;
  bool interrupt_due = false;  ///< an event for it is there
  bool timer = false;          ///< the same, of coalescing
  IoVirtualAddress base{};
  std::uint32_t entries = 0;
  std::uint32_t head = 0;
  std::uint32_t tail = 0;
  std::uint32_t reserved = 0;
  std::uint32_t users = 0;        ///< submission queues
  std::uint32_t unsignalled = 0;  ///< completions that no interrupt has told
  std::uint16_t vector = 0;

  void create(IoVirtualAddress at, std::uint32_t count, std::uint16_t with_vector,
              bool with_interrupts);
  [[nodiscard]] std::uint32_t unconsumed() const { return between(head, tail, entries); }
  [[nodiscard]] std::uint32_t room() const { return entries - 1 - unconsumed() - reserved; }
  [[nodiscard]] Doorbell ring(std::uint32_t value);
  /// Where the next entry goes; moves the tail, and inverts the phase at the wrap.
  struct Place {
    IoVirtualAddress at{};
    bool phase = false;
  };
  [[nodiscard]] Place push();
};

}  // namespace kilburn::nvme
