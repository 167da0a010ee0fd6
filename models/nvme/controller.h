// NVM Express 1.4 controller: registers, queues, admin and I/O commands in front of a drive.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "nvme/admin_commands.h"
#include "nvme/arbiter.h"
#include "nvme/completions.h"
#include "nvme/io_commands.h"
#include "nvme/parts.h"
#include "nvme/transfer.h"

namespace kilburn::nvme {

/// Modelled: what docs/nvme.md lists. Not modelled: SGLs, metadata and protection, fused commands,
/// power states, firmware download, security, sanitize, directives. Time: nanoseconds; commands are
/// taken up one each `command_ns`, everything after that overlaps; the owner calls `advance` at
/// `next_event`. Errors: what the guest does wrong ends in a status, an event, or CSTS.CFS where a
/// queue's memory cannot be reached.
class Controller final : private ftl::MediaSink {
 public:
  Controller(const NvmeConfig& config, HostMemory& memory, HostInterrupts& interrupts,
             ftl::Media& media);

  /// `length`: 1, 2, 4 or 8, which divides the offset. By 8: two dwords.
  [[nodiscard]] std::uint64_t read(std::uint64_t offset, unsigned length) const;
  /// Shorter than a dword: nothing happens. May be called while `advance` is on its way, by another
  /// process of the simulation.
  void write(std::uint64_t offset, unsigned length, std::uint64_t value, Nanoseconds now);
  /// A function-level reset.
  void reset_function(Nanoseconds now);

  [[nodiscard]] Nanoseconds next_event() const {
    return std::min(parts_.queue.next(), parts_.media.next_event());
  }
  void advance(Nanoseconds now);
  [[nodiscard]] const NvmeStatistics& statistics() const { return parts_.statistics; }

 private:
  void bytes(std::uint64_t tag, std::uint64_t offset, std::span<const std::byte> bytes) override;
  void ended(std::uint64_t tag, ftl::MediaStatus status, ftl::Sector failed,
             Nanoseconds when) override;

  void write_dword(std::uint64_t offset, std::uint32_t value, Nanoseconds now);
  void ring(std::uint64_t offset, std::uint32_t value, Nanoseconds now);
  [[nodiscard]] Doorbell ring_head(QueueId queue, std::uint32_t value, Nanoseconds now);
  void handle(const Event& event);
  void handle_command(const Event& event);
  void control(Nanoseconds now);
  void become_ready();
  void dismantle(Nanoseconds now);
  void fetch(Nanoseconds now);
  void begin_burst(QueueId queue, std::span<const Entry> entries, Nanoseconds now);
  void shut_down(Nanoseconds now);

  Parts parts_;
  Transfer transfer_;
  Completions completions_;
  AdminCommands admin_;
  IoCommands io_;
  Arbiter arbiter_;
  std::array<Entry, 32> burst_;  ///< of one fetch
  Nanoseconds now_ = 0;          ///< of what is being done
  bool starting_ = false;
  bool control_due_ = false;
  bool wants_reset_ = false;
  bool function_reset_ = false;
  bool subsystem_reset_ = false;
};

}  // namespace kilburn::nvme
