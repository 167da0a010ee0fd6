// Register bits that say which blocks of granules no command has ever touched: there every entry of
// the ownership table still holds zeros.
#pragma once

#include <optional>
#include <vector>

#include "rmu/ownership_entry.h"

namespace kilburn::rmu {

/// A bit for each block of 512 granules (2 MiB; 4 GiB: 2048 bits), and an OR tree over them, which
/// finds the largest aligned run of untouched blocks at once. No command makes a granule nobody's
/// again, so a bit once set stays set.
class UntouchedBlocks {
 public:
  explicit UntouchedBlocks(Granule granules);

  /// log2 of the granules of the largest naturally aligned run of untouched blocks round `granule`;
  /// nullopt: its own block is touched, or not all of it is covered.
  [[nodiscard]] std::optional<unsigned> order(Granule granule) const;
  /// Of all blocks that hold one of the granules [first, last].
  void touch(Granule first, Granule last);

 private:
  static constexpr unsigned block_order = 9;
  std::vector<std::vector<bool>> touched_;  ///< by level of the tree, the blocks first
};

}  // namespace kilburn::rmu
