// Times of flash operations against their closed forms, to the nanosecond.
#include "nand/timing.h"

#include <gtest/gtest.h>

#include <map>

namespace kilburn::nand {
namespace {

using Kind = Operation::Kind;

/// Two channels of two packages of one die of two planes.
constexpr Geometry geometry{.channels = 2,
                            .packages = 2,
                            .dies = 1,
                            .planes = 2,
                            .blocks = 8,
                            .pages = 8,
                            .page_bytes = 8192};
constexpr Nanoseconds command = 200;
constexpr Nanoseconds sense = 75'000;
constexpr Nanoseconds program = 750'000;
constexpr Nanoseconds erase = 3'800'000;
constexpr Nanoseconds page = 24'601;  // 8192 bytes at 333 MT/s, rounded up
constexpr Nanoseconds half = 12'301;  // 4096

class Flash : public OperationSink {
 public:
  explicit Flash(const TimingConfig& config = {}) : timing(config, geometry) {}
  void submit(Kind kind, std::uint32_t die, std::uint32_t user, Nanoseconds now = 0,
              bool background = false, std::uint32_t plane = 0) {
    timing.submit({.kind = kind,
                   .background = background,
                   .die = DieId{die},
                   .plane = plane,
                   .page = 0,
                   .bytes = 8192,
                   .user = user},
                  now);
  }
  void run() {
    while (timing.next_event() != UINT64_MAX) {
      const Nanoseconds bound = timing.earliest_end();
      fresh.clear();
      timing.run_until(timing.next_event(), *this);
      for (const auto& [user, when] : fresh) EXPECT_GE(when, bound) << "of " << user;
    }
    EXPECT_EQ(timing.under_way(), 0u);
  }
  void finished(std::uint32_t user, Nanoseconds when) override { ends[user] = fresh[user] = when; }
  Timing timing;
  std::map<std::uint32_t, Nanoseconds> ends;
  std::map<std::uint32_t, Nanoseconds> fresh;
};

TEST(Timing, AReadTakesCommandSensingAndTransfer) {
  Flash flash;
  flash.submit(Kind::read, 0, 1);
  flash.timing.submit({.die = DieId{2}, .bytes = 4096, .user = 2}, 0);
  flash.run();
  EXPECT_EQ(flash.ends[1], command + sense + page);
  EXPECT_EQ(flash.ends[2], command + sense + half) << "half a page crosses in half the time";
}

TEST(Timing, AProgramTakesTransferAndProgramAnEraseItsOwnTime) {
  Flash flash;
  flash.submit(Kind::program, 0, 1);
  flash.submit(Kind::erase, 2, 2);
  flash.run();
  EXPECT_EQ(flash.ends[1], command + page + program);
  EXPECT_EQ(flash.ends[2], command + erase);
}

TEST(Timing, ReadsOfOneDieFollowEachOtherWhole) {
  Flash flash;
  flash.submit(Kind::read, 0, 1);
  flash.submit(Kind::read, 0, 2);
  flash.run();
  EXPECT_EQ(flash.ends[2], 2 * (command + sense + page));
  const TimingStatistics statistics = flash.timing.statistics();
  EXPECT_EQ(statistics.dies[0].conflicts, 1u);
  EXPECT_EQ(statistics.dies[0].waited, command + sense + page);
  EXPECT_EQ(statistics.dies[0].busy, 2 * (command + sense + page));
}

TEST(Timing, ADieThatHasJustBegunWasNotBusyBefore) {
  Flash flash;
  flash.submit(Kind::read, 0, 1);
  flash.run();
  flash.submit(Kind::read, 0, 2, 1'000'000'000);
  const TimingStatistics statistics = flash.timing.statistics();
  EXPECT_EQ(statistics.now, 1'000'000'000u);
  EXPECT_EQ(statistics.dies[0].busy, command + sense + page);
}

TEST(Timing, ReadsOfOneChannelShareItsBusOnly) {
  Flash flash;
  flash.submit(Kind::read, 0, 1);
  flash.submit(Kind::read, 1, 2);
  flash.submit(Kind::read, 2, 3);  // of the other channel
  flash.run();
  EXPECT_EQ(flash.ends[1], command + sense + page);
  EXPECT_EQ(flash.ends[2], command + sense + 2 * page);
  EXPECT_EQ(flash.ends[3], command + sense + page);
  const TimingStatistics statistics = flash.timing.statistics();
  EXPECT_EQ(statistics.channels[0].busy, 2 * page);
  EXPECT_EQ(statistics.channels[0].conflicts, 1u);
  EXPECT_EQ(statistics.channels[0].waited, page);
  EXPECT_EQ(statistics.channels[1].conflicts, 0u);
}

TEST(Timing, AReadThatComesAsItsDieBecomesFreeWaitsForNothing) {
  constexpr Nanoseconds first = command + sense + page;
  for (const Nanoseconds at : {first - 1, first, first + 1}) {
    Flash flash;
    flash.submit(Kind::read, 0, 1);
    flash.timing.run_until(at, flash);
    flash.submit(Kind::read, 0, 2, at);
    flash.run();
    EXPECT_EQ(flash.ends[2], std::max(at, first) + command + sense + page) << at;
  }
}

TEST(Timing, TheHostGoesBeforeTheBackgroundWhichIsServedAfterABurst) {
  TimingConfig config;
  config.host_burst = 3;
  Flash flash(config);
  flash.submit(Kind::read, 0, 0);
  flash.submit(Kind::erase, 0, 99, 0, true);
  for (std::uint32_t i = 1; i <= 6; ++i) flash.submit(Kind::read, 0, i);
  flash.run();
  constexpr Nanoseconds read = command + sense + page;
  EXPECT_EQ(flash.ends[3], 4 * read);
  EXPECT_EQ(flash.ends[99], 4 * read + command + erase);
  EXPECT_EQ(flash.ends[4], 5 * read + command + erase);
}

TEST(Timing, PlanesWorkTogetherWhereTheyMay) {
  for (const bool together : {false, true}) {
    TimingConfig config;
    config.multi_plane = together;
    Flash flash(config);
    flash.submit(Kind::erase, 0, 0);
    flash.submit(Kind::program, 0, 1, 0, false, 0);
    flash.submit(Kind::program, 0, 2, 0, false, 1);
    flash.run();
    const Nanoseconds begin = command + erase;
    const Nanoseconds one = command + page;
    EXPECT_EQ(flash.ends[1], begin + (together ? 2 * one : one) + program);
    EXPECT_EQ(flash.ends[2], begin + 2 * one + (together ? 1 : 2) * program);
    EXPECT_EQ(flash.timing.statistics().multi_plane, together ? 2u : 0u);
  }
}

TEST(Timing, TwoPagesOfOnePlaneNeverWorkTogether) {
  TimingConfig config;
  config.multi_plane = true;
  Flash flash(config);
  flash.submit(Kind::erase, 0, 0);
  flash.submit(Kind::read, 0, 1);
  flash.submit(Kind::read, 0, 2);
  flash.run();
  EXPECT_EQ(flash.ends[2], command + erase + 2 * (command + sense + page));
}

TEST(Timing, ACacheReadSensesTheNextPageDuringTheTransfer) {
  TimingConfig config;
  config.cache_read = true;
  Flash flash(config);
  for (std::uint32_t i = 1; i <= 3; ++i) flash.submit(Kind::read, 0, i);
  flash.run();
  // Sensing is the longer of the two: transfers hide behind it.
  EXPECT_EQ(flash.ends[1], command + sense + page);
  EXPECT_EQ(flash.ends[2], 2 * (command + sense) + page);
  EXPECT_EQ(flash.ends[3], 3 * (command + sense) + page);
}

TEST(Timing, ACacheReadWhoseTransferIsTheLongerWaitsForTheRegister) {
  TimingConfig config;
  config.cache_read = true;
  config.read_ns = 1000;
  Flash flash(config);
  for (std::uint32_t i = 1; i <= 3; ++i) flash.submit(Kind::read, 0, i);
  flash.run();
  for (std::uint32_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(flash.ends[i], command + 1000 + i * page) << i;
  }
}

TEST(Timing, ACacheProgramTakesTheNextDataDuringTheProgram) {
  TimingConfig config;
  config.cache_program = true;
  Flash flash(config);
  for (std::uint32_t i = 1; i <= 3; ++i) flash.submit(Kind::program, 0, i);
  flash.run();
  for (std::uint32_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(flash.ends[i], command + page + i * program) << i;
  }
}

TEST(Timing, CostsNothingWhileNothingIsUnderWay) {
  Flash flash;
  flash.timing.run_until(UINT64_MAX - 1, flash);
  EXPECT_EQ(flash.timing.next_event(), UINT64_MAX);
  EXPECT_EQ(flash.timing.earliest_end(), UINT64_MAX);
}

}  // namespace
}  // namespace kilburn::nand
