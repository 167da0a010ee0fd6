// Registers, enabling, resetting, shutting down.
#include "nvme/world.h"

namespace kilburn::nvme {
namespace {

using testing::World;

TEST(NvmeRegisterTest, CapabilitiesReadAlikeAsAWholeAndByHalves) {
  World w;
  const std::uint64_t cap = w.controller.read(NVME_CAP, 8);
  EXPECT_EQ(w.read(NVME_CAP), static_cast<std::uint32_t>(cap));
  EXPECT_EQ(w.read(NVME_CAP + 4), cap >> 32);
  EXPECT_EQ(cap & 0xFFFF, w.config.queue_entries - 1) << "MQES, 0-based";
  EXPECT_EQ(cap >> 16 & 1, 1U) << "CQR: queues are contiguous";
  EXPECT_EQ(cap >> 17 & 3, 1U) << "AMS: weighted round robin with urgent class";
  EXPECT_EQ(cap >> 32 & 0xF, 0U) << "DSTRD: doorbells of 4 bytes";
  EXPECT_EQ(cap >> 36 & 1, 1U) << "NSSRS";
  EXPECT_EQ(cap >> 37 & 0xFF, 1U) << "CSS: the NVM command set";
  EXPECT_EQ(cap >> 48 & 0xF, 0U) << "MPSMIN: 4 KiB";
  EXPECT_EQ(w.read(NVME_VS), 0x00010400U);
}

TEST(NvmeRegisterTest, QueueAddressesAreWrittenByHalvesAndAsAWhole) {
  World w;
  w.write(NVME_ASQ + 4, 0x12);
  w.write(NVME_ASQ, 0x34567ABC);
  EXPECT_EQ(w.controller.read(NVME_ASQ, 8), 0x12'3456'7000U) << "a page's";
  w.controller.write(NVME_ACQ, 8, 0x9'8765'4321, w.now);
  EXPECT_EQ(w.read(NVME_ACQ), 0x8765'4000U);
  EXPECT_EQ(w.read(NVME_ACQ + 4), 9U);
  w.write(NVME_AQA, 0xFFFF'FFFF);
  EXPECT_EQ(w.read(NVME_AQA), 0x0FFF'0FFFU);
  w.controller.write(NVME_AQA, 2, 0, w.now);
  EXPECT_EQ(w.read(NVME_AQA), 0x0FFF'0FFFU) << "less than a dword is not written";
  EXPECT_EQ(w.controller.read(NVME_VS + 2, 1), 1U);
  EXPECT_EQ(w.controller.read(NVME_DOORBELLS, 4), 0U);
}

TEST(NvmeRegisterTest, ReadyComesAfterItsTimeAndGoesWithEnable) {
  World w;
  w.write(NVME_AQA, 0x001F'001F);
  w.controller.write(NVME_ASQ, 8, World::admin_sq, w.now);
  w.controller.write(NVME_ACQ, 8, World::admin_cq, w.now);
  w.write(NVME_CC, World::enable);
  w.run(w.config.ready_ns - 1);
  EXPECT_EQ(w.read(NVME_CSTS), 0U);
  w.run(1);
  EXPECT_EQ(w.read(NVME_CSTS), 1U);
  EXPECT_EQ(w.memory.queues.size(), 2U);
  w.write(NVME_CC, World::enable & ~1U);
  w.run(1);
  EXPECT_EQ(w.read(NVME_CSTS), 0U);
  EXPECT_TRUE(w.memory.queues.empty());
  EXPECT_EQ(w.controller.read(NVME_ASQ, 8), World::admin_sq) << "kept over a controller reset";
}

TEST(NvmeRegisterTest, WhatCannotBeEnabledFails) {
  const auto state_after = [](std::uint32_t cc, std::uint32_t aqa) {
    World w;
    w.write(NVME_AQA, aqa);
    w.write(NVME_CC, cc);
    w.settle();
    return w.read(NVME_CSTS);
  };
  constexpr std::uint32_t good_aqa = 0x001F'001F;
  EXPECT_EQ(state_after(World::enable, good_aqa), 1U);
  EXPECT_EQ(state_after(World::enable | 5U << 7, good_aqa), 2U) << "pages beyond MPSMAX";
  EXPECT_EQ(state_after(World::enable | 1U << 4, good_aqa), 2U) << "no such command set";
  EXPECT_EQ(state_after(World::enable | 2U << 11, good_aqa), 2U) << "no such arbitration";
  EXPECT_EQ(state_after(World::enable, 0x001F'0000), 2U) << "a queue of one entry";
}

TEST(NvmeRegisterTest, AFailedControllerIsUsableAfterAReset) {
  World w;
  w.write(NVME_CC, World::enable);  // AQA is 0
  w.settle();
  ASSERT_EQ(w.read(NVME_CSTS), 2U);
  w.write(NVME_CC, 0);
  w.settle();
  EXPECT_EQ(w.read(NVME_CSTS), 0U);
  w.start();
  EXPECT_EQ(w.identify(NVME_CNS_CONTROLLER, 0).status, NVME_SUCCESS);
}

TEST(NvmeRegisterTest, AShutdownCompletesAfterAFlush) {
  World w;
  w.start();
  w.write(NVME_CC, World::enable | NVME_SHN_NORMAL << NVME_CC_SHN_SHIFT);
  w.run(1);
  EXPECT_EQ(w.read(NVME_CSTS) >> 2 & 3, 1U) << "occurring";
  w.settle();
  EXPECT_EQ(w.read(NVME_CSTS) >> 2 & 3, 2U) << "complete";
}

TEST(NvmeRegisterTest, AnAbruptShutdownEndsWhatIsUnderWay) {
  World w;
  w.start();
  w.create_queue(1);
  for (unsigned i = 0; i < 3; ++i) w.put(1, World::io(NVME_IO_READ, 1, i, 1));
  w.ring_tail(1);
  w.run(3'000);
  w.write(NVME_CC, World::enable | NVME_SHN_ABRUPT << NVME_CC_SHN_SHIFT);
  w.settle();
  EXPECT_EQ(w.read(NVME_CSTS) >> 2 & 3, 2U);
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(w.take(1)->status, NVME_POWER_LOSS);
}

TEST(NvmeRegisterTest, ASubsystemResetClearsAllRegistersAndSaysSo) {
  World w;
  w.start();
  w.write(NVME_NSSR, 0x12345678);
  w.settle();
  EXPECT_EQ(w.read(NVME_CSTS), 1U) << "that was not the word";
  w.write(NVME_NSSR, NVME_NSSR_MAGIC);
  w.settle();
  EXPECT_EQ(w.read(NVME_CSTS), std::uint32_t{NVME_CSTS_NSSRO});
  EXPECT_EQ(w.read(NVME_CC), 0U);
  EXPECT_EQ(w.controller.read(NVME_ASQ, 8), 0U);
  w.write(NVME_CSTS, NVME_CSTS_NSSRO);
  EXPECT_EQ(w.read(NVME_CSTS), 0U);
  w.start();
  EXPECT_EQ(w.read(NVME_CSTS), 1U);
}

TEST(NvmeRegisterTest, AFunctionResetIsSeenAtOnceAndLeavesNothing) {
  World w;
  w.start();
  w.create_queue(1);
  w.controller.reset_function(w.now);
  EXPECT_EQ(w.read(NVME_CSTS), 0U);
  EXPECT_EQ(w.read(NVME_CC), 0U);
  EXPECT_EQ(w.read(NVME_AQA), 0U);
  w.settle();
  EXPECT_TRUE(w.memory.queues.empty());
  w.start();
  w.create_queue(1);
}

TEST(NvmeRegisterTest, ADisableAndEnableAtOnceIsAReset) {
  World w;
  w.start();
  w.create_queue(1);
  w.write(NVME_CC, 0);
  w.start();
  EXPECT_EQ(w.read(NVME_CSTS), 1U);
  w.create_queue(1);
}

TEST(NvmeRegisterTest, TheAdminQueueWhoseMemoryIsGoneFailsTheController) {
  for (const std::uint64_t gone : {World::admin_sq, World::admin_cq}) {
    World w;
    w.start();
    w.memory.broken[gone / 4096] = true;
    w.put(0, World::command(NVME_ADMIN_IDENTIFY, 0, World::data));
    w.ring_tail(0);
    w.settle();
    EXPECT_EQ(w.read(NVME_CSTS) & NVME_CSTS_CFS, std::uint32_t{NVME_CSTS_CFS});
    w.memory.broken.clear();
    w.write(NVME_CC, 0);
    w.settle();
    w.start();
    EXPECT_EQ(w.identify(NVME_CNS_CONTROLLER, 0).status, NVME_SUCCESS);
  }
}

}  // namespace
}  // namespace kilburn::nvme
