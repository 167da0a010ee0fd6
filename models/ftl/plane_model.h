// One plane under random overwrites, reduced to what decides its garbage collection: how much of
// each block is valid.
#pragma once

#include <cstdint>
#include <vector>

namespace kilburn::ftl {

struct PlaneModelConfig {
  std::uint32_t blocks = 0;   ///< free ones included
  std::uint32_t frames = 0;   ///< of a block
  std::uint32_t of_page = 1;  ///< frames
  std::uint32_t valid = 0;    ///< units, all of which are overwritten equally often
  std::uint32_t collect_at = 2;
  std::uint64_t seed = 1;
};

/// A block as the overwriting left it.
struct ModelBlock {
  std::uint32_t programmed = 0;  ///< frames; fewer than all of the two that are being filled
  std::uint32_t valid = 0;
};

/// The blocks that are not free after the plane was overwritten until its write amplification no
/// longer changes. Planes do not influence each other but by the common stream of writes, which
/// gives each the same share: so one stands for all.
[[nodiscard]] std::vector<ModelBlock> steady_state(const PlaneModelConfig& config);

}  // namespace kilburn::ftl
