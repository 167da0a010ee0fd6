// The first-level caches of a hart: what is looked up, what is counted, and how long the hart
// waits.
#include "riscv/memory/first_level_caches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "riscv/assembler.h"
#include "riscv/hart_world.h"

namespace kilburn::riscv {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): the assembler's short names

using cache::Kind;

constexpr Address program = ram_base + 0x2000;
constexpr Address data = ram_base + 0x8000;
constexpr unsigned base = 8;  ///< register: `data`, unless a test says otherwise
constexpr Cycles hit_cycles = 4;
constexpr std::uint16_t compressed_nop = 0x0001;
constexpr std::uint32_t nop = 0x00000013;
constexpr std::uint16_t satp = 0x180;
constexpr std::uint16_t mstatus = 0x300;
constexpr std::uint16_t mtvec = 0x305;

std::uint64_t hits(const cache::CacheStatistics& of, Kind kind) {
  return of.hits_of[static_cast<std::size_t>(kind)];
}
std::uint64_t misses(const cache::CacheStatistics& of, Kind kind) {
  return of.misses_of[static_cast<std::size_t>(kind)];
}

/// Machine mode. A miss takes `below_latency` behind the look-up's own `hit_cycles`; with fast_path
/// and without.
class FirstLevelTest : public ::testing::TestWithParam<bool> {
 protected:
  struct Memory {
    bool stores_stall = false;
    cache::WritePolicy write_policy = cache::WritePolicy::write_back;
    std::uint64_t l1d_bytes = 4096;
    std::uint32_t l1d_ways = 2;
  };
  static WorldConfig config(const Memory& memory) {
    WorldConfig config;
    config.hart.timing = Timing::caches;
    config.hart.stores_stall = memory.stores_stall;
    config.hart.fast_path = GetParam();
    config.l1i = {.bytes = 4096, .ways = 2, .hit_cycles = hit_cycles};
    config.l1d = {.bytes = memory.l1d_bytes,
                  .ways = memory.l1d_ways,
                  .hit_cycles = hit_cycles,
                  .write_policy = memory.write_policy};
    return config;
  }
  FirstLevelTest() { use({}); }
  void use(const Memory& memory) {
    world_ = std::make_unique<World>(config(memory));
    hart().set_x(base, data);
  }
  Hart& hart() { return world_->hart(); }

  /// Runs `code`, which lies at a line's begin, and then waits. Its own lines are there before.
  void run_resident(Code code) {
    code.push_back(plain(Op::wfi));
    world_->load(program, code);
    world_->main_memory.written(program, 4 * code.size());
    for (std::size_t line = 0; line * line_bytes < 4 * code.size(); ++line) {
      world_->buses[0]->l1i.fill(program + line * line_bytes, Kind::fetch);
    }
    run_from(program);
  }
  void run_from(Address pc) {
    hart().set_pc(pc);
    EXPECT_EQ(hart().run(hart().cycles() + 100000), RunEnd::waiting);
    EXPECT_EQ(hart().cycles(), hart().instructions() + hart().stalls().total());
  }
  [[nodiscard]] std::uint64_t requests(Traffic traffic) const {
    return static_cast<std::uint64_t>(
        std::ranges::count(world_->below.requests, traffic, &LevelBelow::Request::traffic));
  }

  std::unique_ptr<World> world_;
};

TEST_P(FirstLevelTest, AFetchWaitsForItsLineAndTheRestOfTheLineIsFree) {
  Code code(32, nop);  // two lines
  code.push_back(plain(Op::wfi));
  world_->load(program, code);
  run_from(program);
  EXPECT_EQ(misses(world_->l1i(), Kind::fetch), 3u);
  EXPECT_EQ(hits(world_->l1i(), Kind::fetch), 33u - 3);
  EXPECT_EQ(hart().stalls().fetch, 3 * below_latency);
  EXPECT_EQ(hart().cycles(), 33 + 3 * below_latency);
  // Asked when the first instruction of the line is fetched, and the look-up has missed.
  const LevelBelow::Request second{program + line_bytes, Traffic::fetch,
                                   16 + below_latency + hit_cycles};
  ASSERT_EQ(world_->below.requests.size(), 3u);
  EXPECT_EQ(world_->below.requests[1], second);
}

