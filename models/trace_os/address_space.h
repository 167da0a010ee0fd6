// One process's memory as the operating system gives it out: page tables in simulated memory,
// frames from an arena of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "common/invalidation.h"
#include "common/page_table.h"
#include "common/statistics.h"
#include "common/types.h"
#include "trace_os/buddy_allocator.h"
#include "trace_os/os_config.h"
#include "trace_os/page_tables.h"
#include "trace_os/reservations.h"

namespace kilburn::trace_os {

enum class Outcome : std::uint8_t {
  mapped,         ///< a leaf was written
  marked,         ///< there was one, whose A or D bit is now set
  present,        ///< there was one already
  kernel_half,    ///< canonical, but in the upper half, which is not a process's to touch
  non_canonical,  ///< not an address of the paging mode
};

struct Touch {
  Outcome outcome = Outcome::present;
  PageNumber vpn = 0;      ///< first page of the leaf
  PageNumber pfn = 0;      ///< its frame
  std::uint8_t order = 0;  ///< log2 of the leaf's pages
  PageNumber pages = 0;    ///< pages mapped by this touch: more than the leaf's under `populate`
  Cycles latency = 0;      ///< page_fault_cycles where something was mapped
};

/// What an unmap, remap or protect changed. If `needed()`, broadcast `invalidation`, and call
/// `release_invalidated(id)` once every holder has acknowledged it.
struct Change {
  std::uint64_t id = 0;
  std::uint64_t leaves = 0;  ///< leaves cleared or rewritten, split ones not counted
  unsigned splits = 0;       ///< larger leaves that became 4 KiB ones
  /// Over all leaves changed or split, whole leaves: by_va_asid, of a G-stage by_guest_frame.
  Invalidation invalidation{};

  [[nodiscard]] bool needed() const { return leaves + splits != 0; }
};

/// What happened to a run of frames of the arena.
struct FrameEvent {
  enum class Use : std::uint8_t { data, table, released };
  Use use = Use::data;
  PageNumber pfn = 0;
  PageNumber frames = 1;
  PageNumber vpn = 0;  ///< data: the page that `pfn` is mapped at
};
using FrameObserver = std::function<void(const FrameEvent&)>;

struct OsStatistics {
  std::uint64_t faults = 0;
  std::uint64_t marks = 0;
  std::uint64_t small_leaves = 0;
  std::uint64_t napot_leaves = 0;
  std::uint64_t huge_leaves = 0;
  std::uint64_t huge_fallbacks = 0;
  std::uint64_t napot_fallbacks = 0;
  std::uint64_t eager_fallbacks = 0;
  std::uint64_t splits = 0;
  std::uint64_t unmaps = 0;
  std::uint64_t remaps = 0;
  std::uint64_t protects = 0;
  std::uint64_t frames_used = 0;
  std::uint64_t table_frames = 0;
  std::uint64_t reserved_frames = 0;
  std::uint64_t quarantined_frames = 0;
  Histogram contiguity = Histogram::log2(32);
  Histogram free_blocks = Histogram::linear(BuddyAllocator::max_order);

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const OsStatistics&, const OsStatistics&) = default;
};

/// Modelled: first touch, huge pages, eager reservation, unmap, remap, protect, splitting, and the
/// quarantine of freed frames until no translation cache holds them. Not modelled: the kernel's own
/// instructions and memory accesses (a fault costs `page_fault_cycles`), files, swap, sharing,
/// merging 4 KiB pages into huge ones later.
/// Leaves are RWXU. As Linux does, a fault sets A, and D if the access is a store; the walker sets
/// D at a later store.
/// The frames given are a function of seed, ASID, VMID, policy, arena place and the sequence of
/// calls to this object alone. `release_invalidated` is one of these calls: make it before the next
/// touch, whatever the acknowledgement cost, and no TLB configuration changes a frame.
class AddressSpace {
 public:
  /// The arena is config.arena_bytes from frame `first_frame` on; tables lie in it, too. `stage`
  /// says what is translated: a process's virtual addresses, or a guest's physical ones. Throws
  /// InputError where the arena does not fit in `memory`.
  AddressSpace(const OsConfig& config, PagingMode mode, Context context, TableMemory memory,
               PageNumber first_frame, FrameObserver observer = {}, Stage stage = Stage::stage1);
  /// A copy of `original`, whose tables lie in `memory`, a copy of its memory.
  AddressSpace(const AddressSpace& original, TableMemory memory, FrameObserver observer = {});
  AddressSpace(const AddressSpace&) = delete;
  AddressSpace& operator=(const AddressSpace&) = delete;

