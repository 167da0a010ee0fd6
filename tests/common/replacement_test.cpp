#include "common/replacement.h"

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <random>
#include <set>
#include <vector>

namespace kilburn {
namespace {

/// What each policy must do to one set, told as plainly as can be.
class Reference {
 public:
  virtual ~Reference() = default;
  virtual void touch(std::uint32_t way) = 0;
  virtual std::uint32_t victim() = 0;
};

class LruReference final : public Reference {
 public:
  void touch(std::uint32_t way) override {
    ways_.remove(way);
    ways_.push_front(way);
  }
  std::uint32_t victim() override { return ways_.back(); }

 private:
  std::list<std::uint32_t> ways_;  ///< newest first
};

/// A tree of halves; each node remembers whether its left half was touched last.
class TreeReference final : public Reference {
 public:
  TreeReference(std::uint32_t first, std::uint32_t ways) : first_(first), ways_(ways) {
    if (ways_ > 1) {
      left_ = std::make_unique<TreeReference>(first_, ways_ / 2);
      right_ = std::make_unique<TreeReference>(first_ + ways_ / 2, ways_ / 2);
    }
  }
  void touch(std::uint32_t way) override {
    if (ways_ == 1) return;
    left_touched_last_ = way < first_ + ways_ / 2;
    (left_touched_last_ ? left_ : right_)->touch(way);
  }
  std::uint32_t victim() override {
    if (ways_ == 1) return first_;
    return (left_touched_last_ ? right_ : left_)->victim();
  }