TEST_P(FirstLevelTest, AnInstructionInTwoLinesLooksBothUp) {
  for (unsigned n = 0; n < 31; ++n) world_->memory.set(program + 2 * n, compressed_nop);
  world_->memory.set(program + 62, nop);
  world_->memory.set(program + 66, plain(Op::wfi));
  run_from(program);
  EXPECT_EQ(misses(world_->l1i(), Kind::fetch), 2u);
  EXPECT_EQ(hits(world_->l1i(), Kind::fetch), 33u + 1 - 2);
  EXPECT_EQ(hart().stalls().fetch, below_latency + hit_cycles + below_latency);
  // Once both are there, the second look-up's time is what remains.
  run_from(program);
  EXPECT_EQ(hart().stalls().fetch, (below_latency + hit_cycles + below_latency) + hit_cycles);
  EXPECT_EQ(hits(world_->l1i(), Kind::fetch), 2 * (33u + 1) - 2);
}

TEST_P(FirstLevelTest, AnInstructionInTwoPagesLooksBothLinesUp) {
  const Address last = program + page_bytes - 2;
  world_->memory.set(last, nop);
  world_->memory.set(last + 4, plain(Op::wfi));
  run_from(last);
  EXPECT_EQ(misses(world_->l1i(), Kind::fetch), 2u);
  EXPECT_EQ(hits(world_->l1i(), Kind::fetch), 1u);  // wfi
  EXPECT_EQ(hart().stalls().fetch, below_latency + hit_cycles + below_latency);
}

TEST_P(FirstLevelTest, ALoopCountsEveryFetchAndWaitsOnce) {
  hart().set_x(5, 1000);
  run_resident({i(Op::addi, 5, 5, -1), branch(Op::bne, 5, 0, -4)});
  EXPECT_EQ(hits(world_->l1i(), Kind::fetch), 2 * 1000u + 1);
  EXPECT_EQ(misses(world_->l1i(), Kind::fetch), 0u);
  EXPECT_EQ(hart().stalls().total(), 0u);
}

TEST_P(FirstLevelTest, LoopsOverLinesOfOneSetEvictTheOldest) {
  // Three lines a way's size apart, in two ways: every jump misses.
  const Address way = 4096 / 2;
  const unsigned rounds = 10;
  for (unsigned n = 0; n < 3; ++n) {
    const Address at = program + n * way;
    if (n < 2) {
      world_->memory.set(at, jal(0, static_cast<int>(way)));
    } else {
      world_->load(at, {i(Op::addi, 5, 5, -1), branch(Op::beq, 5, 0, 8),
                        jal(0, -static_cast<int>(2 * way) - 8), plain(Op::wfi)});
    }
  }
  hart().set_x(5, rounds);
  run_from(program);
  EXPECT_EQ(misses(world_->l1i(), Kind::fetch), 3 * rounds);
  EXPECT_EQ(hart().stalls().fetch, 3 * rounds * below_latency);
}

TEST_P(FirstLevelTest, ALoadWaitsForItsLineAndRepeatsAreFree) {
  Code code;
  for (int n = 0; n < 16; ++n) code.push_back(i(Op::lw, 1, base, 4 * n));
  run_resident(code);
  EXPECT_EQ(misses(world_->l1d(), Kind::load), 1u);
  EXPECT_EQ(hits(world_->l1d(), Kind::load), 15u);
  EXPECT_EQ(hart().stalls().load, below_latency);
  EXPECT_EQ(hart().cycles(), 17 + below_latency);
}

TEST_P(FirstLevelTest, ALoadInTwoLinesLooksBothUp) {
  run_resident({i(Op::ld, 1, base, 60), i(Op::ld, 1, base, 60), i(Op::lw, 1, base, 60)});
  EXPECT_EQ(misses(world_->l1d(), Kind::load), 2u);
  EXPECT_EQ(hits(world_->l1d(), Kind::load), 2u + 1);
  EXPECT_EQ(hart().stalls().load, (below_latency + hit_cycles + below_latency) + hit_cycles);
}

