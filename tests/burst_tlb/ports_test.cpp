// The ports' model against the mechanism that it clocks: when results come, and what is counted.
#include "burst_tlb/burst_tlb_ports.h"

#include <gtest/gtest.h>

#include <random>

namespace kilburn::burst_tlb {
namespace {

constexpr std::uint8_t napot_order_of_a_fragment = 4;

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
    const Invalidation invalidation{.operation = random() % 2 == 0
                                                     ? Invalidation::Operation::by_va_asid
                                                     : Invalidation::Operation::by_asid,
                                    .vpn = random() % 64};
    ports.cycle({.lookup = random() % 2 == 0 ? &lookup : nullptr,
                 .fill = random() % 3 == 0 ? &fill : nullptr,
                 .invalidate = random() % 32 == 0 ? &invalidation : nullptr});
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

TEST(BurstTlbPorts, AnInvalidationIsAcknowledgedWhenTheMechanismSays) {
  using Operation = Invalidation::Operation;
  for (const std::uint32_t latency : {1u, 3u}) {
    for (const std::uint8_t order : {std::uint8_t{0}, napot_order_of_a_fragment}) {
      for (const Operation operation :
           {Operation::all, Operation::by_vmid, Operation::by_asid, Operation::by_va_asid,
            Operation::by_va, Operation::by_guest_frame, Operation::by_realm,
            Operation::by_frame}) {
        for (const PageNumber pages : {1u, 2u}) {
          BurstTlbPorts ports(small(latency));
          FillRequest fill;
          fill.translation = {.vpn = 1, .pfn = 1, .order = order, .permissions = pte::read};
          ports.cycle({.fill = &fill});
          const Invalidation invalidation{.operation = operation, .pages = pages};
          const Cycles said = ports.mechanism().invalidation_cycles(invalidation);
          Cycles taken = 1;
          bool valid = ports.cycle({.invalidate = &invalidation}).invalidate_valid;
          for (; !valid; ++taken) valid = ports.cycle({}).invalidate_valid;
          EXPECT_EQ(said, taken) << static_cast<int>(operation) << " pages " << pages << " order "
                                 << int{order};
          // Eight entries; one cycle for all, and for one page where no fragment is held.
          const bool by_page = operation == Operation::by_va || operation == Operation::by_va_asid;
          const bool at_once = operation == Operation::all || (by_page && pages == 1 && order == 0);
          EXPECT_EQ(taken, (at_once ? 1 : 8) + latency - 1);
        }
      }
    }
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
  const Invalidation invalidation{.operation = Invalidation::Operation::by_asid};
  ports.cycle({.invalidate = &invalidation});
  for (unsigned entry = 0; entry < 8; ++entry) {
    EXPECT_EQ(ports.unit_valid()[0], UINT32_MAX << 4 * entry);
    EXPECT_EQ(ports.ready(), entry == 7);
    ports.cycle({});
  }
  EXPECT_EQ(ports.unit_valid()[0], 0u);
}

}  // namespace
}  // namespace kilburn::burst_tlb
