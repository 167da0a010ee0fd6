// Completions into their queues, and the interrupts that tell of them.
// Source: NVM Express 1.4, chapters 4.6 and 7.5.
#pragma once

#include "nvme/parts.h"

namespace kilburn::nvme {

class Completions {
 public:
  explicit Completions(Parts& parts) : parts_(parts) {}

  /// Writes the command's completion; it is nobody's afterwards.
  void post(std::uint32_t slot, Nanoseconds now);
  /// Asynchronous events whose requests wait, as far as there is room.
  void tell_events(Nanoseconds now);
  /// Of the admin queue, for a request that waited; false: no room.
  [[nodiscard]] bool post_event(std::uint16_t id, Status status, std::uint32_t result,
                                Nanoseconds now);
  void interrupt(QueueId queue, Nanoseconds now);
  void coalescing_ends(QueueId queue, Nanoseconds now);
  void drive_pin();
  void pin_is_low() { pin_ = false; }

 private:
  void write(QueueId submission, std::uint16_t id, Status status, std::uint32_t result,
             Nanoseconds now);
  [[nodiscard]] std::uint16_t field_of(Status status) const;
  void log_error(const Command& command, std::uint16_t field);
  void count(const Command& command, Nanoseconds now);
  void finish_deletion(QueueId queue, Nanoseconds now);

  Parts& parts_;
  bool pin_ = false;
};

}  // namespace kilburn::nvme