TEST_P(FirstLevelTest, ALoadInTwoPagesLooksBothLinesUp) {
  hart().set_x(base, data + page_bytes - 4);
  run_resident({i(Op::ld, 1, base, 0), i(Op::ld, 1, base, 0)});
  EXPECT_EQ(misses(world_->l1d(), Kind::load), 2u);
  EXPECT_EQ(hits(world_->l1d(), Kind::load), 2u);
  EXPECT_EQ(hart().stalls().load, (below_latency + hit_cycles + below_latency) + hit_cycles);
}

TEST_P(FirstLevelTest, LinesThatTakeTurnsAreBothKept) {
  Code code;
  for (int n = 0; n < 10; ++n) {
    code.push_back(i(Op::ld, 1, base, 0));
    code.push_back(i(Op::ld, 1, base, 64));
    code.push_back(i(Op::ld, 1, base, 1024));
  }
  run_resident(code);
  EXPECT_EQ(misses(world_->l1d(), Kind::load), 3u);
  EXPECT_EQ(hits(world_->l1d(), Kind::load), 27u);
  EXPECT_EQ(hart().stalls().load, 3 * below_latency);
}

TEST_P(FirstLevelTest, AStoreIsPostedAndItsLineIsFetched) {
  run_resident({store(Op::sd, 5, base, 0), store(Op::sd, 5, base, 8), i(Op::ld, 1, base, 16)});
  EXPECT_EQ(misses(world_->l1d(), Kind::store), 1u);
  EXPECT_EQ(hits(world_->l1d(), Kind::store), 1u);
  EXPECT_EQ(hits(world_->l1d(), Kind::load), 1u);
  EXPECT_EQ(requests(Traffic::load), 1u);
  EXPECT_EQ(hart().stalls().total(), 0u);
}

TEST_P(FirstLevelTest, AStoreWaitsWhereTheConfigurationSaysSo) {
  use({.stores_stall = true});
  run_resident({store(Op::sd, 5, base, 0), store(Op::sd, 5, base, 60), store(Op::sd, 5, base, 8)});
  EXPECT_EQ(hart().stalls().store, below_latency + (hit_cycles + below_latency));
  EXPECT_EQ(hart().stalls().load, 0u);
}

TEST_P(FirstLevelTest, ALineThatWasStoredToIsWrittenBackAndOneThatWasLoadedIsNot) {
  use({.l1d_bytes = 1024, .l1d_ways = 1});
  // 0 and 1024 share a line of the cache.
  run_resident({i(Op::ld, 1, base, 0), store(Op::sd, 5, base, 8), i(Op::ld, 1, base, 1024),
                i(Op::ld, 1, base, 0)});
  EXPECT_EQ(misses(world_->l1d(), Kind::load), 3u);
  EXPECT_EQ(hits(world_->l1d(), Kind::store), 1u);
  EXPECT_EQ(world_->l1d().writebacks, 1u);
  EXPECT_EQ(requests(Traffic::writeback), 1u);
  EXPECT_EQ(requests(Traffic::load), 3u);
}

TEST_P(FirstLevelTest, AWriteThroughStoreGoesBelowEachTime) {
  use({.write_policy = cache::WritePolicy::write_through});
  run_resident({i(Op::ld, 1, base, 0), store(Op::sd, 5, base, 0), store(Op::sd, 5, base, 0),
                store(Op::sd, 5, base, 1024)});
  EXPECT_EQ(hits(world_->l1d(), Kind::store), 2u);
  EXPECT_EQ(misses(world_->l1d(), Kind::store), 1u);
  EXPECT_EQ(requests(Traffic::store), 3u);
  EXPECT_EQ(hart().stalls().total(), below_latency);  // the load's
}

TEST_P(FirstLevelTest, AnAtomicOperationIsOneStoreThatIsWaitedFor) {
  run_resident({r(Op::amoadd_d, 1, base, 5), r(Op::amoadd_d, 1, base, 5)});
  EXPECT_EQ(misses(world_->l1d(), Kind::store), 1u);
  EXPECT_EQ(hits(world_->l1d(), Kind::store), 1u);
  EXPECT_EQ(world_->l1d().reads(), 0u);
  EXPECT_EQ(hart().stalls().store, below_latency);
}

