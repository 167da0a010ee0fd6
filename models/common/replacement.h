// Replacement within a set: least recently used, tree pseudo-LRU, round robin, random.
#pragma once

#include <cstdint>
#include <vector>

namespace kilburn {

enum class Replacement : std::uint8_t { lru, tree_plru, round_robin, random };

/// Bits of replacement state of one set of `ways` ways: lru the rank of each way, tree_plru a node
/// for each way but one, round_robin the next way, random none, since one generator serves all.
[[nodiscard]] std::uint64_t replacement_bits(Replacement policy, std::uint32_t ways);

/// Replacement state of `sets` sets of `ways` ways. Ways and sets are numbered from 0. Which of
/// them hold something is the owner's business: free ways are filled first, a victim is asked for
/// when a set is full. tree_plru needs a power of two of ways; each node's bit points to the half
/// to evict from, and a touch turns the bits on its path away from the touched way. round_robin
/// advances at each victim.
class ReplacementState {
 public:
  ReplacementState(Replacement policy, std::uint32_t sets, std::uint32_t ways, std::uint64_t seed);

  /// A hit on, or a fill of, `way`.
  void touch(std::uint32_t set, std::uint32_t way) {
    if (policy_ == Replacement::lru) {
      uses_[std::size_t{set} * stride_ + way] = (++time_ << way_bits) | way;
    } else if (policy_ == Replacement::tree_plru) {
      touch_tree(set, way);
    }
  }
  /// The way to evict; round_robin and random advance their state.
  [[nodiscard]] std::uint32_t victim(std::uint32_t set);

  struct FillWay {
    std::uint32_t way;
    bool evicts;  ///< it is the victim, which has to leave
  };
  /// The way that a fill of `set` goes to: the first for which `is_free(way)`, or the victim.
  /// `full`: the owner counts, and knows that none is free.
  template <class IsFree>
  [[nodiscard]] FillWay way_to_fill(std::uint32_t set, IsFree is_free, bool full = false) {
    if (!full) {
      for (std::uint32_t way = 0; way < ways_; ++way) {
        if (is_free(way)) return {way, false};
      }
    }
    return {victim(set), true};
  }

 private:
  static constexpr unsigned way_bits = 16;
  static constexpr std::uint32_t group = 8;  ///< uses that are compared at a time
  [[nodiscard]] std::uint32_t oldest(std::uint32_t set) const;
  void touch_tree(std::uint32_t set, std::uint32_t way);

  Replacement policy_;
  std::uint32_t ways_;
  std::uint32_t stride_;             ///< lru: uses of a set: a multiple of `group`, filled with ~0
  std::uint64_t time_ = 0;           ///< lru: touches so far
  std::vector<std::uint64_t> uses_;  ///< lru: each way's last touch, and below it the way
  std::vector<std::uint8_t> tree_;   ///< tree_plru: `ways` bits a set, node 1 is the root
  std::vector<std::uint32_t> next_;  ///< round_robin: per set
  std::uint64_t random_;             ///< random: xorshift64* state
};

}  // namespace kilburn
