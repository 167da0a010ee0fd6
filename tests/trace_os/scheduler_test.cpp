#include "trace_os/scheduler.h"

#include <gtest/gtest.h>

#include <vector>

namespace kilburn::trace_os {
namespace {

TEST(Scheduler, WithoutAnIntervalEachProcessRunsToItsEnd) {
  Scheduler scheduler({.context_switch_interval = 0, .context_switch_cycles = 50}, 2);
  const auto first = scheduler.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->process, 0u);
  EXPECT_EQ(first->accesses, UINT64_MAX);
  EXPECT_EQ(first->latency, 0u) << "nothing ran before";
  scheduler.finish(0);
  const auto second = scheduler.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->process, 1u);
  EXPECT_EQ(second->latency, 50u);
  scheduler.finish(1);
  EXPECT_FALSE(scheduler.next());
  EXPECT_EQ(scheduler.statistics().context_switches, 1u);
}

TEST(Scheduler, WithAnIntervalProcessesTakeTurnsAndFinishedOnesAreSkipped) {
  Scheduler scheduler({.context_switch_interval = 100, .context_switch_cycles = 50}, 3);
  std::vector<std::uint32_t> order;
  for (unsigned i = 0; i < 4; ++i) order.push_back(scheduler.next()->process);
  scheduler.finish(1);
  for (unsigned i = 0; i < 3; ++i) order.push_back(scheduler.next()->process);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{0, 1, 2, 0, 2, 0, 2}));
  scheduler.finish(0);
  EXPECT_EQ(scheduler.next()->latency, 0u) << "process 2 goes on: no switch";
  EXPECT_EQ(scheduler.next()->accesses, 100u);
  EXPECT_EQ(scheduler.statistics().context_switches, 6u);
}

TEST(EventClock, EachEventFallsOnEveryMultipleOfItsInterval) {
  EventClock clock({.remap_interval = 5, .unmap_interval = 3});
  for (unsigned access = 1; access <= 60; ++access) {
    const DueEvents due = clock.tick();
    EXPECT_EQ(due.unmap, access % 3 == 0) << access;
    EXPECT_EQ(due.remap, access % 5 == 0) << access;
  }
}

TEST(EventClock, AnIntervalOfZeroMeansNoEvents) {
  EventClock clock(OsConfig{.remap_interval = 0, .unmap_interval = 0});
  for (unsigned access = 0; access < 1000; ++access) {
    const DueEvents due = clock.tick();
    EXPECT_FALSE(due.unmap || due.remap);
  }
}

}  // namespace
}  // namespace kilburn::trace_os