TEST_P(FirstLevelTest, AReservingLoadIsALoadAndAConditionalStoreAStoreEvenWhereItFails) {
  run_resident({r(Op::lr_d, 1, base, 0), r(Op::sc_d, 1, base, 5), r(Op::sc_d, 2, base, 5)});
  EXPECT_EQ(hart().x(1), 0u);
  EXPECT_EQ(hart().x(2), 1u);
  EXPECT_EQ(misses(world_->l1d(), Kind::load), 1u);
  EXPECT_EQ(hits(world_->l1d(), Kind::store), 2u);
  EXPECT_EQ(hart().stalls().load, below_latency);
}

TEST_P(FirstLevelTest, DevicesPassNoCache) {
  hart().set_x(base, device_base);
  run_resident({i(Op::ld, 1, base, 0), store(Op::sd, 5, base, 8)});
  EXPECT_EQ(world_->l1d(), cache::CacheStatistics{});
  EXPECT_EQ(hart().stalls().device, 2 * device_latency);
  EXPECT_EQ(hart().stalls().total(), 2 * device_latency);
}

TEST_P(FirstLevelTest, WhatFaultsIsNotLookedUp) {
  hart().set_csr(mtvec, program + 0x100);
  world_->memory.set(program + 0x100, plain(Op::wfi));
  world_->buses[0]->l1i.fill(program + 0x100, Kind::fetch);
  hart().set_x(base, 0x4000'0000);
  world_->load(program, {i(Op::ld, 1, base, 0)});
  world_->buses[0]->l1i.fill(program, Kind::fetch);
  run_from(program);
  EXPECT_EQ(world_->l1d(), cache::CacheStatistics{});
  EXPECT_EQ(hits(world_->l1i(), Kind::fetch), 2u);
  EXPECT_EQ(hart().stalls().exception, 1u);  // a cycle of an instruction that did not retire
}

TEST_P(FirstLevelTest, TranslatedAccessesAreLookedUpWhereTheyLieAndAWalkIsACauseOfItsOwn) {
  WorldTables tables(world_->memory);
  constexpr Address va = 0x40'0000;
  tables.map(va, data, rwx);
  tables.map(va + page_bytes, data, rwx);  // the same frame again
  hart().set_csr(0x3B0, ~std::uint64_t{0});
  hart().set_csr(0x3A0, 0x1F);
  hart().set_csr(satp, std::uint64_t{8} << 60 | tables.root());
  hart().set_csr(mstatus, 1u << 17 | 1u << 11);  // loads and stores are a supervisor's
  hart().set_x(base, va);
  hart().set_x(9, va + page_bytes);
  run_resident({i(Op::ld, 1, base, 0), i(Op::ld, 1, 9, 8)});
  EXPECT_EQ(misses(world_->l1d(), Kind::load), 1u);
  EXPECT_EQ(hits(world_->l1d(), Kind::load), 1u);
  EXPECT_EQ(hart().stalls().load, below_latency);
  EXPECT_GE(hart().stalls().walk, 3 * table_latency);  // three levels
}

TEST_P(FirstLevelTest, TimeAsleepIsACauseOfItsOwn) {
  run_resident({nop});
  const Cycles before = hart().cycles();
  hart().idle_until(before + 77);
  hart().idle_until(before);  // has passed
  EXPECT_EQ(hart().stalls().wfi, 77u);
  EXPECT_EQ(hart().cycles(), hart().instructions() + hart().stalls().total());
}

TEST_P(FirstLevelTest, CountersSeeTheCyclesThatTheirFetchAndWhatCameBeforeHaveTaken) {
  constexpr unsigned cycle = 0xC00;
  run_resident({i(Op::ld, 1, base, 0), csr(Op::csrrs, 5, cycle, 0)});
  EXPECT_EQ(hart().x(5), 1 + below_latency);
}

INSTANTIATE_TEST_SUITE_P(Paths, FirstLevelTest, ::testing::Values(true, false),
                         [](const auto& path) { return path.param ? "Fast" : "OneByOne"; });

}  // namespace
}  // namespace kilburn::riscv
