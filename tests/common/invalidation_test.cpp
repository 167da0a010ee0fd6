#include "common/invalidation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace kilburn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Acknowledges at once with `latency`, or, when `late`, only when told to.
class Holder final : public InvalidationHolder {
 public:
  explicit Holder(std::string name, Cycles latency = 0, bool late = false)
      : name_(std::move(name)), latency_(latency), late_(late) {}

  [[nodiscard]] std::string holder_name() const override { return name_; }
  void invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                  InvalidationBus& bus) override {
    seen.push_back(invalidation);
    if (late_) {
      waiting_.push_back(ticket);
    } else {
      bus.acknowledge(ticket, latency_);
    }
  }
  void acknowledge_oldest(InvalidationBus& bus) {
    bus.acknowledge(waiting_.front(), latency_);
    waiting_.erase(waiting_.begin());
  }
  void acknowledge_newest(InvalidationBus& bus) {
    bus.acknowledge(waiting_.back(), latency_);
    waiting_.pop_back();
  }

  std::vector<Invalidation> seen;

 private:
  std::string name_;
  Cycles latency_;
  bool late_;
  std::vector<InvalidationTicket> waiting_;
};

TEST(InvalidationBus, IsDoneAtOnceWithoutHolders) {
  InvalidationBus bus;
  const auto invalidation = bus.begin({});
  EXPECT_TRUE(bus.done(invalidation));
  EXPECT_EQ(bus.latency(invalidation), 0);
}

TEST(InvalidationBus, ShowsTheInvalidationToEveryHolder) {
  InvalidationBus bus;
  Holder first("first");
  Holder second("second");
  bus.add(first);
  bus.add(second);
  const Invalidation invalidation{
      .operation = Invalidation::Operation::by_va, .vpn = 7, .pages = 2, .context = {.vmid = 3}};
  bus.begin(invalidation);
  EXPECT_THAT(first.seen, ElementsAre(invalidation));
  EXPECT_THAT(second.seen, ElementsAre(invalidation));
}

TEST(InvalidationBus, IsDoneOnceAllHaveAcknowledgedWithTheLatencyOfTheSlowest) {
  InvalidationBus bus;
  Holder tlb("tlb", 4);
  Holder cache("cache", 9);
  Holder walker("walker", 2);
  for (Holder* const holder : {&tlb, &cache, &walker}) bus.add(*holder);
  const auto invalidation = bus.begin({});
  EXPECT_TRUE(bus.done(invalidation));
  EXPECT_EQ(bus.latency(invalidation), 9);
  EXPECT_THAT(bus.missing(invalidation), IsEmpty());
}

TEST(InvalidationBus, IsNotDoneUntilTheLastLateHolderAcknowledges) {
  InvalidationBus bus;
  Holder tlb("tlb", 1);
  Holder nic("nic", 50, true);
  Holder ssd("ssd", 20, true);
  for (Holder* const holder : {&tlb, &nic, &ssd}) bus.add(*holder);
  const auto invalidation = bus.begin({});
  EXPECT_FALSE(bus.done(invalidation));
  EXPECT_THAT(bus.missing(invalidation), ElementsAre("nic", "ssd"));
  nic.acknowledge_oldest(bus);
  EXPECT_FALSE(bus.done(invalidation));
  EXPECT_THAT(bus.missing(invalidation), ElementsAre("ssd"));
  ssd.acknowledge_oldest(bus);
  EXPECT_TRUE(bus.done(invalidation));
  EXPECT_THAT(bus.missing(invalidation), IsEmpty());
  EXPECT_EQ(bus.latency(invalidation), 50);
}

TEST(InvalidationBus, AnAcknowledgementTwiceDoesNotStandForAnotherHolder) {
  InvalidationBus bus;
  Holder nic("nic", 0, true);
  Holder ssd("ssd", 0, true);
  bus.add(nic);
  bus.add(ssd);
  const auto invalidation = bus.begin({});
  bus.acknowledge({invalidation, 0});
  bus.acknowledge({invalidation, 0});
  EXPECT_FALSE(bus.done(invalidation));
  EXPECT_THAT(bus.missing(invalidation), ElementsAre("ssd"));
}

