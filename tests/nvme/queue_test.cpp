// Queues: wrap, phase, room, doorbells, deletion, interrupts.
#include "nvme/world.h"

namespace kilburn::nvme {
namespace {

using testing::Completed;
using testing::World;

Entry flush() {
  return World::command(NVME_IO_FLUSH, 1);
}

TEST(NvmeQueueTest, ThePhaseInvertsAtEachWrapOfTheCompletionQueue) {
  World w;
  w.start();
  w.create_queue(1, 4);
  for (unsigned i = 0; i < 23; ++i) EXPECT_EQ(w.execute(1, flush()).status, NVME_SUCCESS) << i;
  // 23 = 5 * 4 + 3: five wraps, so that the last of entry 2 was written with the inverse phase.
  EXPECT_EQ(w.memory.get<std::uint32_t>(w.queues[1].cq + 16 * 2 + 12) >> 16 & 1, 0U);
  EXPECT_EQ(w.memory.get<std::uint32_t>(w.queues[1].cq + 16 * 3 + 12) >> 16 & 1, 1U);
}

TEST(NvmeQueueTest, AllSixteenBitsOfAnIdComeBack) {
  World w;
  w.start();
  w.create_queue(1, 4);
  for (const unsigned id : {0x0000U, 0x0FFFU, 0x1000U, 0xF001U, 0xFFFFU}) {
    w.next_id = static_cast<std::uint16_t>(id);
    EXPECT_EQ(w.execute(1, flush()).id, id);
  }
}

TEST(NvmeQueueTest, AnUnconsumedCompletionIsNeverOverwritten) {
  World w;
  w.start();
  w.create_queue(1, 8);
  w.create_queue(2, 8, 1);  // two submission queues, one completion queue of 8: room for 7
  std::vector<std::uint16_t> ids;
  for (const unsigned queue : {1U, 2U}) {
    for (unsigned i = 0; i < 7; ++i) ids.push_back(w.put(queue, flush()));
    w.ring_tail(queue);
  }
  w.settle();
  std::map<std::uint16_t, unsigned> seen;
  for (unsigned i = 0; i < 7; ++i) {
    const auto done = w.take(1);
    ASSERT_TRUE(done);
    ++seen[done->id];
  }
  EXPECT_FALSE(w.take(1)) << "it is full: the others wait";
  w.settle();
  EXPECT_FALSE(w.take(1));
  while (seen.size() < ids.size()) {
    w.ring_head(1, w.queues[1].head);
    w.settle();
    const auto done = w.take(1);
    ASSERT_TRUE(done);
    ++seen[done->id];
  }
  for (const std::uint16_t id : ids) EXPECT_EQ(seen[id], 1U);
}

TEST(NvmeQueueTest, OneFullCompletionQueueDoesNotHoldUpTheOthers) {
  World w;
  w.start();
  w.create_queue(1, 4);
  w.create_queue(2, 4);
  for (unsigned i = 0; i < 3; ++i) w.put(1, flush());
  w.ring_tail(1);
  w.settle();
  for (unsigned i = 0; i < 10; ++i) EXPECT_EQ(w.execute(2, flush()).status, NVME_SUCCESS);
  EXPECT_EQ(w.identify(NVME_CNS_CONTROLLER, 0).status, NVME_SUCCESS);
}

TEST(NvmeQueueTest, BadDoorbellsAreToldByAnEventAndChangeNothing) {
  struct Case {
    std::uint64_t offset;
    std::uint32_t value;
    std::uint32_t information;
  };
  // Queue 1 has 8 entries; queue 3 does not exist, queue 70 cannot.
  const Case cases[] = {{8 * 1, 8, 1}, {8 * 1, 0, 1},     {8 * 1 + 4, 1, 1}, {8 * 1 + 4, 9, 1},
                        {8 * 3, 1, 0}, {8 * 3 + 4, 1, 0}, {8 * 70, 1, 0},    {8 * 1, 1u << 31, 1}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.offset);
    World w;
    w.start();
    w.create_queue(1, 8);
    const std::uint16_t request = w.put(0, World::command(NVME_ADMIN_ASYNC_EVENT, 0));
    w.ring_tail(0);
    w.settle();
    EXPECT_FALSE(w.take(0));
    w.write(NVME_DOORBELLS + c.offset, c.value);
    w.settle();
    const auto told = w.take(0);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->id, request);
    EXPECT_EQ(told->result, NVME_EVENT_ERROR | c.information << 8 | NVME_LOG_ERROR << 16);
    w.ring_head(0, w.queues[0].head);
    EXPECT_EQ(w.execute(1, flush()).status, NVME_SUCCESS);
  }
}

