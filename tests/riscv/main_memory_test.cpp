// Main memory as harts share it: who is told of a write.
#include "riscv/memory/main_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kilburn::riscv {
namespace {

using ::testing::ElementsAre;

constexpr Address base = 0x8000'0000;

struct World {
  std::vector<std::byte> host = std::vector<std::byte>(4 * page_bytes);
  MainMemory memory{{{base, host}}, 2};
  std::vector<unsigned> writers;

  World() {
    memory.watch(base + 0x1004, 4, [this](unsigned writer) { writers.push_back(writer); });
  }
};

TEST(MainMemory, AWatcherIsToldWhoWrote) {
  World world;
  world.memory.written(base + 0x1004, 4, 1);
  world.memory.written(base + 0x1000, 8, 0);
  world.memory.written(base + 0x1007, 1);
  EXPECT_THAT(world.writers, ElementsAre(1, 0, MainMemory::device));
}

TEST(MainMemory, AWatcherIsToldOfWritesThatTouchItsPlaceOnly) {
  World world;
  world.memory.written(base + 0x1000, 4, 0);
  world.memory.written(base + 0x1008, 8, 0);
  world.memory.written(base + 0x2004, 4, 0);
  EXPECT_TRUE(world.writers.empty());
  world.memory.written(base, 2 * page_bytes, 0);  // over several pages: once
  EXPECT_THAT(world.writers, ElementsAre(0));
}

TEST(MainMemory, AWatchedPageStaysMarkedWhenBlocksAndReservationsGo) {
  World world;
  EXPECT_TRUE(world.memory.marked(base + 0x1FFF));
  EXPECT_FALSE(world.memory.marked(base + 0x2000));
  world.memory.reserve(0, base + 0x1100);
  world.memory.release(0);
  world.memory.enter(0, (base + 0x1000) >> page_shift);
  world.memory.enter(0, (base + 0x2000) >> page_shift);
  world.memory.written(base + 0x1200, 8, 0);  // no block, no reservation: those marks go
  EXPECT_TRUE(world.memory.marked(base + 0x1000));
  world.memory.written(base + 0x1004, 4, 0);
  EXPECT_THAT(world.writers, ElementsAre(0));
}

}  // namespace
}  // namespace kilburn::riscv
