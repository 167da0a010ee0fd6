// What all configurations of a group have in common: the traces and whose turn it is, the operating
// system's frames, the first-level caches, and the runs of accesses that any TLB answers alike.
#pragma once

#include <array>
#include <atomic>
#include <filesystem>
#include <vector>

#include "cache/cache.h"
#include "platform/engine/setup.h"
#include "platform/engine/step.h"
#include "platform/replay/player_statistics.h"
#include "trace_os/scheduler.h"

namespace kilburn::platform {

/// Plays the traces once and leaves to each configuration the steps that depend on it.
///
/// Frames: no TLB changes which frame a page gets, so physical addresses, and with them the
/// first-level caches, are common. Runs: an access to the page that the one before it (of fetches,
/// or of data) was translated for hits whatever that one hit or filled, in every organisation, and
/// changes no replacement state, as that entry is the one used last; a store counts as such once a
/// store has been translated, for it needs the D bit. Anything that may invalidate a translation
/// ends the runs.
class CommonPath {
 public:
  /// Throws InputError as TraceProcess does.
  CommonPath(PlatformConfig config, const std::vector<std::filesystem::path>& traces,
             std::uint64_t limit, const std::atomic<bool>* interrupt);

  /// The steps of the next accesses; false where there are none left.
  bool next(StepBatch& batch);

  [[nodiscard]] const Setup& setup() const { return setup_; }
  [[nodiscard]] const Setup::Processes& processes() const { return processes_; }
  /// Counts of accesses; no times.
  [[nodiscard]] const PlayerStatistics& counts() const { return counted_; }
  [[nodiscard]] const cache::CacheStatistics& l1i() const { return l1i_.cache.statistics(); }
  [[nodiscard]] const cache::CacheStatistics& l1d() const { return l1d_.cache.statistics(); }

 private:
  struct FirstLevelCache {
    cache::Cache cache;
    std::uint32_t line_bytes;
    explicit FirstLevelCache(const cache::CacheConfig& config)
        : cache(config), line_bytes(config.line_bytes) {}
  };
  /// The page that the last access of a kind, fetch or data, went to.
  struct Run {
    PageNumber vpn = no_page;
    std::size_t step = 0;  ///< that translated it
    bool stored = false;
  };
  /// Frames found lately, by low bits of the page.
  struct Frame {
    PageNumber vpn = no_page;
    PageNumber pfn = 0;
  };
  static constexpr PageNumber no_page = ~PageNumber{0};

  void begin_turn(const trace_os::Turn& turn);
  void play(const trace::Record& record);
  void access(const trace::Record& record);
  void translate(Address va, Access access);
  void end_runs();
  [[nodiscard]] Address physical(Address va, Access access);
  [[nodiscard]] Frame find_frame(Address va, Access access);
  void look_up(Address pa, std::uint64_t bytes, Access access, bool whole);
  void look_up_line(FirstLevelCache& level, Address pa, Traffic traffic, bool silent_hit);
  Step& emit(StepKind kind, std::uint64_t value, Access access);

  PlatformConfig config_;
  std::uint64_t limit_;
  Setup::Processes processes_;
  Setup setup_;

  // A copy of the memory, in which this side's operating system goes on; no RMU watches it.
  PlatformConfig unwatched_;
  memory::Storage storage_;
  MemoryBus bus_;
  InvalidationBus invalidation_bus_;
  ImmediateInvalidator invalidator_{invalidation_bus_};
  rmu::Rmu rmu_;
  OsServices services_;
  std::vector<ProcessMemory> memories_;

  trace_os::Scheduler scheduler_;
  std::uint32_t process_ = 0;   ///< that runs
  std::uint64_t turn_end_ = 0;  ///< in accesses
  std::uint32_t fetches_ = 0;   ///< since the last step
  std::uint32_t data_accesses_ = 0;
  StepBatch* batch_ = nullptr;  ///< being filled
  std::array<Run, 2> runs_{};   ///< of fetches, of data
  std::array<Frame, 1024> frames_{};
  FirstLevelCache l1i_;
  FirstLevelCache l1d_;
  PlayerStatistics counted_;
};

}  // namespace kilburn::platform
