#include "memory/dram.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "common/error.h"
#include "common/random.h"
#include "platform/configuration/config_file.h"
#include "platform/configuration/statistic_writers.h"

namespace kilburn::memory {
namespace {

constexpr DramConfig plain{.channels = 1,
                           .banks = 4,
                           .row_bytes = 1024,
                           .row_hit_cycles = 10,
                           .row_miss_cycles = 30,
                           .row_conflict_cycles = 45,
                           .burst_cycles = 4,
                           .page_policy = PagePolicy::open,
                           .bank_hash = false};
constexpr Address row_of_bank_0 = 4 * 1024;  // the next row of the same bank

DramConfig with(DramConfig config, PagePolicy policy) {
  config.page_policy = policy;
  return config;
}

TEST(Dram, ARowIsMissedThenHitThenInConflictWithAnother) {
  Dram dram(plain);
  EXPECT_EQ(dram.access(0, false, 0), 30u + 4);
  EXPECT_EQ(dram.access(1023, false, 1000), 10u + 4);
  EXPECT_EQ(dram.access(row_of_bank_0, true, 2000), 45u + 4);
  EXPECT_EQ(dram.access(0, false, 3000), 45u + 4);
  EXPECT_EQ(dram.access(1024, false, 4000), 30u + 4) << "another bank: its row is not open yet";
  const DramStatistics expected{
      .reads = 4, .writes = 1, .row_hits = 1, .row_misses = 2, .row_conflicts = 2};
  EXPECT_EQ(dram.statistics(), expected);
}

TEST(Dram, ABurstAsksForAllItsLinesAtOnceAndEndsWithTheLast) {
  Dram one(plain);
  // The row is opened for the first line, and each line after it waits for the bank.
  EXPECT_EQ(one.burst(0, 3 * line_bytes, false, 0), 30u + 4 + 2 * (10 + 4));
  EXPECT_EQ(one.statistics().reads, 3u);
  // Part of a line is a line: 65 bytes from 60 on are three.
  EXPECT_EQ(one.burst(60, 69, true, 1000), 3u * (10 + 4));
  EXPECT_EQ(one.statistics().writes, 3u);
  DramConfig config = plain;
  config.channels = 2;
  Dram two(config);
  EXPECT_EQ(two.burst(0, 2 * line_bytes, false, 0), 30u + 4) << "a channel each, at the same time";
}

TEST(Dram, ABusyBankMakesARequestWaitUntilItsDataHaveLeft) {
  // The first access holds the bank for cycles 0 .. 33.
  for (const Cycles now : {0u, 1u, 32u, 33u, 34u, 35u}) {
    Dram dram(plain);
    dram.access(0, false, 0);
    const Cycles wait = now < 34 ? 34 - now : 0;
    EXPECT_EQ(dram.access(64, false, now), wait + 10 + 4) << now;
    EXPECT_EQ(dram.statistics().wait_cycles, wait) << now;
  }
}

TEST(Dram, BanksOverlapButShareTheirChannelsBus) {
  // Bank 0 has the bus for cycles 30 .. 33; bank 1 has its data ready 30 cycles after its start.
  for (const Cycles now : {0u, 1u, 3u, 4u, 5u}) {
    Dram dram(plain);
    dram.access(0, false, 0);
    const Cycles wait = now < 4 ? 4 - now : 0;
    EXPECT_EQ(dram.access(1024, false, now), 30 + wait + 4) << now;
    EXPECT_EQ(dram.statistics().wait_cycles, wait) << now;
  }
}

TEST(Dram, ChannelsDoNotWaitForEachOther) {
  DramConfig config = plain;
  config.channels = 2;
  Dram dram(config);
  EXPECT_EQ(dram.access(0, false, 0), 34u);
  EXPECT_EQ(dram.access(64, false, 0), 34u);
  EXPECT_EQ(dram.statistics().wait_cycles, 0u);
}

TEST(Dram, AClosedPageIsAlwaysMissedAndItsPrechargeHoldsTheBank) {
  // Data end at 34, the precharge takes 45 - 30 cycles more.
  for (const Cycles now : {34u, 48u, 49u, 50u}) {
    Dram dram(with(plain, PagePolicy::closed));
    EXPECT_EQ(dram.access(0, false, 0), 34u);
    const Cycles wait = now < 49 ? 49 - now : 0;
    EXPECT_EQ(dram.access(64, false, now), wait + 34) << now;
    EXPECT_EQ(dram.statistics().row_misses, 2u);
    EXPECT_EQ(dram.statistics().row_hits + dram.statistics().row_conflicts, 0u);
  }
}

TEST(Dram, AddressBitsAreRowBankColumnChannelAndByte) {
  DramConfig config = plain;
  config.channels = 2;
  config.banks = 8;
  config.row_bytes = 512;
  const Dram dram(config);
  config.bank_hash = true;
  const Dram hashed(config);
  std::uint64_t random = 1;
  for (unsigned i = 0; i < 10'000; ++i) {
    const Address address = next_random(random) >> 20;
    // A row holds 512 bytes of one channel, so 1024 bytes of both.
    const std::uint64_t row = address / 1024 / 8;
    const auto bank = static_cast<std::uint32_t>(address / 1024 % 8);
    const auto channel = static_cast<std::uint32_t>(address / 64 % 2);
    EXPECT_EQ(dram.place(address), (DramPlace{channel, bank, row}));
    EXPECT_EQ(hashed.place(address),
              (DramPlace{channel, static_cast<std::uint32_t>(bank ^ row % 8), row}));
  }
}

TEST(Dram, TheBankHashSpreadsAStrideOfOneBanksRows) {
  DramConfig config = plain;
  config.bank_hash = true;
  Dram dram(config);
  for (unsigned i = 0; i < 4; ++i) dram.access(i * row_of_bank_0, false, 1000 * i);
  EXPECT_EQ(dram.statistics().row_misses, 4u) << "four banks, no conflict";
}

/// What the class comment says, with maps in place of bit fields and a bank state each.
class PlainDram {
 public:
  explicit PlainDram(const DramConfig& config) : config_(config) {}
  Cycles access(Address address, Cycles now) {
    const std::uint64_t line = address / 64;
    const std::uint64_t channel = line % config_.channels;
    const std::uint64_t block = line / config_.channels / (config_.row_bytes / 64);
    const std::uint64_t row = block / config_.banks;
    std::uint64_t bank = block % config_.banks;
    if (config_.bank_hash) bank ^= row % config_.banks;
    State& state = banks_[{channel, bank}];
    Cycles service = config_.row_miss_cycles;
    if (state.open) {
      service = state.row == row ? config_.row_hit_cycles : config_.row_conflict_cycles;
    }
    Cycles at = now;
    while (at < state.busy) ++at;
    at += service;
    while (at < bus_[channel]) ++at;
    at += config_.burst_cycles;
    bus_[channel] = at;
    state = {config_.page_policy == PagePolicy::open, row, at};
    if (!state.open) state.busy += config_.row_conflict_cycles - config_.row_miss_cycles;
    return at - now;
  }

