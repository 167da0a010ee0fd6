// Mutants of the burst TLB's RTL: what the co-simulation must catch. One top holds all of a set,
// and an input of it selects the one that lives.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "burst_tlb/burst_tlb_rtl.h"

namespace kilburn::burst_tlb {

/// One changed bit or line. Example: {7, "free_way_ignored", "a fill evicts although ..."}; of a
/// netlist, the name is what Yosys was told to do.
struct Mutant {
  unsigned number;  ///< at the input that selects it; from 1
  std::string name;
  std::string effect;  ///< empty for a netlist's
};

/// The mutants of one geometry that one top holds.
struct MutantSet {
  std::string_view name;
  std::filesystem::path list;
  std::unique_ptr<BurstTlbRtl> (*make)(unsigned mutant);  ///< out of reset; 0: the RTL itself

  [[nodiscard]] bool of_source() const { return name.ends_with("_source"); }
  /// In the order of their numbers. Throws InputError where the list can't be read.
  [[nodiscard]] std::vector<Mutant> mutants() const;
};

[[nodiscard]] std::span<const MutantSet> mutant_sets();

/// A mutant that no stream can tell from the RTL, and why. The set and name are as above.
struct EquivalentMutant {
  std::string set;
  std::string name;
  std::string reason;
};
/// Those of equivalent_mutants.txt.
[[nodiscard]] std::vector<EquivalentMutant> equivalent_mutants();

}  // namespace kilburn::burst_tlb