  /// Frame of the root table, for satp or hgatp.
  [[nodiscard]] PageNumber root() const { return tables_.root(); }
  [[nodiscard]] Context context() const { return context_; }

  /// Maps the page of `va` if it is not mapped; sets A, and D for a store, where hardware leaves
  /// that to the system (Svade). Throws InputError naming arena_bytes where no frame
  /// is left. Example: under `thp`, the first touch of 0x40'1234 maps pages 0x400 to 0x5FF.
  Touch touch(Address va, Access access);
  /// Maps what is not mapped of the `pages` pages from `va` on; stops at an address that it cannot
  /// map, whose outcome it reports.
  Touch map(Address va, PageNumber pages);
  /// Unmaps what is mapped in [vpn, vpn + pages), splitting larger leaves at the ends.
  Change unmap(PageNumber vpn, PageNumber pages);
  /// Moves one page to another frame, splitting a larger leaf. Nothing where it is not mapped.
  Change remap(PageNumber vpn);
  /// Gives the mapped pages of the range `permissions`: pte::read, write, execute, user. They must
  /// hold read or execute: with neither, an entry is no leaf.
  Change protect(PageNumber vpn, PageNumber pages, std::uint64_t permissions);
  /// Every holder has acknowledged change `id`: its frames may be given again.
  void release_invalidated(std::uint64_t id);

  /// True where there are addresses [first, first + bytes) for it to map.
  [[nodiscard]] bool holds(Address first, std::uint64_t bytes) const {
    const Address end = tables_.user_pages() << page_shift;
    return bytes <= end && first <= end - bytes;
  }
  /// A walk in software: what is mapped now.
  [[nodiscard]] std::optional<Translation> translate(Address va) const;
  /// A mapped page for the next synthetic event; empty where nothing is mapped.
  [[nodiscard]] std::optional<PageNumber> pick_page();
  /// Lengths of the runs of mapped pages whose VPN and PFN both ascend by one.
  [[nodiscard]] Histogram contiguity() const;
  [[nodiscard]] OsStatistics statistics() const;

 private:
  static constexpr std::uint64_t permission_bits =
      pte::read | pte::write | pte::execute | pte::user;
  struct Quarantined {
    std::uint64_t change;
    PageNumber pfn;
    unsigned order;
  };

  [[nodiscard]] std::optional<Outcome> reject(Address va) const;
  [[nodiscard]] PageNumber clip(PageNumber vpn, PageNumber pages) const;
  Touch map_leaf(PageNumber vpn, const WalkEnd& at, Access access);
  void populate_region(PageNumber vpn, Touch& touch);
  [[nodiscard]] unsigned wanted_order(PageNumber vpn, const WalkEnd& at) const;
  std::optional<PageNumber> find_frames(PageNumber vpn, unsigned order);
  PageNumber take_frame();
  PageNumber take_table(unsigned order = 0);
  [[noreturn]] void out_of_frames() const;
  Address grow(PageNumber vpn, WalkEnd at, unsigned level);
  void split_at(PageNumber vpn, Change& change);
  [[nodiscard]] Change begin_change();
  void quarantine(const Change& change, PageNumber pfn, unsigned order);
  void report(FrameEvent::Use use, PageNumber pfn, unsigned order, PageNumber vpn) const;

  OsConfig config_;
  Context context_;
  Stage stage_;
  TableMemory memory_;
  FrameObserver observer_;
  BuddyAllocator arena_;
  OsStatistics counts_;  ///< all but what `statistics` computes
  Reservations reservations_;
  PageTables tables_;  ///< after what taking the root's frame needs
  std::vector<Quarantined> quarantine_;
  std::uint64_t changes_ = 0;
  std::uint64_t picks_ = 0;
};

}  // namespace kilburn::trace_os