 private:
  struct State {
    bool open = false;
    std::uint64_t row = 0;
    Cycles busy = 0;
  };
  DramConfig config_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, State> banks_;
  std::map<std::uint64_t, Cycles> bus_;
};

TEST(Dram, AgreesWithAPlainModelOverRandomStreams) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    for (const PagePolicy policy : {PagePolicy::open, PagePolicy::closed}) {
      DramConfig config = with(plain, policy);
      config.channels = 1u << seed;
      config.bank_hash = seed != 2;
      Dram dram(config);
      PlainDram expected(config);
      std::uint64_t random = mix64(seed);
      Cycles now = 0;
      Cycles waited_and_served = 0;
      for (unsigned i = 0; i < 20'000; ++i) {
        const Address address = next_random(random) % (1u << 17);
        const Cycles latency = expected.access(address, now);
        ASSERT_EQ(dram.access(address, (address & 64) != 0, now), latency) << i;
        waited_and_served += latency;
        now += next_random(random) % 16;
      }
      const DramStatistics& s = dram.statistics();
      EXPECT_EQ(s.reads + s.writes, 20'000u);
      EXPECT_EQ(s.row_hits + s.row_misses + s.row_conflicts, 20'000u);
      EXPECT_EQ(
          s.wait_cycles + 10 * s.row_hits + 30 * s.row_misses + 45 * s.row_conflicts + 4 * 20'000u,
          waited_and_served);
    }
  }
}

TEST(Dram, ABurstCountsAndTakesWhatItsLinesDoOneByOne) {
  for (const std::uint32_t channels : {1u, 2u, 4u}) {
    for (const PagePolicy policy : {PagePolicy::open, PagePolicy::closed}) {
      DramConfig config = plain;
      config.channels = channels;
      config.row_bytes = 512;
      config.page_policy = policy;
      Dram bursts(config);
      Dram lines(config);
      std::uint64_t random = channels;
      Cycles now = 0;
      for (unsigned i = 0; i < 5'000; ++i) {
        const Address address = next_random(random) % 65'536;
        const std::uint64_t bytes = 1 + next_random(random) % 5'000;
        Cycles latency = 0;
        for (Address at = address / 64; at <= (address + bytes - 1) / 64; ++at) {
          latency = std::max(latency, lines.access(at * 64, i % 2 == 0, now));
        }
        ASSERT_EQ(bursts.burst(address, bytes, i % 2 == 0, now), latency) << i;
        now += next_random(random) % (i % 7 == 0 ? 20'000 : 200);
      }
      EXPECT_EQ(bursts.statistics(), lines.statistics());
    }
  }
}

TEST(Dram, TheRowHitRateIsHitsOverAccesses) {
  Dram dram(plain);
  for (unsigned i = 0; i < 4; ++i) dram.access(i * 64, i == 3, i * 100);
  const auto json = statistics_json(statistics_of(dram.statistics()));
  EXPECT_EQ(json.at("reads"), 3);
  EXPECT_EQ(json.at("writes"), 1);
  EXPECT_EQ(json.at("row_hits"), 3);
  EXPECT_EQ(json.at("row_hit_rate"), 0.75);
}

TEST(Dram, LatenciesMustAscendFromHitToConflict) {
  DramConfig config = plain;
  EXPECT_NO_THROW(check_constraints(config));
  config.row_conflict_cycles = 29;
  EXPECT_THROW(check_constraints(config), InputError);
  config = plain;
  config.row_hit_cycles = 31;
  EXPECT_THROW(check_constraints(config), InputError);
  config = plain;
  config.banks = 3;
  EXPECT_THROW(check_constraints(config), InputError);
}

}  // namespace
}  // namespace kilburn::memory
