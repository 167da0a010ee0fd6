#include "common/retirement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace kilburn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Acknowledges at once with `latency`, or, when `late`, only when told to.
class Holder final : public RetirementHolder {
 public:
  explicit Holder(std::string name, Cycles latency = 0, bool late = false)
      : name_(std::move(name)), latency_(latency), late_(late) {}

  [[nodiscard]] std::string holder_name() const override { return name_; }
  void retire(const Retirement& retirement, RetirementTicket ticket, RetirementBus& bus) override {
    seen.push_back(retirement);
    if (late_) {
      waiting_.push_back(ticket);
    } else {
      bus.acknowledge(ticket, latency_);
    }
  }
  void acknowledge_oldest(RetirementBus& bus) {
    bus.acknowledge(waiting_.front(), latency_);
    waiting_.erase(waiting_.begin());
  }
  void acknowledge_newest(RetirementBus& bus) {
    bus.acknowledge(waiting_.back(), latency_);
    waiting_.pop_back();
  }

  std::vector<Retirement> seen;

 private:
  std::string name_;
  Cycles latency_;
  bool late_;
  std::vector<RetirementTicket> waiting_;
};

TEST(RetirementBus, IsDoneAtOnceWithoutHolders) {
  RetirementBus bus;
  const auto retirement = bus.begin({});
  EXPECT_TRUE(bus.done(retirement));
  EXPECT_EQ(bus.latency(retirement), 0);
}

TEST(RetirementBus, ShowsTheRetirementToEveryHolder) {
  RetirementBus bus;
  Holder first("first");
  Holder second("second");
  bus.add(first);
  bus.add(second);
  const Retirement retirement{
      .operation = Retirement::Operation::by_va, .vpn = 7, .pages = 2, .context = {.vmid = 3}};
  bus.begin(retirement);
  EXPECT_THAT(first.seen, ElementsAre(retirement));
  EXPECT_THAT(second.seen, ElementsAre(retirement));
}

TEST(RetirementBus, IsDoneOnceAllHaveAcknowledgedWithTheLatencyOfTheSlowest) {
  RetirementBus bus;
  Holder tlb("tlb", 4);
  Holder cache("cache", 9);
  Holder walker("walker", 2);
  for (Holder* const holder : {&tlb, &cache, &walker}) bus.add(*holder);
  const auto retirement = bus.begin({});
  EXPECT_TRUE(bus.done(retirement));
  EXPECT_EQ(bus.latency(retirement), 9);
  EXPECT_THAT(bus.missing(retirement), IsEmpty());
}

TEST(RetirementBus, IsNotDoneUntilTheLastLateHolderAcknowledges) {
  RetirementBus bus;
  Holder tlb("tlb", 1);
  Holder nic("nic", 50, true);
  Holder ssd("ssd", 20, true);
  for (Holder* const holder : {&tlb, &nic, &ssd}) bus.add(*holder);
  const auto retirement = bus.begin({});
  EXPECT_FALSE(bus.done(retirement));
  EXPECT_THAT(bus.missing(retirement), ElementsAre("nic", "ssd"));
  nic.acknowledge_oldest(bus);
  EXPECT_FALSE(bus.done(retirement));
  EXPECT_THAT(bus.missing(retirement), ElementsAre("ssd"));
  ssd.acknowledge_oldest(bus);
  EXPECT_TRUE(bus.done(retirement));
  EXPECT_THAT(bus.missing(retirement), IsEmpty());
  EXPECT_EQ(bus.latency(retirement), 50);
}

TEST(RetirementBus, AnAcknowledgementTwiceDoesNotStandForAnotherHolder) {
  RetirementBus bus;
  Holder nic("nic", 0, true);
  Holder ssd("ssd", 0, true);
  bus.add(nic);
  bus.add(ssd);
  const auto retirement = bus.begin({});
  bus.acknowledge({retirement, 0});
  bus.acknowledge({retirement, 0});
  EXPECT_FALSE(bus.done(retirement));
  EXPECT_THAT(bus.missing(retirement), ElementsAre("ssd"));
}

TEST(RetirementBus, RetirementsInFlightTogetherAreKeptApart) {
  RetirementBus bus;
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

TEST(RetirementBus, ForgetsWhatHasEndedAndIgnoresItsLateAcknowledgement) {
  RetirementBus bus;
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

TEST(RetirementBus, ARemovedHolderIsNoLongerAsked) {
  RetirementBus bus;
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

TEST(RetirementBus, TellsItsListenersOfEachAcknowledgementUntilTheyStop) {
  RetirementBus bus;
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

TEST(ImmediateRetirer, IsDoneWithTheLatencyOfTheSlowestHolder) {
  RetirementBus bus;
  Holder tlb("tlb", 3);
  Holder cache("cache", 8);
  bus.add(tlb);
  bus.add(cache);
  const RetireResult result = ImmediateRetirer(bus).retire({}, 1000);
  EXPECT_TRUE(result.ok);
  EXPECT_EQ(result.cycles, 8);
  EXPECT_THAT(result.missing, IsEmpty());
}

TEST(ImmediateRetirer, NamesWhoeverDidNotAcknowledgeAtOnce) {
  RetirementBus bus;
  Holder tlb("tlb", 3);
  Holder nic("nic", 0, true);
  bus.add(tlb);
  bus.add(nic);
  const RetireResult result = ImmediateRetirer(bus).retire({}, 0);
  EXPECT_FALSE(result.ok);
  EXPECT_THAT(result.missing, ElementsAre("nic"));
}

TEST(Retirement, CoversItsRangeOfPagesAndNothingBeside) {
  const Retirement retirement{.vpn = 100, .pfn = 500, .pages = 3};
  EXPECT_FALSE(retirement.covers_page(99));
  EXPECT_TRUE(retirement.covers_page(100));
  EXPECT_TRUE(retirement.covers_page(102));
  EXPECT_FALSE(retirement.covers_page(103));
  EXPECT_FALSE(retirement.covers_frame(499));
  EXPECT_TRUE(retirement.covers_frame(500));
  EXPECT_TRUE(retirement.covers_frame(502));
  EXPECT_FALSE(retirement.covers_frame(503));
}

TEST(Retirement, CoversOnePageUnlessToldMore) {
  EXPECT_TRUE(Retirement{.vpn = 100}.covers_page(100));
  EXPECT_FALSE(Retirement{.vpn = 100}.covers_page(101));
}

}  // namespace
}  // namespace kilburn
