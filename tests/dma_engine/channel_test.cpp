// A channel's registers, as software meets them.
#include "dma_engine/channel.h"

#include <gtest/gtest.h>

namespace kilburn::dma_engine {
namespace {

constexpr std::uint64_t on = DMA_ENGINE_ENABLE | DMA_ENGINE_INTERRUPT;

/// A ring of four descriptors at 0x8000, enabled.
Channel small_channel() {
  Channel channel;
  channel.write(DMA_ENGINE_RING, 0x8000);
  channel.write(DMA_ENGINE_SIZE, 2);
  channel.write(DMA_ENGINE_CONTROL, on);
  return channel;
}

TEST(DmaChannelTest, WorkIsWhatLiesBetweenHeadAndTail) {
  Channel channel = small_channel();
  EXPECT_FALSE(channel.has_work());
  channel.write(DMA_ENGINE_TAIL, 2);
  EXPECT_TRUE(channel.has_work());
  EXPECT_EQ(channel.next().value(), 0x8000U);
  channel.begin();
  EXPECT_EQ(channel.read(DMA_ENGINE_STATUS), std::uint64_t{DMA_ENGINE_BUSY});
  channel.finish();
  EXPECT_EQ(channel.read(DMA_ENGINE_STATUS), 0U);
  EXPECT_EQ(channel.next().value(), 0x8000U + 64);
  channel.finish();
  EXPECT_FALSE(channel.has_work());
}

TEST(DmaChannelTest, HeadAndTailWrapAtTheRingsEnd) {
  Channel channel = small_channel();
  for (unsigned i = 0; i < 3; ++i) channel.finish();
  EXPECT_EQ(channel.read(DMA_ENGINE_HEAD), 3U);
  channel.finish();
  EXPECT_EQ(channel.read(DMA_ENGINE_HEAD), 0U);
  channel.write(DMA_ENGINE_TAIL, 7);
  EXPECT_EQ(channel.read(DMA_ENGINE_TAIL), 3U) << "an index beyond the ring is cut to it";
}

TEST(DmaChannelTest, ARingStaysWhereItIsWhileTheChannelIsOn) {
  Channel channel = small_channel();
  channel.write(DMA_ENGINE_RING, 0x10000);
  channel.write(DMA_ENGINE_SIZE, 9);
  EXPECT_EQ(channel.read(DMA_ENGINE_RING), 0x8000U);
  EXPECT_EQ(channel.read(DMA_ENGINE_SIZE), 2U);
  channel.write(DMA_ENGINE_CONTROL, 0);
  channel.write(DMA_ENGINE_RING, 0x1003F);
  channel.write(DMA_ENGINE_SIZE, ~std::uint64_t{0});
  EXPECT_EQ(channel.read(DMA_ENGINE_RING), 0x10000U) << "a multiple of 64";
  EXPECT_EQ(channel.read(DMA_ENGINE_SIZE), std::uint64_t{DMA_ENGINE_MOST_SIZE});
}

TEST(DmaChannelTest, DisablingBeginsAnewButKeepsThePendingInterrupt) {
  Channel channel = small_channel();
  channel.write(DMA_ENGINE_TAIL, 3);
  channel.finish();
  EXPECT_TRUE(channel.interrupt());
  const std::uint64_t before = channel.generation();
  channel.write(DMA_ENGINE_CONTROL, 0);
  EXPECT_NE(channel.generation(), before);
  EXPECT_EQ(channel.read(DMA_ENGINE_HEAD), 0U);
  EXPECT_EQ(channel.read(DMA_ENGINE_TAIL), 0U);
  EXPECT_TRUE(channel.pending());
}

TEST(DmaChannelTest, AStoppedChannelWaitsUntilSoftwareDisablesIt) {
  Channel channel = small_channel();
  channel.write(DMA_ENGINE_TAIL, 3);
  channel.stop();
  channel.write(DMA_ENGINE_TAIL, 2);
  EXPECT_FALSE(channel.has_work());
  channel.write(DMA_ENGINE_CONTROL, 0);
  channel.write(DMA_ENGINE_CONTROL, on);
  channel.write(DMA_ENGINE_TAIL, 1);
  EXPECT_TRUE(channel.has_work());
}

TEST(DmaChannelTest, AnInterruptIsRaisedOnceUntilItIsCleared) {
  Channel channel = small_channel();
  EXPECT_TRUE(channel.interrupt());
  EXPECT_FALSE(channel.interrupt());
  channel.write(DMA_ENGINE_STATUS, DMA_ENGINE_BUSY);
  EXPECT_TRUE(channel.pending()) << "only its own bit clears it";
  channel.write(DMA_ENGINE_STATUS, DMA_ENGINE_PENDING);
  EXPECT_FALSE(channel.pending());
  EXPECT_TRUE(channel.interrupt());
  channel.write(DMA_ENGINE_STATUS, DMA_ENGINE_PENDING);
  channel.write(DMA_ENGINE_CONTROL, DMA_ENGINE_ENABLE);
  EXPECT_FALSE(channel.interrupt()) << "not wanted";
}

TEST(DmaChannelTest, AProcessIsNamedByTwentyBitsAndAValidBit) {
  Channel channel;
  EXPECT_FALSE(channel.pasid().has_value());
  channel.write(DMA_ENGINE_PASID, DMA_ENGINE_PASID_VALID | 0xABCDE);
  ASSERT_TRUE(channel.pasid().has_value());
  EXPECT_EQ(channel.pasid()->number, 0xABCDEU);
  channel.write(DMA_ENGINE_PASID, 0xABCDE);
  EXPECT_FALSE(channel.pasid().has_value());
}

}  // namespace
}  // namespace kilburn::dma_engine