 private:
  std::uint32_t first_;
  std::uint32_t ways_;
  bool left_touched_last_ = false;
  std::unique_ptr<TreeReference> left_;
  std::unique_ptr<TreeReference> right_;
};

/// Fills every way of every set, then touches and evicts at random; sets must not disturb another.
template <class MakeReference>
void compare(Replacement policy, std::uint32_t ways, MakeReference make_reference) {
  constexpr std::uint32_t sets = 3;
  const std::uint64_t seed = 100 + ways;
  SCOPED_TRACE(testing::Message() << "ways " << ways << ", seed " << seed);
  std::mt19937_64 random(seed);
  ReplacementState state(policy, sets, ways, seed);
  std::vector<std::unique_ptr<Reference>> references;
  for (std::uint32_t set = 0; set < sets; ++set) {
    references.push_back(make_reference());
    for (std::uint32_t way = 0; way < ways; ++way) {
      state.touch(set, way);
      references[set]->touch(way);
    }
  }
  for (int step = 0; step < 5000; ++step) {
    const auto set = static_cast<std::uint32_t>(random() % sets);
    if (random() % 3 == 0) {
      const std::uint32_t victim = state.victim(set);
      ASSERT_EQ(victim, references[set]->victim()) << "step " << step;
      state.touch(set, victim);  // its fill
      references[set]->touch(victim);
    } else {
      const auto way = static_cast<std::uint32_t>(random() % ways);
      state.touch(set, way);
      references[set]->touch(way);
    }
  }
}

TEST(Replacement, LruEvictsTheWayTouchedLongestAgo) {
  for (const std::uint32_t ways : {1U, 2U, 3U, 4U, 7U, 8U, 64U}) {
    compare(Replacement::lru, ways, [] { return std::make_unique<LruReference>(); });
  }
}

TEST(Replacement, LruVictimIsTheSameUntilATouch) {
  ReplacementState state(Replacement::lru, 1, 4, 1);
  for (const std::uint32_t way : {2U, 0U, 3U, 1U}) state.touch(0, way);
  EXPECT_EQ(state.victim(0), 2);
  EXPECT_EQ(state.victim(0), 2);
  state.touch(0, 2);
  EXPECT_EQ(state.victim(0), 0);
}

TEST(Replacement, TreePlruGoesToTheHalfNotTouchedLastAtEachNode) {
  for (const std::uint32_t ways : {1U, 2U, 4U, 8U, 16U, 64U}) {
    compare(Replacement::tree_plru, ways,
            [ways] { return std::make_unique<TreeReference>(0, ways); });
  }
}

TEST(Replacement, TreePlruIsNotLru) {
  // After 0 1 2 3 0 the oldest is 1, but the root points to the half of 2 and 3.
  ReplacementState state(Replacement::tree_plru, 1, 4, 1);
  for (const std::uint32_t way : {0U, 1U, 2U, 3U, 0U}) state.touch(0, way);
  EXPECT_EQ(state.victim(0), 2);
}

TEST(Replacement, RoundRobinTakesTheWaysInTurnInEachSet) {
  ReplacementState state(Replacement::round_robin, 2, 3, 1);
  for (int turn = 0; turn < 4; ++turn) {
    for (std::uint32_t way = 0; way < 3; ++way) EXPECT_EQ(state.victim(0), way);
  }
  EXPECT_EQ(state.victim(1), 0);
}

TEST(Replacement, RoundRobinIgnoresTouches) {
  ReplacementState state(Replacement::round_robin, 1, 4, 1);
  state.touch(0, 0);
  state.touch(0, 2);
  EXPECT_EQ(state.victim(0), 0);
  state.touch(0, 1);
  EXPECT_EQ(state.victim(0), 1);
}

std::vector<std::uint32_t> random_victims(std::uint32_t ways, std::uint64_t seed,
                                          std::size_t count) {
  ReplacementState state(Replacement::random, 1, ways, seed);
  std::vector<std::uint32_t> victims(count);
  for (std::uint32_t& victim : victims) victim = state.victim(0);
  return victims;
}

TEST(Replacement, AFillGoesToTheFirstFreeWayAndToTheVictimWhereThereIsNone) {
  ReplacementState state(Replacement::round_robin, 2, 4, 1);
  std::set<std::uint32_t> held{0, 2};
  const auto is_free = [&](std::uint32_t way) { return !held.contains(way); };
  for (const std::uint32_t way : {1U, 3U}) {
    const auto place = state.way_to_fill(1, is_free);
    EXPECT_EQ(place.way, way);
    EXPECT_FALSE(place.evicts);
    held.insert(place.way);
  }
  for (const std::uint32_t way : {0U, 1U}) {
    const auto place = state.way_to_fill(1, is_free);
    EXPECT_EQ(place.way, way);
    EXPECT_TRUE(place.evicts);
  }
  const auto never = [](std::uint32_t) {
    ADD_FAILURE() << "the set is known to be full";
    return true;
  };
  EXPECT_EQ(state.way_to_fill(1, never, true).way, 2u);
}

TEST(Replacement, RandomStaysInRangeAndReachesEveryWay) {
  for (const std::uint32_t ways : {1U, 3U, 8U, 48U}) {
    const auto victims = random_victims(ways, 7, 4800);
    const std::set<std::uint32_t> seen(victims.begin(), victims.end());
    EXPECT_EQ(seen.size(), ways);
    EXPECT_EQ(*seen.rbegin(), ways - 1);
  }
}

TEST(Replacement, RandomTakesTheWaysAboutEquallyOften) {
  std::vector<int> taken(8);
  for (const std::uint32_t way : random_victims(8, 3, 80000)) ++taken[way];
  // 10000 each with a standard deviation of 94: five of them are never exceeded by chance.
  for (const int count : taken) EXPECT_NEAR(count, 10000, 470);
}

TEST(Replacement, RandomIsTheSameForTheSameSeedOnly) {
  EXPECT_EQ(random_victims(8, 1, 100), random_victims(8, 1, 100));
  EXPECT_NE(random_victims(8, 1, 100), random_victims(8, 2, 100));
  EXPECT_NE(random_victims(8, 0, 100), random_victims(8, 1, 100));
}

}  // namespace
}  // namespace kilburn