TEST(NvmeQueueTest, ATailThatOverfillsAQueueIsBad) {
  World w;
  w.start();
  w.create_queue(1, 8);
  w.put(1, flush());
  w.ring_tail(1);
  w.write(NVME_DOORBELLS + 8, 0);  // seven more, where there is room for six
  EXPECT_EQ(w.controller.statistics().bad_doorbells, 1U);
  w.settle();
  EXPECT_TRUE(w.take(1));
  EXPECT_FALSE(w.take(1));
}

TEST(NvmeQueueTest, DeletingASubmissionQueueEndsItsCommandsFirst) {
  World w;
  w.start();
  w.create_queue(1, 16);
  std::vector<std::uint16_t> ids;
  for (unsigned i = 0; i < 10; ++i) ids.push_back(w.put(1, World::io(NVME_IO_READ, 1, i, 1)));
  w.ring_tail(1);
  w.run(3'000);  // fetched, and at the media
  const Completed done = w.admin(World::delete_queue(NVME_ADMIN_DELETE_SQ, 1));
  EXPECT_EQ(done.status, NVME_SUCCESS);
  std::map<std::uint16_t, unsigned> status;
  while (const auto each = w.take(1)) status[each->id] = each->status;
  ASSERT_EQ(status.size(), ids.size()) << "each is answered, before the deletion is";
  for (const std::uint16_t id : ids) EXPECT_EQ(status[id], NVME_SQ_DELETED);
  EXPECT_FALSE(w.memory.queues.contains(2)) << "its memory is nobody's";
  w.ring_head(1, w.queues[1].head);
  EXPECT_EQ(w.admin(World::delete_queue(NVME_ADMIN_DELETE_CQ, 1)).status, NVME_SUCCESS);
}

TEST(NvmeQueueTest, CreationRefusesWhatIsWrong) {
  World w;
  w.start();
  w.create_queue(1);
  const auto status = [&](Entry entry) { return w.admin(entry).status; };
  constexpr std::uint64_t at = 0x40'000;
  EXPECT_EQ(status(World::create_cq(0, 8, at, 0)), NVME_INVALID_QUEUE_ID);
  EXPECT_EQ(status(World::create_cq(1, 8, at, 0)), NVME_INVALID_QUEUE_ID) << "it exists";
  EXPECT_EQ(status(World::create_cq(5, 8, at, 0)), NVME_INVALID_QUEUE_ID) << "there are four";
  EXPECT_EQ(status(World::create_cq(2, 1, at, 0)), NVME_INVALID_QUEUE_SIZE);
  EXPECT_EQ(status(World::create_cq(2, 1025, at, 0)), NVME_INVALID_QUEUE_SIZE);
  EXPECT_EQ(status(World::create_cq(2, 8, at, 17)), NVME_INVALID_VECTOR);
  EXPECT_EQ(status(World::create_cq(2, 8, at + 16, 0)), NVME_INVALID_PRP_OFFSET);
  Entry scattered = World::create_cq(2, 8, at, 0);
  scattered.dwords[11] &= ~1U;
  EXPECT_EQ(status(scattered), NVME_INVALID_FIELD);
  EXPECT_EQ(status(World::create_sq(2, 8, at, 0)), NVME_INVALID_QUEUE_ID);
  EXPECT_EQ(status(World::create_sq(2, 8, at, 3)), NVME_CQ_INVALID);
  EXPECT_EQ(status(World::create_sq(2, 8, at, 9)), NVME_INVALID_QUEUE_ID);
  EXPECT_EQ(status(World::create_sq(2, 1, at, 1)), NVME_INVALID_QUEUE_SIZE);
  EXPECT_EQ(status(World::delete_queue(NVME_ADMIN_DELETE_CQ, 1)), NVME_INVALID_QUEUE_DELETION);
  EXPECT_EQ(status(World::delete_queue(NVME_ADMIN_DELETE_CQ, 0)), NVME_INVALID_QUEUE_ID);
  EXPECT_EQ(status(World::delete_queue(NVME_ADMIN_DELETE_SQ, 3)), NVME_INVALID_QUEUE_ID);
}

TEST(NvmeQueueTest, TheSameIdTwiceIsAConflict) {
  World w;
  w.start();
  w.create_queue(1);
  w.next_id = 7;
  w.put(1, World::io(NVME_IO_READ, 1, 0, 1));
  w.next_id = 7;
  w.put(1, World::io(NVME_IO_READ, 1, 0, 1));
  w.ring_tail(1);
  w.settle();
  EXPECT_EQ(w.take(1)->status, NVME_ID_CONFLICT);
  EXPECT_EQ(w.take(1)->status, NVME_SUCCESS) << "the first one is not touched";
}

TEST(NvmeQueueTest, AResetUnderLoadLeavesNoCommandBehind) {
  World w;
  w.start();
  w.create_queue(1, 64);
  for (unsigned round = 0; round < 20; ++round) {
    for (unsigned i = 0; i < 60; ++i) {
      w.put(1, World::io(i % 2 == 0 ? NVME_IO_READ : NVME_IO_WRITE, 1, i, 8));
    }
    w.ring_tail(1);
    w.run(500 * round);
    w.write(NVME_CC, 0);
    w.run(1);
    ASSERT_EQ(w.read(NVME_CSTS), 0U);
    const std::uint64_t completions = w.controller.statistics().completions;
    w.settle();
    EXPECT_EQ(w.controller.statistics().completions, completions) << "nothing comes late";
    w.start();
    w.create_queue(1, 64);
    ASSERT_EQ(w.execute(1, flush()).status, NVME_SUCCESS);
  }
}

TEST(NvmeQueueTest, RoundRobinGivesEachQueueItsTurn) {
  World w;
  w.start();
  w.create_queue(1, 64);
  for (unsigned queue = 2; queue <= 3; ++queue) w.create_queue(queue, 64, 1);
  ASSERT_EQ(w.set_feature(NVME_FEATURE_ARBITRATION, 0).status, NVME_SUCCESS);  // bursts of one
  for (unsigned queue = 1; queue <= 3; ++queue) {
    for (unsigned i = 0; i < 20; ++i) w.put(queue, flush());
  }
  for (unsigned queue = 1; queue <= 3; ++queue) w.ring_tail(queue);
  w.settle();
  for (unsigned i = 0; i < 60; i += 3) {
    unsigned sum = 0;
    for (unsigned k = 0; k < 3; ++k) {
      const auto done = w.take(1);
      ASSERT_TRUE(done);
      sum |= 1U << done->sq;
    }
    EXPECT_EQ(sum, 0b1110U) << "one of each, at " << i;
  }
}

TEST(NvmeQueueTest, WeightsShareTheCommandsAndUrgentOnesComeFirst) {
  World w;
  w.start(32, World::enable | 1U << NVME_CC_AMS_SHIFT);
  // High 4, medium 2, low 1 (each field one less), bursts of one.
  ASSERT_EQ(w.set_feature(NVME_FEATURE_ARBITRATION, 3U << 24 | 1U << 16 | 0U << 8).status,
            NVME_SUCCESS);
  for (unsigned queue = 1; queue <= 4; ++queue) {
    w.create_queue(queue, 64, queue == 1 ? 0 : 1, queue - 1);  // urgent, high, medium, low
  }
  for (unsigned queue = 1; queue <= 4; ++queue) {
    for (unsigned i = 0; i < (queue == 1 ? 5U : 14U); ++i) w.put(queue, flush());
  }
  for (unsigned queue = 4; queue >= 1; --queue) w.ring_tail(queue);
  w.settle();
  std::vector<unsigned> order;
  while (const auto done = w.take(1)) order.push_back(done->sq);
  ASSERT_EQ(order.size(), 5U + 3 * 14U);
  for (unsigned i = 0; i < 5; ++i) EXPECT_EQ(order[i], 1U) << i;
  // A round is 4 + 2 + 1 commands: in the first two rounds 8, 4 and 2.
  unsigned counts[5] = {};
  for (unsigned i = 5; i < 5 + 14; ++i) ++counts[order[i]];
  EXPECT_EQ(counts[2], 8U);
  EXPECT_EQ(counts[3], 4U);
  EXPECT_EQ(counts[4], 2U);
}

TEST(NvmeInterruptTest, AMessageFollowsTheCompletion) {
  World w;
  w.start();
  w.create_queue(2);
  w.interrupts.raised.clear();
  EXPECT_EQ(w.execute(2, flush()).status, NVME_SUCCESS);
  EXPECT_EQ(w.interrupts.raised, (std::map<unsigned, unsigned>{{2, 1}}));
}

TEST(NvmeInterruptTest, ThePinIsUpWhileACompletionWaitsAndIsNotMasked) {
  World w;
  w.interrupts.messages = false;
  w.start();
  w.put(0, World::command(NVME_ADMIN_IDENTIFY, 0, World::data));
  w.ring_tail(0);
  w.settle();
  EXPECT_TRUE(w.interrupts.pin);
  w.write(NVME_INTMS, 1);
  EXPECT_FALSE(w.interrupts.pin);
  EXPECT_EQ(w.read(NVME_INTMC), 1U);
  w.write(NVME_INTMC, 1);
  EXPECT_TRUE(w.interrupts.pin);
  ASSERT_TRUE(w.take(0));
  EXPECT_TRUE(w.interrupts.pin);
  w.ring_head(0, w.queues[0].head);
  EXPECT_FALSE(w.interrupts.pin);
}

TEST(NvmeInterruptTest, CoalescingWaitsForItsNumberOrItsTime) {
  World w;
  w.start();
  w.create_queue(1, 32);
  ASSERT_EQ(w.set_feature(NVME_FEATURE_COALESCING, 2U << 8 | 3).status, NVME_SUCCESS);  // 4, 200 us
  w.interrupts.raised.clear();
  for (unsigned i = 0; i < 4; ++i) w.put(1, flush());
  w.ring_tail(1);
  w.run(50'000);
  EXPECT_EQ(w.interrupts.raised[1], 1U) << "four of them: at once";
  w.settle();
  EXPECT_EQ(w.interrupts.raised[1], 1U);
  for (unsigned i = 0; i < 3; ++i) w.put(1, flush());
  w.ring_tail(1);
  w.run(150'000);
  EXPECT_EQ(w.interrupts.raised[1], 1U);
  w.settle();
  EXPECT_EQ(w.interrupts.raised[1], 2U) << "three of them: after the time";
  ASSERT_EQ(w.set_feature(NVME_FEATURE_VECTOR, NVME_FEATURE_COALESCING_OFF | 1).status,
            NVME_SUCCESS);
  while (w.take(1)) continue;
  w.ring_head(1, w.queues[1].head);
  w.put(1, flush());
  w.ring_tail(1);
  w.run(50'000);
  EXPECT_EQ(w.interrupts.raised[1], 3U) << "the vector does not wait";
}

}  // namespace
}  // namespace kilburn::nvme
