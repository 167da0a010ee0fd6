// Admin commands. Source: NVM Express 1.4, chapter 5.
#pragma once

#include <deque>

#include "nvme/completions.h"
#include "nvme/transfer.h"

namespace kilburn::nvme {

/// One family a file: admin_queues, admin_information, admin_features, admin_namespaces,
/// admin_abort.
class AdminCommands {
 public:
  AdminCommands(Parts& parts, Transfer& transfer, Completions& completions)
      : parts_(parts), transfer_(transfer), completions_(completions) {}

  void start(std::uint32_t slot, Nanoseconds now);
  /// The format that `slot` began.
  void formatted(std::uint32_t slot, Nanoseconds now);
  /// False: it is not the resize under way that the media has ended. A resize goes on when the
  /// controller is reset.
  [[nodiscard]] bool resize_ended(std::uint64_t tag, ftl::MediaStatus status, Nanoseconds when);
  /// The next resize that waits for its turn.
  void next_resize(Nanoseconds now);
  /// What the media or software has changed may be worth an event.
  void check_health(Nanoseconds now);
  /// Ends those of I/O queues that can be ended, with `status`.
  void abort_io(Status status, Nanoseconds now);
  /// All commands are gone.
  void reset();

 private:
  /// How a command has ended at once, or goes on.
  struct Outcome {
    Status status = NVME_SUCCESS;
    Nanoseconds latency = 0;
    bool goes_on = false;
  };
  using Handler = Outcome (AdminCommands::*)(std::uint32_t slot, Nanoseconds now);
  [[nodiscard]] static Handler handler(std::uint8_t opcode);

  Outcome create_cq(std::uint32_t slot, Nanoseconds now);
  Outcome create_sq(std::uint32_t slot, Nanoseconds now);
  Outcome delete_cq(std::uint32_t slot, Nanoseconds now);
  Outcome delete_sq(std::uint32_t slot, Nanoseconds now);
  Outcome identify(std::uint32_t slot, Nanoseconds now);
  Outcome get_log_page(std::uint32_t slot, Nanoseconds now);
  Outcome set_features(std::uint32_t slot, Nanoseconds now);
  Outcome get_features(std::uint32_t slot, Nanoseconds now);
  Outcome async_event(std::uint32_t slot, Nanoseconds now);
  Outcome abort(std::uint32_t slot, Nanoseconds now);
  Outcome manage_namespace(std::uint32_t slot, Nanoseconds now);
  Outcome attach_namespace(std::uint32_t slot, Nanoseconds now);
  Outcome format(std::uint32_t slot, Nanoseconds now);
  Outcome resize(std::uint32_t slot, Nanoseconds now);

  Outcome give(Command& command, const Structure& structure, Nanoseconds now);
  [[nodiscard]] Status queue_place(const Entry& entry, std::uint32_t& entries) const;
  /// Ends what can be ended of a queue's commands, with `status`. True: it was this one.
  bool abort_command(std::uint32_t slot, Status status, Nanoseconds now);
  Outcome identify_namespace(Command& command, bool attached, Nanoseconds now);
  Outcome create_namespace(Command& command, Nanoseconds now);
  Outcome delete_namespace(const Command& command, Nanoseconds now);
  Status set_queues(Command& command);
  Status set_temperature(std::uint32_t dword);
  Status set_error_recovery(const Entry& entry);
  Status set_vector(std::uint32_t dword);
  Outcome set_timestamp(Command& command, Nanoseconds now);
  Outcome get_timestamp(Command& command, unsigned select, Nanoseconds now);
  Status get_value(const Entry& entry, unsigned select, std::uint32_t& value);
  void namespace_changed(std::uint32_t id, Nanoseconds now);
  void begin_resize(std::uint32_t slot, Nanoseconds now);
  [[nodiscard]] std::uint8_t warning() const;
  [[nodiscard]] std::uint64_t to_sectors(std::uint64_t blocks, unsigned shift) const;

  Parts& parts_;
  Transfer& transfer_;
  Completions& completions_;
  std::deque<std::pair<std::uint32_t, std::uint32_t>>
      resizes_;  ///< slots and generations that wait
  bool resizing_ = false;
  std::uint64_t resize_tag_ = 0;
  std::uint32_t resize_space_ = 0;
  std::uint8_t warned_ = 0;  ///< bits of the critical warning that have been told
};

}  // namespace kilburn::nvme
