// Configurations for the random tests: every organisation, policy and kind of geometry.
#pragma once

#include <vector>

#include "burst_tlb/tlb.h"

namespace kilburn::burst_tlb {

inline std::vector<TlbConfig> all_geometries(Organisation organisation) {
  struct Shape {
    std::uint32_t entries;
    std::uint32_t ways;
  };
  std::vector<TlbConfig> all;
  const bool colt_fa = organisation == Organisation::colt_fa;
  for (const Shape shape : {Shape{16, 0}, Shape{32, 4}, Shape{12, 3}, Shape{8, 1}, Shape{20, 0}}) {
    if (colt_fa && shape.ways != 0) continue;  // fully associative always
    for (const std::uint32_t units : {1u, 2u, 4u, 8u, 16u}) {
      for (const Replacement replacement : {Replacement::lru, Replacement::tree_plru,
                                            Replacement::round_robin, Replacement::random}) {
        TlbConfig c{.organisation = organisation,
                    .entries = shape.entries,
                    .ways = shape.ways,
                    .units_per_tag = units,
                    .replacement = replacement,
                    .seed = 7,
                    .side_entries = 3};
        const std::uint32_t ways = c.associativity();
        if (replacement == Replacement::tree_plru && (ways & (ways - 1)) != 0) continue;
        // The remaining choices take turns, so that each meets each of the above.
        const auto turn = static_cast<unsigned>(all.size());
        c.fill = turn % 3 == 0 ? FillPolicy::single : FillPolicy::line;
        c.large_pages = turn / 2 % 2 == 0 ? LargePages::side : LargePages::replicate;
        if (organisation == Organisation::burst && turn % 5 >= 3) c.context_in = ContextIn::tdu;
        all.push_back(c);
      }
    }
  }
  return all;
}

}  // namespace kilburn::burst_tlb
