// Random operations on both designs, against a plain map.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>
#include <vector>

#include "dual_lut/lookup_tables.h"

namespace kilburn::dual_lut {
namespace {

struct Case {
  const char* name;
  DualLutConfig config;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class RandomOperations : public ::testing::TestWithParam<Case> {};

constexpr DualLutConfig base{.ulut_entries = 64, .ulut_ways = 4, .tlut_entries = 32};

DualLutConfig with(Design design, Eviction eviction, WhenEmpty when) {
  DualLutConfig config = base;
  config.design = design;
  config.eviction = eviction;
  config.when_empty = when;
  return config;
}

/// Pages and what they are translated to by the epoch of their last invalidation: a hit that shows
/// an older epoch than the last one acknowledged is a use after invalidation.
class World {
 public:
  explicit World(const DualLutConfig& config) : config_(config), tables_(make_tables(config)) {}

  void step(std::mt19937_64& random) {
    const std::uint64_t what = random() % 100;
    const Key key{.queue = static_cast<std::uint32_t>(random() % 3), .page = random() % 32};
    if (what < 40) {
      look_up(key, random() % 4 == 0);
    } else if (what < 60) {
      end_one(random);
    } else if (what < 92) {
      answer_one(random);
    } else if (what < 97) {
      invalidate({.first = key.page, .pages = random() % 8 + 1});
    } else if (what < 98) {
      delete_queue(key.queue);
    } else {
      pin(key, random);
    }
    check();
  }
  void drain(std::mt19937_64& random) {
    while (!asked_.empty()) answer_one(random);
    while (!uses_.empty()) end_one(random);
    for (const std::uint64_t drain : drains_) EXPECT_TRUE(tables_->drained(drain));
    for (std::uint32_t queue = 0; queue < 3; ++queue) tables_->delete_queue(queue);
    EXPECT_EQ(tables_->census().free, config_.tlut_entries);
  }
  [[nodiscard]] const LookupStatistics& statistics() const { return tables_->statistics(); }

 private:
  struct Asked {
    Key key;
    std::uint64_t epoch;  ///< of the page when the request was made
    bool gone = false;    ///< its queue was deleted since
  };
  struct Use {
    Id id;
    Key key;
  };
  static PageNumber frame(PageNumber page, std::uint64_t epoch) { return page + 32 * epoch; }

  void look_up(const Key& key, bool write) {
    const LookUp found = tables_->look_up(key, write, key.page);
    switch (found.outcome) {
      case Outcome::hit:
        ASSERT_EQ(found.page, frame(key.page, epoch_[key.page])) << "used after its invalidation";
        uses_.push_back({found.id, key});
        break;
      case Outcome::requested:
        for (const auto& [id, asked] : asked_) {
          ASSERT_FALSE(!asked.gone && asked.key == key) << "a second request for one miss";
        }
        ASSERT_TRUE(asked_.emplace(found.id, Asked{key, epoch_[key.page]}).second)
            << "an id given twice";
        break;
      default:
        break;
    }
  }
  void end_one(std::mt19937_64& random) {
    if (uses_.empty()) return;
    const std::size_t which = random() % uses_.size();
    std::swap(uses_[which], uses_.back());
    tables_->end_use(uses_.back().id);
    uses_.pop_back();
  }
  void answer_one(std::mt19937_64& random) {
    if (asked_.empty()) return;
    auto it = asked_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random() % asked_.size()));
    const auto [id, asked] = *it;
    const bool ok = random() % 16 != 0;
    const Completion done =
        tables_->complete(id, {.ok = ok, .page = frame(asked.key.page, asked.epoch)});
    EXPECT_EQ(done.ask_again, !asked.gone && asked.epoch != epoch_[asked.key.page]);
    if (done.ask_again) {
      it->second.epoch = epoch_[asked.key.page];
      return;
    }
    for (const Waiter waiter : done.waiters) EXPECT_EQ(waiter, asked.key.page);
    asked_.erase(it);
  }
  void invalidate(const Range& range) {
    for (PageNumber page = range.first; page < range.first + range.pages; ++page) ++epoch_[page];
    const Invalidated gone = tables_->invalidate(range);
    bool used = false;
    for (const Use& use : uses_) used |= range.covers(use.key);
    if (used) {
      EXPECT_FALSE(tables_->drained(gone.drain)) << "acknowledged while a use is in flight";
    }
    drains_.push_back(gone.drain);
  }
  void delete_queue(std::uint32_t queue) {
    tables_->delete_queue(queue);
    for (auto& [id, asked] : asked_) asked.gone |= asked.key.queue == queue;
    pins_[queue] = 0;
  }
  void pin(const Key& key, std::mt19937_64& random) {
    if (pins_[key.queue] < 2 && random() % 4 == 0 && tables_->pin(key)) ++pins_[key.queue];
  }
  void check() const {
    const Census census = tables_->census();
    ASSERT_EQ(census.free + census.used, config_.tlut_entries) << "ids are conserved";
    ASSERT_EQ(census.pending, asked_.size());
  }

  DualLutConfig config_;
  std::unique_ptr<LookupTables> tables_;
  std::map<Id, Asked> asked_;
  std::vector<Use> uses_;
  std::map<PageNumber, std::uint64_t> epoch_;
  std::vector<std::uint64_t> drains_;
  std::map<std::uint32_t, unsigned> pins_;
};

TEST_P(RandomOperations, IdsAreConservedAndNothingIsUsedAfterItsInvalidation) {
  constexpr unsigned operations = 1'000'000 / 4;
  constexpr std::uint64_t seed = 20;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  World world(GetParam().config);
  for (unsigned i = 0; i < operations && !HasFatalFailure(); ++i) world.step(random);
  world.drain(random);
  EXPECT_GT(world.statistics().hits, operations / 60);
  EXPECT_GT(world.statistics().late, 100U);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, RandomOperations,
    ::testing::Values(
        Case{"DualLruEvict", with(Design::dual, Eviction::lru, WhenEmpty::evict)},
        Case{"DualFifoStall", with(Design::dual, Eviction::fifo, WhenEmpty::stall)},
        Case{"DualRandomEvict", with(Design::dual, Eviction::random, WhenEmpty::evict)},
        Case{"SingleLruEvict", with(Design::single, Eviction::lru, WhenEmpty::evict)}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace kilburn::dual_lut
