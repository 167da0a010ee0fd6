// What is counted of a hart that plays traces.
#pragma once

#include <cstdint>

#include "common/statistics.h"
#include "common/types.h"
#include "platform/node/platform_config.h"

namespace kilburn::platform {

/// Cycles in which the hart did not advance, by cause.
struct Stalls {
  std::uint64_t l1_tlb = 0;
  std::uint64_t l2_tlb = 0;
  std::uint64_t walk = 0;
  std::uint64_t ownership = 0;
  std::uint64_t fetch = 0;
  std::uint64_t load = 0;
  std::uint64_t store = 0;
  std::uint64_t page_fault = 0;
  std::uint64_t invalidation = 0;
  std::uint64_t context_switch = 0;

  /// Of a memory access, beyond a first-level hit.
  [[nodiscard]] std::uint64_t& of(Access access) {
    return access == Access::fetch ? fetch : access == Access::load ? load : store;
  }
};

/// Cycles of every access's first-level look-up that its cache does not hide: the cache is indexed
/// by virtual address and reads while the TLB looks up, so its own hit hides as many.
[[nodiscard]] inline Cycles look_up_stall(const PlatformConfig& config, Access access) {
  const bool fetch = access == Access::fetch;
  const mmu::MmuConfig& tlbs = config.mmu.first_level;
  const Cycles look_up = fetch ? tlbs.itlb.hit_cycles : tlbs.dtlb.hit_cycles;
  const Cycles hidden = fetch ? config.cache.l1i.hit_cycles : config.cache.l1d.hit_cycles;
  return look_up > hidden ? look_up - hidden : 0;
}

struct PlayerStatistics {
  std::uint64_t fetches = 0;  ///< = instructions
  std::uint64_t loads = 0;
  std::uint64_t stores = 0;
  std::uint64_t events = 0;
  std::uint64_t page_crossings = 0;
  Cycles cycles = 0;
  Stalls stall{};

  [[nodiscard]] std::uint64_t accesses() const { return fetches + loads + stores; }
  void visit(StatisticVisitor& v) const;
};

}  // namespace kilburn::platform
