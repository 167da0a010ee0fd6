#include "common/replacement.h"

#include <cassert>

#include "common/random.h"

namespace kilburn {

ReplacementState::ReplacementState(Replacement policy, std::uint32_t sets, std::uint32_t ways,
                                   std::uint64_t seed)
    : policy_(policy), ways_(ways), random_(mix64(seed) | 1) {
  switch (policy_) {
    case Replacement::lru:
      links_.resize(std::size_t{sets} * ways);
      newest_.assign(sets, 0);
      oldest_.assign(sets, ways - 1);
      for (std::uint32_t i = 0; i < links_.size(); ++i) {
        links_[i] = {i % ways - 1, i % ways + 1};  // the ends' links are never followed
      }
      break;
    case Replacement::tree_plru:
      assert((ways & (ways - 1)) == 0 && "checked with the configuration");
      tree_.assign(std::size_t{sets} * ways, 0);
      break;
    case Replacement::round_robin: next_.assign(sets, 0); break;
    case Replacement::random: break;
  }
}

void ReplacementState::move_to_front(std::uint32_t set, std::uint32_t way) {
  Links* const links = &links_[std::size_t{set} * ways_];
  if (oldest_[set] == way) {
    oldest_[set] = links[way].newer;
  } else {
    links[links[way].older].newer = links[way].newer;
  }
  links[links[way].newer].older = links[way].older;
  links[newest_[set]].newer = way;
  links[way].older = newest_[set];
  newest_[set] = way;
}

void ReplacementState::touch_tree(std::uint32_t set, std::uint32_t way) {
  std::uint8_t* const node = &tree_[std::size_t{set} * ways_];
  for (std::uint32_t at = ways_ + way; at > 1; at /= 2) node[at / 2] = (at & 1) == 0;
}

std::uint32_t ReplacementState::victim(std::uint32_t set) {
  switch (policy_) {
    case Replacement::lru: return oldest_[set];
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
    case Replacement::random: return static_cast<std::uint32_t>(next_random(random_) % ways_);
  }
  return 0;
}

}  // namespace kilburn
