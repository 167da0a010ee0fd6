// Page-table walker: RISC-V Sv39/48/57, one or two stages, with its page-table cache.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "common/guest_page_watch.h"
#include "common/in_flight.h"
#include "common/invalidation_reach.h"
#include "common/memory_port.h"
#include "common/ownership.h"
#include "common/page_table.h"
#include "common/parameters.h"
#include "common/statistics.h"
#include "common/table_protection.h"
#include "page_table_cache/page_table_cache.h"

namespace kilburn::page_table_walker {

enum class AdUpdate : std::uint8_t {
  hardware,  ///< the walker sets A and D
  fault,     ///< Svade: a clear A, or D on a store, is a page fault
  svadu,     ///< either, as the request says: software chooses by menvcfg.ADUE
};

struct WalkerConfig {
  AdUpdate ad_update = AdUpdate::hardware;
  bool svnapot = true;
  bool svpbmt = true;
  std::uint32_t parallel_walks = 1;
  std::uint32_t start_cycles = 1;
  bool check_tables = true;

  void visit(ParameterVisitor& v);
};

/// The tables in force: satp (or vsatp) and hgatp. At least one stage is not bare.
struct Regime {
  PagingMode stage1 = PagingMode::bare;
  PageNumber root = 0;  ///< frame of the stage-1 root table; guest-physical under a G-stage
  PagingMode guest_stage = PagingMode::bare;  ///< sv39: Sv39x4, and so on; bare: none
  PageNumber guest_root = 0;                  ///< first of four frames, a multiple of 4
  Context context{};
  friend bool operator==(const Regime&, const Regime&) = default;
};

struct WalkRequest {
  Address va = 0;
  Access access = Access::load;
  PrivilegeState privilege{};  ///< mxr is the guest's own; the G-stage sees guest_mxr, guest_svade
  Regime regime{};
  bool want_line = false;  ///< fetch the line of the last-level PTE and report its neighbours
  const TableProtection* protection = nullptr;  ///< asked for each descriptor in memory; null: none
  const GuestPageWatch* watch = nullptr;        ///< asked between two stages; null: nobody
};

/// The access that met a guest page fault: htinst tells software of the walker's own.
enum class FaultingAccess : std::uint8_t { original, table_read, table_write };

struct WalkResult {
  Fault fault = Fault::none;
  Address fault_address = 0;  ///< virtual; guest-physical for a guest page fault
  FaultingAccess faulting_access = FaultingAccess::original;
  Translation translation{};  ///< valid where there is no fault
  std::array<Translation, 7> neighbours{};
  std::uint32_t neighbour_count = 0;
  std::uint32_t memory_reads = 0;  ///< of descriptors; a line counts as one
  std::uint32_t restarts = 0;      ///< times that an invalidation made the walk start again
  Cycles cycles = 0;               ///< from request to result, waiting included

  /// The other pages of the naturally aligned eight that the leaves found and the 4 KiB leaves in
  /// the fetched lines made known: well formed, A set and permitted for the same access. Empty
  /// unless a line was wanted and the translation's one piece is smaller than those eight pages.
  [[nodiscard]] std::span<const Translation> neighbour_span() const {
    return {neighbours.data(), neighbour_count};
  }
};

struct WalkerStatistics {
  std::uint64_t walks = 0;
  std::uint64_t memory_reads = 0;
  std::uint64_t guest_reads = 0;
  std::uint64_t restarts = 0;
  std::uint64_t page_faults = 0;
  std::uint64_t guest_page_faults = 0;
  std::uint64_t access_faults = 0;
  std::uint64_t ad_updates = 0;
  std::uint64_t lost_races = 0;
  std::uint64_t neighbours = 0;
  std::uint64_t wait_cycles = 0;
  Histogram cycles = Histogram::log2(24);

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const WalkerStatistics&, const WalkerStatistics&) = default;
};

/// What an invalidation compares with a walk in flight: it may change something that the walk has
/// read and not yet put to use.
struct WalkInFlight : InFlight {
  PageNumber page = 0;  ///< virtual page being translated
  unsigned level = 0;   ///< stage-1 level that it is at
  Context context{};
  bool two_stage = false;
  [[nodiscard]] bool reached_by(const Invalidation& invalidation) const;
};

/// The walker and its page-table cache. Modelled: the whole RISC-V walk, one or two stages, with
/// Svnapot, Svpbmt, Svade or Svadu; ownership checks of table frames; contention for
/// `parallel_walks` slots; restart on invalidation. Not modelled: prefetch, speculative walks,
/// merging of two walks for the same page, the ownership check of the final frame (the caller's).
///
/// Time: a walk waits for a free slot, takes `start_cycles`, then its probes, checks and memory
/// operations one after the other. A slot is busy until its walk ends; a walk that is suspended in
/// the memory port holds its slot up to the time it has reached so far.
///
/// A memory port or an ownership check may run other processes while it waits, and those may call
/// `walk` and `invalidate` of the same walker.
class PageTableWalker {
 public:
  PageTableWalker(const WalkerConfig& config, const page_table_cache::CacheConfig& cache);

  /// Walks the tables of `request.regime`. `ownership` may be null: nothing is checked.
  WalkResult walk(const WalkRequest& request, MemoryPort& memory, OwnershipCheck* ownership,
                  Cycles now);

  /// Invalidates the page-table cache and marks the walks in flight that match: they start again
  /// and use nothing that they read before. Entries that the finished walks' callers hold are
  /// theirs.
  page_table_cache::Invalidated invalidate(const Invalidation& invalidation);

  [[nodiscard]] const WalkerConfig& config() const { return config_; }
  [[nodiscard]] const page_table_cache::PageTableCache& cache() const { return cache_; }
  [[nodiscard]] const WalkerStatistics& statistics() const { return statistics_; }

 private:
  void count(const WalkResult& result, Cycles waited);

  WalkerConfig config_;
  page_table_cache::PageTableCache cache_;
  std::vector<Cycles> busy_until_;  ///< per slot
  UsesInFlight<WalkInFlight> in_flight_;
  WalkerStatistics statistics_;
};

}  // namespace kilburn::page_table_walker
