// Whose turn it is: round-robin interleaving of processes, and their synthetic invalidation events.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/statistics.h"
#include "common/types.h"
#include "trace_os/os_config.h"

namespace kilburn::trace_os {

struct SchedulerStatistics {
  std::uint64_t context_switches = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const SchedulerStatistics&, const SchedulerStatistics&) = default;
};

/// One process runs for `accesses` accesses, or to its end if that comes first.
struct Turn {
  std::uint32_t process = 0;
  std::uint64_t accesses = 0;
  Cycles latency = 0;  ///< context_switch_cycles where another process ran before
};

/// Round robin over the processes that have not finished. The switch itself is not modelled beyond
/// its time: ASIDs keep the TLBs as they are.
class Scheduler {
 public:
  Scheduler(const OsConfig& config, std::uint32_t processes);

  /// The next turn; empty when all have finished.
  [[nodiscard]] std::optional<Turn> next();
  void finish(std::uint32_t process);
  [[nodiscard]] const SchedulerStatistics& statistics() const { return statistics_; }

 private:
  std::uint64_t interval_;
  Cycles switch_cycles_;
  std::vector<bool> finished_;
  std::uint32_t running_;  ///< before the first turn: the last process, so that 0 comes next
  bool started_ = false;
  SchedulerStatistics statistics_;
};

/// Which of a process's synthetic events an access brings.
struct DueEvents {
  bool unmap = false;
  bool remap = false;
};

/// Counts one process's accesses. The victims are AddressSpace::pick_page's.
class EventClock {
 public:
  explicit EventClock(const OsConfig& config)
      : unmap_interval_(config.unmap_interval), remap_interval_(config.remap_interval) {}

  /// Once an access: true at each interval-th. Example: interval 3: accesses 3, 6, 9, ...
  DueEvents tick() {
    ++since_unmap_;
    ++since_remap_;
    const DueEvents due{since_unmap_ == unmap_interval_, since_remap_ == remap_interval_};
    if (due.unmap) since_unmap_ = 0;
    if (due.remap) since_remap_ = 0;
    return due;
  }

 private:
  std::uint64_t unmap_interval_;  ///< 0: the count, which starts at 1, never reaches it
  std::uint64_t remap_interval_;
  std::uint64_t since_unmap_ = 0;
  std::uint64_t since_remap_ = 0;
};

}  // namespace kilburn::trace_os
