#include "cache/cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "common/error.h"
#include "common/random.h"
#include "platform/configuration/config_file.h"
#include "platform/configuration/statistic_writers.h"

namespace kilburn::cache {
namespace {

/// Written from the definitions alone: recency as a list of ways, pseudo-LRU as a recursion over
/// halves, every set a vector.
class PlainCache {
 public:
  explicit PlainCache(const CacheConfig& config)
      : config_(config), sets_(config.sets()), random_(mix64(config.seed) | 1) {
    for (Set& set : sets_) {
      set.ways.resize(config.ways);
      set.tree.assign(config.ways, false);
    }
  }

  bool access(Address address, Kind kind) {
    Set& set = set_of(address);
    for (std::uint32_t way = 0; way < config_.ways; ++way) {
      if (set.ways[way].line != line_of(address)) continue;
      use(set, way);
      if (is_write(kind)) set.ways[way].dirty = config_.write_policy == WritePolicy::write_back;
      return true;
    }
    return false;
  }

  Victim fill(Address address, Kind kind) {
    Set& set = set_of(address);
    const std::uint32_t way = victim_way(set);
    const Way old = set.ways[way];
    set.ways[way] = {line_of(address),
                     is_write(kind) && config_.write_policy == WritePolicy::write_back};
    use(set, way);
    if (!old.line) return {};
    return {true, old.dirty, *old.line * config_.line_bytes};
  }

  Victim invalidate(Address address) {
    for (Way& way : set_of(address).ways) {
      if (way.line != line_of(address)) continue;
      const Victim dropped{true, way.dirty, *way.line * config_.line_bytes};
      way = {};
      return dropped;
    }
    return {};
  }

 private:
  struct Way {
    std::optional<std::uint64_t> line;
    bool dirty = false;
  };
  struct Set {
    std::vector<Way> ways;
    std::vector<std::uint32_t> recency;  ///< least recent first, each way at most once
    std::vector<bool> tree;              ///< tree[1] is the root; true: evict from the upper half
    std::uint32_t next = 0;
  };

  std::uint64_t line_of(Address address) const { return address / config_.line_bytes; }
  Set& set_of(Address address) { return sets_[line_of(address) % sets_.size()]; }

  void use(Set& set, std::uint32_t way) {
    std::erase(set.recency, way);
    set.recency.push_back(way);
    point_away(set, 1, 0, config_.ways, way);
  }
  void point_away(Set& set, std::size_t node, std::uint32_t low, std::uint32_t count,
                  std::uint32_t way) {
    if (count < 2) return;
    const bool upper = way >= low + count / 2;
    set.tree[node] = !upper;
    point_away(set, 2 * node + (upper ? 1 : 0), upper ? low + count / 2 : low, count / 2, way);
  }
  std::uint32_t follow(const Set& set, std::size_t node, std::uint32_t low, std::uint32_t count) {
    if (count < 2) return low;
    const bool upper = set.tree[node];
    return follow(set, 2 * node + (upper ? 1 : 0), upper ? low + count / 2 : low, count / 2);
  }
  std::uint32_t victim_way(Set& set) {
    for (std::uint32_t way = 0; way < config_.ways; ++way) {
      if (!set.ways[way].line) return way;
    }
    switch (config_.replacement) {
      case Replacement::lru:
        return set.recency.front();
      case Replacement::tree_plru:
        return follow(set, 1, 0, config_.ways);
      case Replacement::round_robin:
        return set.next++ % config_.ways;
      case Replacement::random:
        return static_cast<std::uint32_t>(next_random(random_) % config_.ways);
    }
    return 0;
  }

