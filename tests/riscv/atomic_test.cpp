// Reservations between harts.
#include <gtest/gtest.h>

#include "riscv/assembler.h"
#include "riscv/hart_world.h"

namespace kilburn::riscv {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): the assembler's short names

constexpr Address cell = ram_base + 0x10040;
constexpr unsigned address = 5;
constexpr unsigned value = 6;
constexpr unsigned failed = 7;

class ReservationTest : public ::testing::TestWithParam<bool> {
 protected:
  static WorldConfig config() {
    WorldConfig config;
    config.hart.harts = 2;
    config.hart.fast_path = GetParam();
    return config;
  }
  ReservationTest() : world_(config()) {
    for (auto& hart : world_.harts) {
      hart->set_x(address, cell);
      hart->set_x(value, 42);
    }
  }
  /// One instruction of one hart.
  void run(unsigned hart, std::uint32_t word) {
    const Address at = ram_base + 0x1000 * hart;
    world_.load(at, {word, plain(Op::wfi)});
    world_.main_memory.written(at, 8);
    world_.hart(hart).set_pc(at);
    EXPECT_EQ(world_.hart(hart).run(world_.hart(hart).cycles() + 100), RunEnd::waiting);
  }
  bool store_conditional(unsigned hart) {
    run(hart, r(Op::sc_w, failed, address, value));
    return world_.hart(hart).x(failed) == 0;
  }
  World world_;
};

TEST_P(ReservationTest, ScSucceedsAfterLrAndStores) {
  world_.memory.set<std::uint32_t>(cell, 0x8000'0001);
  run(0, r(Op::lr_w, failed, address));
  EXPECT_EQ(world_.hart(0).x(failed), 0xFFFF'FFFF'8000'0001);
  EXPECT_TRUE(store_conditional(0));
  EXPECT_EQ(world_.memory.get<std::uint32_t>(cell), 42u);
}

TEST_P(ReservationTest, ScWithoutLrFailsAndStoresNothing) {
  EXPECT_FALSE(store_conditional(0));
  EXPECT_EQ(world_.memory.get<std::uint32_t>(cell), 0u);
}

TEST_P(ReservationTest, OneScUsesTheReservationUp) {
  run(0, r(Op::lr_w, failed, address));
  EXPECT_TRUE(store_conditional(0));
  EXPECT_FALSE(store_conditional(0));
}

TEST_P(ReservationTest, AnotherHartsStoreToTheLineBreaksItWhateverItsValue) {
  run(0, r(Op::lr_w, failed, address));
  world_.hart(1).set_x(value, 0);  // what is there
  run(1, store(Op::sb, value, address, 63));
  EXPECT_FALSE(store_conditional(0));
  run(0, r(Op::lr_w, failed, address));
  run(1, r(Op::amoadd_d, 0, address, 0));
  EXPECT_FALSE(store_conditional(0));
}

TEST_P(ReservationTest, AnotherHartsStoreBesideTheLineDoesNot) {
  run(0, r(Op::lr_w, failed, address));
  run(1, store(Op::sb, value, address, 64));
  run(1, store(Op::sb, value, address, -1));
  EXPECT_TRUE(store_conditional(0));
}

TEST_P(ReservationTest, AStoreAcrossIntoTheLineBreaksIt) {
  run(0, r(Op::lr_w, failed, address));
  run(1, store(Op::sd, value, address, -7));
  EXPECT_FALSE(store_conditional(0));
}

TEST_P(ReservationTest, TheHartsOwnStoreDoesNot) {
  run(0, r(Op::lr_w, failed, address));
  run(0, store(Op::sw, value, address, 0));
  EXPECT_TRUE(store_conditional(0));
}

TEST_P(ReservationTest, ADeviceThatWritesTheLineBreaksIt) {
  run(0, r(Op::lr_w, failed, address));
  world_.main_memory.written(cell - 512, 1024);
  EXPECT_FALSE(store_conditional(0));
}

TEST_P(ReservationTest, AnotherHartsLrDoesNotButItsScDoes) {
  run(0, r(Op::lr_w, failed, address));
  run(1, r(Op::lr_w, failed, address));
  EXPECT_TRUE(store_conditional(1));
  EXPECT_FALSE(store_conditional(0));
}

TEST_P(ReservationTest, ATrapEndsIt) {
  constexpr std::uint16_t mtvec = 0x305;
  world_.load(ram_base + 0x3000, {plain(Op::wfi)});
  world_.hart(0).set_csr(mtvec, ram_base + 0x3000);
  run(0, r(Op::lr_w, failed, address));
  run(0, plain(Op::ecall));
  EXPECT_FALSE(store_conditional(0));
}

TEST_P(ReservationTest, StoresAreDirectAgainOnceNoReservationIsLive) {
  run(0, r(Op::lr_w, failed, address));
  EXPECT_TRUE(world_.main_memory.marked(cell));
  EXPECT_TRUE(store_conditional(0));
  EXPECT_FALSE(world_.main_memory.marked(cell));
  run(0, r(Op::lr_w, failed, address));
  run(1, store(Op::sw, value, address, 0));
  EXPECT_FALSE(world_.main_memory.marked(cell));
}

/// Each adds its number a thousand times, in slices that end anywhere.
TEST_P(ReservationTest, CountersOfTwoHartsLoseNothing) {
  constexpr int rounds = 1000;
  const Address start = ram_base + 0x4000;
  world_.load(start, {
                         i(Op::addi, 10, 0, rounds),
                         r(Op::lr_d, 8, address),
                         r(Op::add, 8, 8, value),
                         r(Op::sc_d, failed, address, 8),
                         branch(Op::bne, failed, 0, -12),
                         i(Op::addi, 10, 10, -1),
                         branch(Op::bne, 10, 0, -20),
                         plain(Op::wfi),
                     });
  world_.hart(0).set_x(value, 1);
  world_.hart(1).set_x(value, 100);
  world_.hart(0).set_pc(start);
  world_.hart(1).set_pc(start);
  bool done = false;
  unsigned slice = 0;
  while (!done) {
    done = true;
    for (auto& hart : world_.harts) {
      slice = (slice * 13 + 7) % 31;
      done &= hart->run(hart->cycles() + 1 + slice) == RunEnd::waiting;
    }
  }
  EXPECT_EQ(world_.memory.get<std::uint64_t>(cell), rounds * 101u);
}

INSTANTIATE_TEST_SUITE_P(Paths, ReservationTest, ::testing::Values(true, false),
                         [](const auto& path) { return path.param ? "Fast" : "OneByOne"; });

}  // namespace
}  // namespace kilburn::riscv
