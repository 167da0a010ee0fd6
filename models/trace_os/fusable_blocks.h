// What the operating system remembers of the frames that it gave out, so that it knows without
// looking at the ownership table which regions the RMU would fuse.
#pragma once

#include <cstdint>
#include <vector>

#include "common/types.h"

namespace kilburn::trace_os {

/// Who owns a granule, and where it is mapped. Granules of equal claims that follow one another in
/// memory follow one another in the address space, too.
struct Claim {
  std::uint16_t realm = 0;
  bool any = false;         ///< mapped anywhere: page tables, for example
  PageNumber distance = 0;  ///< page of the granule's mapping minus its own number; 0 where `any`
  friend bool operator==(const Claim&, const Claim&) = default;
};

/// A naturally aligned block of 2^order granules is complete where all have the same claim: what
/// the RMU asks of a region to be fused, as long as the system neither shares frames nor gives them
/// away but through here. Granules are numbered from the first of memory.
/// Cost: one step for each order that the new granule completes.
/// Example: with granules 8, 9 and 10 claimed alike, `claim(11, ...)` completes order 2.
class FusableBlocks {
 public:
  explicit FusableBlocks(unsigned max_order) : complete_(max_order) {}

  /// The granule's claim, or none.
  [[nodiscard]] const Claim* claim_of(std::uint64_t granule) const {
    return granule < claims_.size() && claims_[granule].valid ? &claims_[granule].claim : nullptr;
  }
  void claim(std::uint64_t granule, const Claim& claim);
  void drop(std::uint64_t granule);
  /// Order of the largest complete block that the granule lies in.
  [[nodiscard]] unsigned order_round(std::uint64_t granule) const;
  /// One past the last granule that ever had a claim.
  [[nodiscard]] std::uint64_t end() const { return claims_.size(); }

 private:
  struct Known {
    Claim claim{};
    bool valid = false;
  };
  [[nodiscard]] bool complete(unsigned order, std::uint64_t block) const;

  std::vector<Known> claims_;
  std::vector<std::vector<bool>> complete_;  ///< [order - 1][block]
};

}  // namespace kilburn::trace_os
