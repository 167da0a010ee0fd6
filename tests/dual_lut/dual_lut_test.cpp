// The translation unit's tables, of both designs.
#include "dual_lut/dual_lut.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <vector>

namespace kilburn::dual_lut {
namespace {

constexpr DualLutConfig small{.ulut_entries = 32, .ulut_ways = 4, .tlut_entries = 8};

/// What a page is translated to, in the tests.
PageNumber frame_of(const Key& key) {
  return key.page * 2 + key.queue + 1000;
}

DualLutConfig with_design(DualLutConfig config, Design design) {
  config.design = design;
  return config;
}

class EachDesign : public ::testing::TestWithParam<Design> {
 protected:
  std::unique_ptr<LookupTables> tables_ = make_tables(with_design(small, GetParam()));

  /// Its translation is there afterwards, and not in use.
  Id load(const Key& key, bool write = true) {
    const LookUp found = tables_->look_up(key, write, 0);
    EXPECT_EQ(found.outcome, Outcome::requested);
    (void)tables_->complete(found.id, {.page = frame_of(key)});
    return found.id;
  }
};

INSTANTIATE_TEST_SUITE_P(Designs, EachDesign, ::testing::Values(Design::dual, Design::single),
                         [](const auto& test) {
                           return test.param == Design::dual ? "Dual" : "Single";
                         });

TEST_P(EachDesign, AMissIsAskedForAndThenHits) {
  const Key key{.queue = 1, .page = 7};
  const Id id = load(key);
  const LookUp hit = tables_->look_up(key, false, 0);
  EXPECT_EQ(hit.outcome, Outcome::hit);
  EXPECT_EQ(hit.id, id);
  EXPECT_EQ(hit.page, frame_of(key));
  tables_->end_use(hit.id);
}

TEST_P(EachDesign, OneRequestAMissHoweverManyWait) {
  const Key key{.queue = 3, .page = 9};
  const LookUp first = tables_->look_up(key, true, 100);
  EXPECT_EQ(first.outcome, Outcome::requested);
  for (Waiter waiter = 101; waiter < 120; ++waiter) {
    const LookUp later = tables_->look_up(key, true, waiter);
    EXPECT_EQ(later.outcome, Outcome::parked);
    EXPECT_EQ(later.id, first.id);
  }
  const Completion done = tables_->complete(first.id, {.page = 5});
  ASSERT_EQ(done.waiters.size(), 20U);
  for (unsigned i = 0; i < 20; ++i) EXPECT_EQ(done.waiters[i], 100 + i) << "in the order of coming";
  EXPECT_EQ(tables_->statistics().requests, 1U);
  EXPECT_EQ(tables_->statistics().parked, 19U);
}

TEST_P(EachDesign, OneAddressInTwoQueuesHasTwoIndependentIds) {
  const Id one = load({.queue = 1, .page = 40});
  const Id two = load({.queue = 2, .page = 40});
  EXPECT_NE(one, two);
  (void)tables_->invalidate({.first = 40, .of_queue = true, .queue = 1});
  EXPECT_EQ(tables_->look_up({.queue = 2, .page = 40}, false, 0).outcome, Outcome::hit);
  EXPECT_EQ(tables_->look_up({.queue = 1, .page = 40}, false, 0).outcome, Outcome::requested);
}

TEST_P(EachDesign, AWriteThroughAReadOnlyTranslationIsDenied) {
  const Key key{.queue = 1, .page = 1};
  const LookUp found = tables_->look_up(key, true, 0);
  (void)tables_->complete(found.id, {.page = 5, .writable = false});
  EXPECT_EQ(tables_->look_up(key, true, 0).outcome, Outcome::denied);
  EXPECT_EQ(tables_->look_up(key, false, 0).outcome, Outcome::hit);
}

TEST_P(EachDesign, AWriteAfterARequestToReadIsAskedForAgain) {
  const Key key{.queue = 1, .page = 1};
  const LookUp found = tables_->look_up(key, false, 0);
  (void)tables_->complete(found.id, {.page = 5, .writable = false});
  EXPECT_EQ(tables_->look_up(key, true, 0).outcome, Outcome::requested);
}

TEST_P(EachDesign, AnInvalidateIsAcknowledgedAfterTheLastUse) {
  const Key key{.queue = 1, .page = 30};
  load(key);
  const LookUp first = tables_->look_up(key, false, 0);
  const LookUp second = tables_->look_up(key, false, 0);
  const Invalidated gone = tables_->invalidate({.first = 28, .pages = 4});
  EXPECT_EQ(gone.dropped, 1U);
  EXPECT_FALSE(tables_->drained(gone.drain));
  const LookUp again = tables_->look_up(key, false, 0);
  EXPECT_EQ(again.outcome, Outcome::requested) << "the old one is not used any more";
  EXPECT_NE(again.id, first.id) << "while it drains its id is nobody else's";
  tables_->end_use(first.id);
  EXPECT_FALSE(tables_->drained(gone.drain));
  tables_->end_use(second.id);
  EXPECT_TRUE(tables_->drained(gone.drain));
}

TEST_P(EachDesign, ALateAnswerIsDroppedAndAskedForAgain) {
  const Key key{.queue = 1, .page = 30};
  const LookUp found = tables_->look_up(key, false, 77);
  const Invalidated gone = tables_->invalidate({.first = 0, .pages = 64});
  EXPECT_TRUE(tables_->drained(gone.drain)) << "nothing uses what has not come";
  Completion done = tables_->complete(found.id, {.page = 1});
  EXPECT_TRUE(done.ask_again);
  EXPECT_TRUE(done.waiters.empty());
  done = tables_->complete(found.id, {.page = 2});
  EXPECT_FALSE(done.ask_again);
  ASSERT_EQ(done.waiters.size(), 1U);
  EXPECT_EQ(tables_->look_up(key, false, 0).page, 2U);
}

TEST_P(EachDesign, DeletingAQueueReturnsAllItsIds) {
  for (PageNumber page = 0; page < 3; ++page) load({.queue = 5, .page = page});
  const LookUp used = tables_->look_up({.queue = 5, .page = 0}, false, 0);
  const LookUp pending = tables_->look_up({.queue = 5, .page = 9}, false, 1);
  ASSERT_EQ(pending.outcome, Outcome::requested);
  ASSERT_TRUE(tables_->pin({.queue = 5, .page = 1}));
  tables_->delete_queue(5);
  EXPECT_FALSE(tables_->wanted(pending.id));
  EXPECT_EQ(tables_->census().used, 2U) << "one in use, one pending";
  tables_->end_use(used.id);
  EXPECT_EQ(tables_->complete(pending.id, {.page = 3}).waiters.size(), 1U);
  EXPECT_EQ(tables_->census().used, 0U);
  EXPECT_EQ(tables_->census().free, small.tlut_entries);
}

TEST_P(EachDesign, AFailedAnswerLeavesNothing) {
  const LookUp found = tables_->look_up({.queue = 1, .page = 3}, false, 4);
  EXPECT_EQ(tables_->complete(found.id, {.ok = false}).waiters.size(), 1U);
  EXPECT_EQ(tables_->census().used, 0U);
  EXPECT_EQ(tables_->look_up({.queue = 1, .page = 3}, false, 4).outcome, Outcome::requested);
}

TEST_P(EachDesign, AnswersToNobodyAreDropped) {
  EXPECT_TRUE(tables_->complete(2, {.page = 3}).waiters.empty());
  EXPECT_TRUE(tables_->complete(100'000, {.page = 3}).waiters.empty());
  EXPECT_EQ(tables_->census().used, 0U);
}

TEST(DualLutTest, AnEmptyPoolStallsOrEvicts) {
  DualLutConfig config = small;
  for (const WhenEmpty when : {WhenEmpty::stall, WhenEmpty::evict}) {
    config.when_empty = when;
    DualLut tables(config);
    std::vector<LookUp> uses;
    for (PageNumber page = 0; page < config.tlut_entries; ++page) {
      const Key key{.queue = 1, .page = page};
      const LookUp found = tables.look_up(key, false, 0);
      ASSERT_EQ(found.outcome, Outcome::requested);
      (void)tables.complete(found.id, {.page = page});
      uses.push_back(tables.look_up(key, false, 0));
    }
    const Key next{.queue = 1, .page = 100};
    EXPECT_EQ(tables.look_up(next, false, 0).outcome, Outcome::stalled) << "all are in use";
    tables.end_use(uses[3].id);
    const LookUp found = tables.look_up(next, false, 0);
    EXPECT_EQ(found.outcome, Outcome::requested);
    EXPECT_EQ(found.id, uses[3].id) << "the only one that could go";
    EXPECT_EQ(tables.statistics().evictions, when == WhenEmpty::evict ? 1U : 0U);
  }
}

TEST(DualLutTest, PinnedPagesStay) {
  DualLut tables(small);
  const Key queue{.queue = 1, .page = 500};
  ASSERT_TRUE(tables.pin(queue));
  const LookUp found = tables.look_up(queue, true, 0);
  (void)tables.complete(found.id, {.page = 9});
  for (PageNumber page = 0; page < 1000; ++page) {
    const LookUp other = tables.look_up({.queue = 2, .page = page}, true, 0);
    if (other.outcome == Outcome::requested) (void)tables.complete(other.id, {.page = page});
  }
  EXPECT_EQ(tables.look_up(queue, true, 0).outcome, Outcome::hit);
}

TEST(DualLutTest, UlutSlotNumberAndTlutIdAreIndependent) {
  DualLut tables({.ulut_entries = 64, .ulut_ways = 4, .tlut_entries = 64});
  std::mt19937_64 random(1);
  std::map<Id, std::set<Ulut::Slot>> slots_of;
  std::map<Ulut::Slot, std::set<Id>> ids_of;
  for (unsigned i = 0; i < 20'000; ++i) {
    const Key key{.queue = static_cast<std::uint32_t>(random() % 4), .page = random() % 200};
    const LookUp found = tables.look_up(key, false, 0);
    if (found.outcome == Outcome::requested) {
      const Ulut::Slot slot = tables.slot(key).value_or(0);
      slots_of[found.id].insert(slot);
      ids_of[slot].insert(found.id);
      (void)tables.complete(found.id, {.page = 1});
    } else if (found.outcome == Outcome::hit) {
      tables.end_use(found.id);
    }
    if (i % 50 == 0) (void)tables.invalidate({.first = random() % 200, .pages = 8});
  }
  ASSERT_EQ(slots_of.size(), 64U);
  for (const auto& [id, slots] : slots_of) EXPECT_GE(slots.size(), 4U) << id;
  for (const auto& [slot, ids] : ids_of) EXPECT_GE(ids.size(), 4U) << slot;
}

TEST(DualLutCostTest, OnlyTheIndexCrosses) {
  const DualLutConfig dual{.ulut_entries = 1024, .ulut_ways = 8, .tlut_entries = 256};
  DualLutConfig single = dual;
  single.design = Design::single;
  // 8 bits name 256 rows, a page address of 64-bit addresses has 52; valid, ready and write go
  // along.
  EXPECT_EQ(cost(dual).wires, 8U + 3U);
  EXPECT_EQ(cost(single).wires, 52U + 2U + 3U);
  EXPECT_EQ(cost(dual).address_bits, 52U * (1024 + 256));
  EXPECT_EQ(cost(single).address_bits, 2U * 52U * 256);
  // valid, queue, page, has id, id; and valid, pending, page, two rights.
  EXPECT_EQ(cost(dual).bits, 1024U * (1 + 8 + 52 + 1 + 8) + 256U * (1 + 1 + 52 + 2));
}

}  // namespace
}  // namespace kilburn::dual_lut