TEST(InvalidationBus, InvalidationsInFlightTogetherAreKeptApart) {
  InvalidationBus bus;
  Holder nic("nic", 5, true);
  bus.add(nic);
  const auto first = bus.begin({});
  const auto second = bus.begin({});
  EXPECT_NE(first, second);
  nic.acknowledge_newest(bus);
  EXPECT_TRUE(bus.done(second));
  EXPECT_FALSE(bus.done(first));
  EXPECT_EQ(bus.latency(first), 0);
  nic.acknowledge_newest(bus);
  EXPECT_TRUE(bus.done(first));
}

TEST(InvalidationBus, ForgetsWhatHasEndedAndIgnoresItsLateAcknowledgement) {
  InvalidationBus bus;
  Holder nic("nic", 5, true);
  bus.add(nic);
  const auto timed_out = bus.begin({});
  const auto running = bus.begin({});
  bus.end(timed_out);
  EXPECT_THAT(bus.missing(timed_out), IsEmpty());
  nic.acknowledge_oldest(bus);
  EXPECT_FALSE(bus.done(running));
  EXPECT_THAT(bus.missing(running), ElementsAre("nic"));
}

TEST(InvalidationBus, ARemovedHolderIsNoLongerAsked) {
  InvalidationBus bus;
  Holder tlb("tlb");
  Holder nic("nic", 0, true);
  bus.add(tlb);
  bus.add(nic);
  bus.remove(nic);
  EXPECT_TRUE(bus.done(bus.begin({})));
  EXPECT_THAT(nic.seen, IsEmpty());
  EXPECT_EQ(tlb.seen.size(), 1);
}

/// Counts what it is told, and looks as a waiter would.
class Listener final : public AcknowledgementListener {
 public:
  void acknowledged() override { ++told; }
  int told = 0;
};

TEST(InvalidationBus, TellsItsListenersOfEachAcknowledgementUntilTheyStop) {
  InvalidationBus bus;
  Holder tlb("tlb");
  Holder nic("nic", 0, true);
  bus.add(tlb);
  bus.add(nic);
  Listener listener;
  bus.listen(listener);
  bus.begin({});
  EXPECT_EQ(listener.told, 1);
  nic.acknowledge_oldest(bus);
  EXPECT_EQ(listener.told, 2);
  bus.stop_listening(listener);
  bus.begin({});
  EXPECT_EQ(listener.told, 2);
}

TEST(ImmediateInvalidator, IsDoneWithTheLatencyOfTheSlowestHolder) {
  InvalidationBus bus;
  Holder tlb("tlb", 3);
  Holder cache("cache", 8);
  bus.add(tlb);
  bus.add(cache);
  const InvalidateResult result = ImmediateInvalidator(bus).invalidate({}, 1000);
  EXPECT_TRUE(result.ok);
  EXPECT_EQ(result.cycles, 8);
  EXPECT_THAT(result.missing, IsEmpty());
}

TEST(ImmediateInvalidator, NamesWhoeverDidNotAcknowledgeAtOnce) {
  InvalidationBus bus;
  Holder tlb("tlb", 3);
  Holder nic("nic", 0, true);
  bus.add(tlb);
  bus.add(nic);
  const InvalidateResult result = ImmediateInvalidator(bus).invalidate({}, 0);
  EXPECT_FALSE(result.ok);
  EXPECT_THAT(result.missing, ElementsAre("nic"));
}

TEST(Invalidation, CoversItsRangeOfFramesAndNothingBeside) {
  const Invalidation invalidation{.pfn = 500, .pages = 3};
  EXPECT_FALSE(invalidation.covers_frame(499));
  EXPECT_TRUE(invalidation.covers_frame(500));
  EXPECT_TRUE(invalidation.covers_frame(502));
  EXPECT_FALSE(invalidation.covers_frame(503));
}

}  // namespace
}  // namespace kilburn
