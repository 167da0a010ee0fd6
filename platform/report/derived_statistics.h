// What the report adds to a sweep's statistics: misses, misses per thousand instructions, and
// area of each TLB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/report/sweep_results.h"

namespace kilburn::platform::report {

/// Where a point's area comes from. The page says so wherever it shows the area.
enum class AreaSource : std::uint8_t {
  none,          ///< no RTL, or nothing synthesised
  synthesised,   ///< this very geometry
  other_policy,  ///< this geometry, but for LRU or random replacement, which the RTL does not have
  interpolated,  ///< the fit, between synthesised sizes
  extrapolated,  ///< the fit, outside them
};

/// One measure (gates, flip-flops) of one TLB. Values are statistics: `path`, one value a point.
struct AreaColumn {
  std::string path;                 ///< "mmu.dtlb.gates"
  std::vector<AreaSource> sources;  ///< one a point
};

/// How good the fit for one measure is.
struct AreaFit {
  std::string measure;         ///< "gates", "flip_flops"
  std::size_t geometries = 0;  ///< synthesised
  double mean_error = 0;  ///< of those left out of the fit in turn, as a share, regardless of sign
  double worst_error = 0;
};

struct DerivedStatistics {
  std::vector<AreaColumn> areas;
  std::vector<AreaFit> fits;  ///< of measures with at least two geometries
};

/// Adds to `results.statistics`, for <tlb> in mmu.itlb, mmu.dtlb, mmu.l2tlb, where there is what
/// they come from and no statistic of that name:
/// - <tlb>.misses = miss_tag + miss_unit + miss_content; <tlb>.mpki, of them per 1000 instructions;
/// - <tlb>.gates, <tlb>.flip_flops, only where `results.areas` has something.
/// Throws InputError where meta's `configuration` is no configuration of this program.
DerivedStatistics add_derived_statistics(SweepResults& results);

}  // namespace kilburn::platform::report
