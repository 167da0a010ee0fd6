// What the report adds to a sweep's statistics: misses, misses per thousand instructions, and
// area of each TLB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/sweep/sweep_results.h"

namespace kilburn::platform::report {

/// Where a point's area comes from. The page says so wherever it shows the area.
enum class AreaSource : std::uint8_t {
  none,          ///< no RTL, or nothing synthesised
  synthesised,   ///< this very geometry
  other_policy,  ///< this geometry, but for LRU or random replacement, which the RTL does not have
  between,       ///< estimated, within the hull of those synthesised
  beyond,        ///< estimated, outside it: no front, and no figure of error, holds there
};

/// In a few words: "synthesised", "estimated beyond the synthesised geometries", ...
[[nodiscard]] std::string_view to_text(AreaSource source);

/// One measure (gates, flip-flops) of one TLB. Values are statistics: `path`, one value a point.
struct AreaColumn {
  std::string path;                 ///< "mmu.dtlb.gates"
  std::vector<AreaSource> sources;  ///< one a point
  [[nodiscard]] std::size_t count(AreaSource source) const;
  /// False for a TLB that is only estimated: the synthesis was made for others.
  [[nodiscard]] bool is_synthesised_somewhere() const {
    return count(AreaSource::synthesised) + count(AreaSource::other_policy) > 0;
  }
};

/// How good the estimate of one measure is: synthesised geometries that lie between the others,
/// each estimated from those.
struct AreaFit {
  std::string measure;         ///< "gates", "flip_flops"
  std::size_t geometries = 0;  ///< synthesised
  std::size_t tested = 0;      ///< of them, those that lie between the others
  double mean_error = 0;       ///< of those, as a share, regardless of sign
  double worst_error = 0;
};

struct DerivedStatistics {
  std::vector<AreaColumn> areas;
  std::vector<AreaFit> fits;
};

/// What a flip-flop, and a bit of the units' memory, count for in gates of two inputs. The defaults
/// are transistors by the four of a NAND: 24 of a flip-flop with reset, 6 of an SRAM cell. Wires,
/// decoders and sense amplifiers are not in them.
struct GateEquivalents {
  double flip_flop = 6;
  double memory_bit = 1.5;
};

/// Adds to `results.statistics`, for <tlb> in mmu.itlb, mmu.dtlb, mmu.l2tlb, where there is what
/// they come from and no statistic of that name:
/// - <tlb>.misses = miss_tag + miss_unit + miss_content; <tlb>.mpki, of them per 1000 instructions;
/// - <tlb>.gates, <tlb>.flip_flops, <tlb>.unit_memory_bits, only where `results.areas` has
/// something. Throws InputError where meta's `configuration` is no configuration of this program.
DerivedStatistics add_derived_statistics(SweepResults& results);

/// Adds <tlb>.gate_equivalents = gates + weighted flip-flops + weighted bits of the units' memory,
/// where all three are there.
void add_gate_equivalents(SweepResults& results, const GateEquivalents& weights);

}  // namespace kilburn::platform::report
