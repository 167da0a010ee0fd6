// The ports' model against the mechanism that it clocks: when results come, and what is counted.
#include "burst_tlb/burst_tlb_ports.h"

#include <gtest/gtest.h>

#include <random>

namespace kilburn::burst_tlb {
namespace {

TlbConfig small(std::uint32_t hit_cycles) {
  return {.entries = 8,
          .ways = 4,
          .units_per_tag = 4,
          .replacement = Replacement::tree_plru,
          .large_pages = LargePages::replicate,
          .hit_cycles = hit_cycles};
}

TEST(BurstTlbPorts, CountersAreTheMechanismsStatistics) {
  std::mt19937_64 random(5);
  BurstTlbPorts ports(small(1));
  for (int cycle = 0; cycle < 20'000; ++cycle) {
    const Comparand lookup{random() % 64, {}, random() % 4 == 0 ? Access::store : Access::load};
    FillRequest fill;
    fill.translation = {.vpn = random() % 64,
                        .pfn = random() % 1000,
                        .permissions = static_cast<std::uint8_t>(random() & 0xFE)};
    const Retirement retirement{.operation = random() % 2 == 0 ? Retirement::Operation::by_va_asid
                                                               : Retirement::Operation::by_asid,
                                .vpn = random() % 64};
    ports.cycle({.lookup = random() % 2 == 0 ? &lookup : nullptr,
                 .fill = random() % 3 == 0 ? &fill : nullptr,
                 .invalidate = random() % 32 == 0 ? &retirement : nullptr});
  }
  while (!ports.ready()) ports.cycle({});
  ports.cycle({});  // the registers take up the last operation
  const TlbStatistics s = ports.mechanism().statistics();
  const Counters expected = {
      s.lookups, s.hits,         s.miss_tag,  s.miss_unit,     s.miss_content,
      s.fills,   s.units_filled, s.evictions, s.units_evicted, s.units_invalidated};
  EXPECT_EQ(ports.counters(), expected);
  for (const std::uint64_t count : expected) EXPECT_GT(count, 100u);
}

TEST(BurstTlbPorts, ResultComesHitCyclesAfterItsRequest) {
  for (std::uint32_t latency = 1; latency <= 4; ++latency) {
    BurstTlbPorts ports(small(latency));
    const Comparand lookup{1, {}, Access::load};
    bool valid = ports.cycle({.lookup = &lookup}).lookup_valid;
    for (std::uint32_t cycle = 1; cycle < latency; ++cycle) {
      EXPECT_FALSE(valid) << latency;
      valid = ports.cycle({}).lookup_valid;
    }
    EXPECT_TRUE(valid) << latency;
    EXPECT_FALSE(ports.cycle({}).lookup_valid) << latency;
  }
}

TEST(BurstTlbPorts, ScanShowsEachEntryAsItIsRead) {
  BurstTlbPorts ports(small(1));
  for (PageNumber vpn = 0; vpn < 32; ++vpn) {  // all eight entries, all units
    FillRequest fill;
    fill.translation = {.vpn = vpn, .pfn = vpn, .permissions = pte::read};
    ports.cycle({.fill = &fill});
  }
  ports.cycle({});
  EXPECT_EQ(ports.unit_valid()[0], UINT32_MAX);
  const Retirement retirement{.operation = Retirement::Operation::by_asid};
  ports.cycle({.invalidate = &retirement});
  for (unsigned entry = 0; entry < 8; ++entry) {
    EXPECT_EQ(ports.unit_valid()[0], UINT32_MAX << 4 * entry);
    EXPECT_EQ(ports.ready(), entry == 7);
    ports.cycle({});
  }
  EXPECT_EQ(ports.unit_valid()[0], 0u);
}

}  // namespace
}  // namespace kilburn::burst_tlb