  CacheConfig config_;
  std::vector<Set> sets_;
  std::uint64_t random_;
};

bool same(const Victim& a, const Victim& b) {
  return a.valid == b.valid && (!a.valid || (a.dirty == b.dirty && a.address == b.address));
}

struct Shape {
  std::uint64_t bytes;
  std::uint32_t ways;
  std::uint32_t line_bytes;
};

class EveryPolicy : public testing::TestWithParam<std::tuple<Replacement, WritePolicy>> {};

TEST_P(EveryPolicy, AgreesWithAPlainCacheOverRandomStreams) {
  const auto [replacement, write_policy] = GetParam();
  for (const Shape& shape :
       {Shape{4096, 8, 64}, Shape{2048, 1, 32}, Shape{512, 4, 128}, Shape{6144, 12, 64}}) {
    if (replacement == Replacement::tree_plru && shape.ways == 12) continue;
    for (const std::uint64_t seed : {1u, 2u}) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << shape.ways << " ways");
      CacheConfig config{.bytes = shape.bytes,
                         .ways = shape.ways,
                         .line_bytes = shape.line_bytes,
                         .write_policy = write_policy,
                         .replacement = replacement,
                         .seed = seed};
      ASSERT_NO_THROW(check_constraints(config));
      Cache cache(config);
      PlainCache expected(config);
      std::uint64_t random = mix64(seed);
      std::uint64_t hits = 0;
      std::uint64_t writebacks = 0;
      Address address = 0;
      for (unsigned i = 0; i < 60'000; ++i) {
        // Half the accesses stay near the last one, so that the most recent line is hit often.
        const std::uint64_t draw = next_random(random);
        address = draw % 2 == 0 ? address ^ (draw >> 8) % 16 : (draw >> 8) % (3 * shape.bytes);
        const auto kind = static_cast<Kind>((draw >> 40) % kinds);
        if ((draw >> 48) % 50 == 0) {
          ASSERT_TRUE(same(cache.invalidate(address), expected.invalidate(address))) << i;
          continue;
        }
        const Lookup found = cache.access(address, kind);
        const bool hit = expected.access(address, kind);
        ASSERT_EQ(found.hit, hit) << i;
        const bool through = is_write(kind) && write_policy == WritePolicy::write_through;
        ASSERT_EQ(found.write_below, through) << i;
        ASSERT_EQ(found.fill, !hit && !through) << i;
        hits += hit ? 1 : 0;
        if (!found.fill) continue;
        const Victim victim = cache.fill(address, kind);
        ASSERT_TRUE(same(victim, expected.fill(address, kind))) << i;
        writebacks += victim.dirty ? 1 : 0;
      }
      EXPECT_EQ(cache.statistics().hits(), hits);
      EXPECT_EQ(cache.statistics().writebacks, writebacks);
      EXPECT_EQ(writebacks > 0, write_policy == WritePolicy::write_back);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cache, EveryPolicy,
    testing::Combine(testing::Values(Replacement::lru, Replacement::tree_plru,
                                     Replacement::round_robin, Replacement::random),
                     testing::Values(WritePolicy::write_back, WritePolicy::write_through)));

/// Two sets of two ways: lines 0, 2, 4, ... fall into set 0.
constexpr CacheConfig tiny{.bytes = 256, .ways = 2};

TEST(Cache, AMissFillsAndTheWholeLineHitsThen) {
  Cache cache(tiny);
  EXPECT_TRUE(cache.access(64, Kind::load).fill);
  EXPECT_FALSE(cache.fill(64, Kind::load).valid);
  for (Address a = 64; a < 128; ++a) EXPECT_TRUE(cache.access(a, Kind::fetch).hit) << a;
  EXPECT_FALSE(cache.access(63, Kind::load).hit);
  EXPECT_FALSE(cache.access(128, Kind::load).hit);
}

TEST(Cache, ADirtyVictimIsNamedByItsAddressAndACleanOneIsClean) {
  Cache cache(tiny);
  for (const auto& [address, kind] : {std::pair{Address{0}, Kind::store}, {128, Kind::load}}) {
    cache.access(address, kind);
    cache.fill(address, kind);
  }
  cache.access(256, Kind::load);
  const Victim dirty = cache.fill(256, Kind::load);
  EXPECT_TRUE(dirty.valid && dirty.dirty);
  EXPECT_EQ(dirty.address, 0u);
  cache.access(384, Kind::load);
  const Victim clean = cache.fill(384, Kind::load);
  EXPECT_TRUE(clean.valid);
  EXPECT_FALSE(clean.dirty);
  EXPECT_EQ(clean.address, 128u);
}

TEST(Cache, ALineThatAnotherFilledMeanwhileIsOnlyTouchedAndKeepsItsDirt) {
  Cache cache(tiny);
  EXPECT_TRUE(cache.access(0, Kind::load).fill);
  EXPECT_TRUE(cache.access(0, Kind::store).fill);
  EXPECT_FALSE(cache.fill(0, Kind::store).valid);
  EXPECT_FALSE(cache.fill(0, Kind::load).valid);
  EXPECT_EQ(cache.statistics().fills, 1u);
  EXPECT_TRUE(cache.invalidate(0).dirty);
}

TEST(Cache, FlushReturnsTheDirtyLinesAndLeavesNothing) {
  Cache cache(tiny);
  for (const auto& [address, kind] :
       {std::pair{Address{0}, Kind::store}, {64, Kind::load}, {128, Kind::table_write}}) {
    cache.access(address, kind);
    cache.fill(address, kind);
  }
  std::vector<Address> written = cache.flush();
  std::sort(written.begin(), written.end());
  EXPECT_EQ(written, (std::vector<Address>{0, 128}));
  EXPECT_EQ(cache.statistics().writebacks, 2u);
  for (const Address address : {0u, 64u, 128u}) EXPECT_FALSE(cache.contains(address));
  EXPECT_TRUE(cache.flush().empty());
}

TEST(Cache, CountsReadsWritesAndEachKind) {
  Cache cache(tiny);
  cache.access(0, Kind::table_read);
  cache.fill(0, Kind::table_read);
  cache.access(8, Kind::table_read);
  cache.access(16, Kind::table_write);
  cache.access(24, Kind::fetch);
  cache.access(32, Kind::load);
  cache.access(1024, Kind::store);
  const auto json = statistics_json(statistics_of(cache.statistics()));
  EXPECT_EQ(json.at("reads"), 4);
  EXPECT_EQ(json.at("writes"), 2);
  EXPECT_EQ(json.at("hits"), 4);
  EXPECT_EQ(json.at("misses"), 2);
  EXPECT_EQ(json.at("table_read_hits"), 1);
  EXPECT_EQ(json.at("table_read_misses"), 1);
  EXPECT_EQ(json.at("table_write_hits"), 1);
  EXPECT_EQ(json.at("fetch_hits"), 1);
  EXPECT_EQ(json.at("load_hits"), 1);
  EXPECT_EQ(json.at("store_misses"), 1);
  EXPECT_EQ(json.at("fills"), 1);
}

TEST(Cache, SetsMustBeAPowerOfTwoAndATreeNeedsAPowerOfTwoOfWays) {
  CacheConfig twelve_ways{.bytes = 49152, .ways = 12};
  EXPECT_NO_THROW(check_constraints(twelve_ways));
  CacheConfig three_sets{.bytes = 3 * 8 * 64, .ways = 8};
  EXPECT_THROW(check_constraints(three_sets), InputError);
  CacheConfig no_whole_set{.bytes = 1000, .ways = 8};
  EXPECT_THROW(check_constraints(no_whole_set), InputError);
  CacheConfig odd_tree{.bytes = 49152, .ways = 12, .replacement = Replacement::tree_plru};
  EXPECT_THROW(check_constraints(odd_tree), InputError);
}

}  // namespace
}  // namespace kilburn::cache
