// The translation service: what all TLBs of the platform miss into. Shared L2 burst TLB, page-table
// walker with page-table cache, ownership check. One service, so that no client goes round the RMU.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "burst_tlb/tlb.h"
#include "common/in_flight.h"
#include "common/invalidation_reach.h"
#include "common/memory_port.h"
#include "common/ownership.h"
#include "common/parameters.h"
#include "common/statistics.h"
#include "mmu/verdict_buffer.h"
#include "page_table_walker/page_table_walker.h"

namespace kilburn::mmu {

using page_table_walker::Regime;

/// One translation to be made. `regime` must outlive the call.
struct Request {
  Address va;
  Access access;
  PrivilegeState privilege;
  const Regime& regime;
  const TableProtection* protection = nullptr;  ///< of the hart that asks; null: none
  const GuestPageWatch* watch = nullptr;        ///< of the device that asks; null: none
};

/// What becomes of a hit in a TLB.
enum class HitVerdict : std::uint8_t {
  permitted,
  page_fault,  ///< a permission fault on a hit is a fault, not a miss
  walk,        ///< a TLB keeps what both stages allow together: a walk tells which one denies
};
[[nodiscard]] inline HitVerdict judge_hit(std::uint8_t permissions, const Request& request) {
  if (request.regime.guest_stage == PagingMode::bare) {
    return permits(permissions, request.access, request.privilege) ? HitVerdict::permitted
                                                                   : HitVerdict::page_fault;
  }
  PrivilegeState privilege = request.privilege;
  privilege.mxr = false;  // it makes pages of stage 1 readable, of which a TLB does not know
  return permits(permissions, request.access, privilege) ? HitVerdict::permitted : HitVerdict::walk;
}

/// Where the cycles of one reply went, and what was read of tables.
struct Cost {
  Cycles l2_tlb = 0;
  Cycles walk = 0;       ///< the walker, memory reads of page tables included
  Cycles ownership = 0;  ///< the RMU's check of the final frame
  std::uint32_t walks = 0;
  std::uint32_t reads = 0;  ///< of tables, from memory
  [[nodiscard]] Cycles total() const { return l2_tlb + walk + ownership; }
};

struct ServiceReply {
  Fault fault = Fault::none;
  Address fault_address = 0;  ///< guest-physical for a guest page fault, else the virtual address
  page_table_walker::FaultingAccess faulting_access = page_table_walker::FaultingAccess::original;
  Translation translation{};
  /// Of the fetched line of PTEs, checked like it; on an L2 hit of the entry that was read.
  std::array<Translation, burst_tlb::max_siblings> neighbours{};
  unsigned neighbour_count = 0;
  bool transient = false;  ///< for this one access: rights are changing, so nothing may be kept
  Cost cost{};
  [[nodiscard]] std::span<const Translation> beside() const {
    return {neighbours.data(), neighbour_count};
  }
};

/// What an L2 hit brings to the first level.
enum class Refill : std::uint8_t {
  unit,   ///< the translation asked for
  entry,  ///< all units of the entry: a wide read
};

struct ServiceConfig {
  burst_tlb::TlbConfig l2tlb{.entries = 1024, .ways = 8, .side_entries = 128, .hit_cycles = 6};
  page_table_walker::WalkerConfig walker{};
  page_table_cache::CacheConfig page_table_cache{};
  bool check_ownership = true;
  Refill refill = Refill::entry;
  std::uint32_t invalidation_cycles = 8;
  void visit(ParameterVisitor& v);
};

struct ServiceStatistics {
  std::uint64_t requests = 0;
  std::uint64_t neighbour_checks = 0;
  std::uint64_t neighbours_denied = 0;
  std::uint64_t verdicts_shared = 0;
  std::uint64_t overtaken = 0;
  void visit(StatisticVisitor& v) const;
};

/// Modelled: L2 lookup and fill; walk; check of the frame, and of the neighbours that one verdict
/// does not cover (off the critical path, but counted and occupying the RMU); a request that a
/// invalidation overtakes starts again and installs nothing stale. A frame that the client may read
/// but not write is installed with D clear, so that the first store comes back here to be denied.
/// Time: replies carry their cost; the walker and the RMU keep busy-until times. An invalidation
/// takes what the slower of L2 TLB and page-table cache takes, beside the bus; before the first
/// request there is nothing to look through. Source: spec 10, "translation service".
class TranslationService final : public InvalidationHolder {
 public:
  /// `tables` reads page tables; `ownership` may be null where no RMU is fitted.
  TranslationService(const ServiceConfig& config, MemoryPort& tables, OwnershipCheck* ownership);

  ServiceReply translate(const Request& request, Cycles now);

  /// Of an access that is not translated.
  OwnershipReply check(const UntranslatedAccess& request, Cycles now);

  [[nodiscard]] std::string holder_name() const override { return "translation service"; }
  void invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                  InvalidationBus& bus) override;

  /// `mode`: the widest addresses that tags hold.
  void visit(StatisticVisitor& v, PagingMode mode) const;
  [[nodiscard]] const burst_tlb::Tlb& l2_tlb() const { return *l2_tlb_; }
  [[nodiscard]] const page_table_walker::PageTableWalker& walker() const { return walker_; }

 private:
  ServiceReply walk_and_check(const Request& request, Cycles now);
  void admit_neighbours(const Request& request, const page_table_walker::WalkResult& walk,
                        const OwnershipReply& asked, Cycles now, ServiceReply& reply);
  [[nodiscard]] static bool shares_verdict(const Translation& asked, const Translation& neighbour,
                                           const OwnershipReply& verdict);
  OwnershipReply check_frame(const Translation& translation, const Request& request, Access access,
                             Cycles now);

  ServiceConfig config_;
  std::unique_ptr<burst_tlb::Tlb> l2_tlb_;
  page_table_walker::PageTableWalker walker_;
  MemoryPort& tables_;
  OwnershipCheck* ownership_;
  UsesInFlight<ContextInFlight> in_flight_;  ///< requests between their lookup and their fill
  ServiceStatistics counted_;
};

}  // namespace kilburn::mmu
