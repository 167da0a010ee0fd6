#include "common/replacement.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "common/random.h"

namespace kilburn {

std::uint64_t replacement_bits(Replacement policy, std::uint32_t ways) {
  const auto way_bits = static_cast<std::uint64_t>(std::bit_width(ways - 1));
  switch (policy) {
    case Replacement::lru:
      return ways * way_bits;
    case Replacement::tree_plru:
      return ways - 1;
    case Replacement::round_robin:
      return way_bits;
    case Replacement::random:
      break;
  }
  return 0;
}

ReplacementState::ReplacementState(Replacement policy, std::uint32_t sets, std::uint32_t ways,
                                   std::uint64_t seed)
    : policy_(policy),
      ways_(ways),
      stride_((ways + group - 1) / group * group),
      random_(mix64(seed) | 1) {
  switch (policy_) {
    case Replacement::lru:
      assert(ways <= 1u << way_bits && "the way stands in the low bits of its last use");
      uses_.assign(std::size_t{sets} * stride_, UINT64_MAX);
      for (std::uint32_t set = 0; set < sets; ++set) {
        for (std::uint32_t way = ways; way-- > 0;) touch(set, way);
      }
      break;
    case Replacement::tree_plru:
      assert((ways & (ways - 1)) == 0 && "checked with the configuration");
      tree_.assign(std::size_t{sets} * ways, 0);
      break;
    case Replacement::round_robin:
      next_.assign(sets, 0);
      break;
    case Replacement::random:
      break;
  }
}

void ReplacementState::touch_tree(std::uint32_t set, std::uint32_t way) {
  std::uint8_t* const node = &tree_[std::size_t{set} * ways_];
  for (std::uint32_t at = ways_ + way; at > 1; at /= 2) node[at / 2] = (at & 1) == 0;
}

/// The smallest of eight, in three steps: this is most of what an eviction costs the simulator.
static inline std::uint64_t least(const std::uint64_t* use) {
  const std::uint64_t a = std::min(std::min(use[0], use[1]), std::min(use[2], use[3]));
  const std::uint64_t b = std::min(std::min(use[4], use[5]), std::min(use[6], use[7]));
  return std::min(a, b);
}

/// The way with the smallest last use.
std::uint32_t ReplacementState::oldest(std::uint32_t set) const {
  const std::uint64_t* const uses = &uses_[std::size_t{set} * stride_];
  std::uint64_t use = least(uses);
  for (std::uint32_t way = group; way < stride_; way += group) {
    use = std::min(use, least(uses + way));
  }
  return static_cast<std::uint32_t>(use & ((1u << way_bits) - 1));
}

std::uint32_t ReplacementState::victim(std::uint32_t set) {
  switch (policy_) {
    case Replacement::lru:
      return oldest(set);
    case Replacement::tree_plru: {
      const std::uint8_t* const node = &tree_[std::size_t{set} * ways_];
      std::uint32_t at = 1;
      while (at < ways_) at = 2 * at + node[at];
      return at - ways_;
    }
    case Replacement::round_robin: {
      const std::uint32_t way = next_[set];
      next_[set] = way + 1 == ways_ ? 0 : way + 1;
      return way;
    }
    case Replacement::random:
      return static_cast<std::uint32_t>(next_random(random_) % ways_);
  }
  return 0;
}

}  // namespace kilburn
