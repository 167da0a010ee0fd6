// Replacement in the plainest way: what the models' accelerated state must equal.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/random.h"
#include "common/replacement.h"

namespace kilburn::burst_tlb {

class PlainReplacement {
 public:
  PlainReplacement(Replacement policy, std::uint32_t sets, std::uint32_t ways, std::uint64_t seed)
      : policy_(policy),
        ways_(ways),
        order_(sets),
        evict_right_(sets, std::vector<bool>(2 * std::size_t{ways}, false)),
        next_(sets, 0),
        random_(mix64(seed) | 1) {}

  void touch(std::uint32_t set, std::uint32_t way) {
    std::erase(order_[set], way);
    order_[set].push_back(way);
    // Walk the tree from the root: `first` and `size` are the ways below the node.
    std::uint32_t node = 1;
    std::uint32_t first = 0;
    for (std::uint32_t size = ways_; size > 1; size /= 2) {
      const bool in_right_half = way >= first + size / 2;
      evict_right_[set][node] = !in_right_half;
      node = 2 * node + (in_right_half ? 1 : 0);
      if (in_right_half) first += size / 2;
    }
  }
  std::uint32_t victim(std::uint32_t set) {
    switch (policy_) {
      case Replacement::lru:
        return order_[set].front();
      case Replacement::round_robin:
        return next_[set]++ % ways_;
      case Replacement::random:
        return static_cast<std::uint32_t>(next_random(random_) % ways_);
      case Replacement::tree_plru:
        break;
    }
    std::uint32_t node = 1;
    std::uint32_t first = 0;
    for (std::uint32_t size = ways_; size > 1; size /= 2) {
      const bool right = evict_right_[set][node];
      node = 2 * node + (right ? 1 : 0);
      if (right) first += size / 2;
    }
    return first;
  }

 private:
  Replacement policy_;
  std::uint32_t ways_;
  std::vector<std::vector<std::uint32_t>> order_;  ///< ways of each set, oldest first
  std::vector<std::vector<bool>> evict_right_;
  std::vector<std::uint32_t> next_;
  std::uint64_t random_;
};

}  // namespace kilburn::burst_tlb
