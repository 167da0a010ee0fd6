#include "common/replacement.h"

#include <algorithm>
#include <cassert>

#include "common/random.h"

namespace kilburn {

ReplacementState::ReplacementState(Replacement policy, std::uint32_t sets, std::uint32_t ways,
                                   std::uint64_t seed)
    : policy_(policy),
      ways_(ways),
      stride_(padded(ways)),
      groups_(stride_ / group_ways),
      random_(mix64(seed) | 1) {
  switch (policy_) {
    case Replacement::lru:
      assert(ways <= 1u << way_bits && "the way stands in the low bits of its last use");
      uses_.assign(std::size_t{sets} * stride_, UINT64_MAX);
      bounds_.assign(groups_ == 1 ? 0 : std::size_t{sets} * padded(groups_), UINT64_MAX);
      for (std::uint32_t set = 0; set < sets; ++set) {
        for (std::uint32_t way = ways; way-- > 0;) touch(set, way);
        for (std::uint32_t group = 0; group < groups_ && groups_ > 1; ++group) {
          bounds_[std::size_t{set} * padded(groups_) + group] = std::uint64_t{group} * group_ways;
        }
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

/// The smallest of a group's eight.
static inline std::uint64_t least(const std::uint64_t* group) {
  const std::uint64_t a = std::min(std::min(group[0], group[1]), std::min(group[2], group[3]));
  const std::uint64_t b = std::min(std::min(group[4], group[5]), std::min(group[6], group[7]));
  return std::min(a, b);
}

/// The way with the smallest last use. In a set of several groups each has a bound, its smallest
/// use as of some time past. Uses only grow, so the smallest bound, once confirmed, is the smallest
/// use.
std::uint32_t ReplacementState::oldest(std::uint32_t set) {
  constexpr std::uint64_t way_mask = (1u << way_bits) - 1;
  const std::uint64_t* const uses = &uses_[std::size_t{set} * stride_];
  if (groups_ == 1) return static_cast<std::uint32_t>(least(uses) & way_mask);
  std::uint64_t* const bounds = &bounds_[std::size_t{set} * padded(groups_)];
  std::uint64_t confirmed = UINT64_MAX;
  for (;;) {
    std::uint64_t bound = UINT64_MAX;
    for (std::uint32_t i = 0; i < groups_; i += group_ways) {
      bound = std::min(bound, least(bounds + i));
    }
    const std::uint64_t way = bound & way_mask;
    if (bound == confirmed) return static_cast<std::uint32_t>(way);
    confirmed = least(uses + way / group_ways * group_ways);
    bounds[way / group_ways] = confirmed;
  }
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
