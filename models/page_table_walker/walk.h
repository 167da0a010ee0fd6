// One walk in flight: the steps from root to leaf, stage 1 nested in the G-stage.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "page_table_walker/page_table_walker.h"
#include "page_table_walker/pte_format.h"

namespace kilburn::page_table_walker {

/// Lives on the stack of `PageTableWalker::walk`. Every step that reaches memory or the ownership
/// check looks at the mark of an invalidation before it uses what it got. A step returns nothing
/// where the walk cannot go on: it then has either a fault or the mark.
class Walk {
 public:
  Walk(const WalkerConfig& config, page_table_cache::PageTableCache& cache,
       WalkerStatistics& statistics, MemoryPort& memory, OwnershipCheck* ownership,
       const WalkRequest& request, Cycles& busy_until, Cycles start);

  [[nodiscard]] WalkInFlight& in_flight() { return in_flight_; }
  /// Result without its cycles: `now()` is the time at the end.
  WalkResult run();
  [[nodiscard]] Cycles now() const { return now_; }

 private:
  using Line = std::array<std::uint64_t, line_bytes / 8>;
  using Purpose = FaultingAccess;

  /// The radix tree of one stage.
  struct Tree {
    page_table_cache::Stage stage;
    PagingMode mode;
    PageNumber root;
    PrivilegeState privilege;
  };
  /// Where in a tree the walk is.
  struct Place {
    PageNumber table;  ///< in the address space that the tree lies in
    unsigned level;
    bool global;  ///< G was set above
  };
  /// What a stage found out about a page, and, where the line was fetched, about the pages beside.
  struct Resolved {
    Leaf leaf;
    bool global;               ///< G was set above the leaf
    std::optional<Line> line;  ///< last-level PTEs of the aligned eight pages
  };
  /// A descriptor's place in memory.
  struct Slot {
    Address address = 0;  ///< in the space that the tree lies in
    Address pa = 0;
    bool writable = true;  ///< the G-stage leaf allows a store without an update of its own
  };
  struct Fetched {
    std::uint64_t descriptor = 0;
    bool installable = false;  ///< came from memory, under a verdict that lasts
    std::optional<Line> line;
  };
  enum class Update : std::uint8_t { done, lost_race, stopped };

  [[nodiscard]] bool two_stage() const { return request_.regime.guest_stage != PagingMode::bare; }
  [[nodiscard]] Access access_for(Purpose purpose) const;
  [[nodiscard]] bool in_range(const Tree& tree, Address address) const;
  [[nodiscard]] Address entry_address(const Tree& tree, const Place& place, PageNumber page) const;

  bool translate();
  std::optional<Resolved> resolve(const Tree& tree, Address address, Purpose purpose);
  [[nodiscard]] Resolved identity() const;
  Place entry_point(const Tree& tree, PageNumber page);
  std::optional<Slot> locate(const Tree& tree, Address address);
  std::optional<Fetched> fetch(const page_table_cache::Key& key, bool with_line);
  [[nodiscard]] bool protection_allows(Address pa, Access access) const;
  std::optional<OwnershipReply> check_owner(Address pa, Access access);
  Update set_ad(const Slot& slot, std::uint64_t descriptor, std::uint64_t updated);

  [[nodiscard]] std::optional<Leaf> known(const Tree& tree, const Resolved& resolved,
                                          PageNumber page) const;
  [[nodiscard]] bool may_lead_to(PageNumber guest_page) const;
  [[nodiscard]] Translation combine(PageNumber vpn, const Leaf& stage1, const Leaf& guest) const;
  void add_neighbours(const Resolved& stage1, const Resolved* guest);

  void spend(Cycles cycles);
  std::nullopt_t table_fault(const Tree& tree, Address address, Purpose purpose);
  std::nullopt_t access_fault();

  const WalkerConfig& config_;
  PteFormat format_;
  page_table_cache::PageTableCache& cache_;
  WalkerStatistics& statistics_;
  MemoryPort& memory_;
  OwnershipCheck* ownership_;
  const WalkRequest& request_;
  Tree stage1_;
  Tree guest_;
  Cycles& busy_until_;  ///< of the slot
  Cycles now_;
  WalkInFlight in_flight_;
  WalkResult result_;
};

}  // namespace kilburn::page_table_walker
