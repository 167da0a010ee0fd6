// The rules of flash, its faults, and power cuts.
#include "nand/array.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace kilburn::nand {
namespace {

constexpr Geometry geometry{.channels = 1,
                            .packages = 1,
                            .dies = 1,
                            .planes = 2,
                            .blocks = 6,
                            .pages = 4,
                            .page_bytes = 8192};
constexpr std::uint32_t spare_bytes = 6;

std::vector<std::byte> frame_of(unsigned char value) {
  return std::vector<std::byte>(frame_bytes, std::byte{value});
}

ProgramEnd program(Array& array, std::uint32_t page, unsigned char value) {
  const auto data = frame_of(value);
  const std::array<FrameSource, 2> frames = {FrameSource{FrameSource::Kind::data, data},
                                             FrameSource{FrameSource::Kind::pattern, {}}};
  const std::array<std::byte, spare_bytes> spare = {std::byte{value}, std::byte{1}};
  return array.program(PageId{page}, frames, spare, 1000u + page);
}

Array fresh() {
  return {geometry, {}, spare_bytes};
}

TEST(Array, NumbersGoThroughFramesPagesBlocksPlanes) {
  EXPECT_EQ(geometry.all_frames(), 2u * 6 * 4 * 2);
  EXPECT_EQ(geometry.block(FrameId{8}), BlockId{1});
  EXPECT_EQ(geometry.page(FrameId{9}), PageId{4});
  EXPECT_EQ(geometry.plane(BlockId{6}), PlaneId{1});
  EXPECT_EQ(geometry.page(BlockId{1}, 2), PageId{6});
  const Geometry yardstick;
  EXPECT_EQ(std::uint64_t{yardstick.all_frames()} * frame_bytes, std::uint64_t{128} << 30);
  EXPECT_EQ(yardstick.channel(yardstick.die(yardstick.plane(BlockId{(16 * 512) - 1}))), 0u);
  EXPECT_EQ(yardstick.channel(yardstick.die(yardstick.plane(BlockId{16 * 512}))), 1u);
}

TEST(Array, PagesOfABlockAreProgrammedInOrderAndOnceBetweenErases) {
  Array array = fresh();
  EXPECT_EQ(program(array, 1, 5), ProgramEnd::not_in_order);
  EXPECT_EQ(program(array, 0, 5), ProgramEnd::done);
  EXPECT_EQ(program(array, 0, 6), ProgramEnd::not_in_order);
  EXPECT_EQ(program(array, 2, 6), ProgramEnd::not_in_order);
  EXPECT_EQ(program(array, 1, 6), ProgramEnd::done);
  EXPECT_EQ(array.programmed(BlockId{0}), 2u);
  EXPECT_TRUE(array.erase(BlockId{0}));
  EXPECT_EQ(array.programmed(BlockId{0}), 0u);
  EXPECT_EQ(array.erases(BlockId{0}), 1u);
  EXPECT_EQ(program(array, 0, 7), ProgramEnd::done);
}

TEST(Array, HoldsDataSpareBytesAndTheTagUntilItsBlockIsErased) {
  Array array = fresh();
  ASSERT_EQ(program(array, 0, 5), ProgramEnd::done);
  const FrameView view = array.read(FrameId{0});
  ASSERT_EQ(view.state, FrameState::good);
  EXPECT_TRUE(std::equal(view.bytes.begin(), view.bytes.end(), frame_of(5).begin()));
  EXPECT_EQ(array.read(FrameId{1}).state, FrameState::pattern);
  EXPECT_EQ(array.read(FrameId{2}).state, FrameState::erased);
  EXPECT_EQ(array.spare(PageId{0})[0], std::byte{5});
  EXPECT_TRUE(array.spare(PageId{1}).empty());
  EXPECT_EQ(array.tag(BlockId{0}), 1000u);
  EXPECT_TRUE(array.verify(FrameId{0}));
  array.store().data(FrameId{0})[77] ^= std::byte{4};
  EXPECT_FALSE(array.verify(FrameId{0})) << "a bit has flipped";
  ASSERT_TRUE(array.erase(BlockId{0}));
  EXPECT_EQ(array.read(FrameId{0}).state, FrameState::erased);
}

TEST(Array, APowerCutLeavesAPageWholeOrTorn) {
  for (const bool torn : {false, true}) {
    Array array = fresh();
    array.cut_power_at(2, torn);
    ASSERT_EQ(program(array, 0, 1), ProgramEnd::done);
    EXPECT_THROW((void)program(array, 1, 2), PowerCut);
    EXPECT_THROW((void)program(array, 2, 3), PowerCut) << "nothing changes after it";
    EXPECT_THROW((void)array.erase(BlockId{1}), PowerCut);
    array.restore_power();
    EXPECT_EQ(array.programmed(BlockId{0}), 2u);
    EXPECT_EQ(array.read(FrameId{0}).state, FrameState::good);
    EXPECT_EQ(array.read(FrameId{2}).state, torn ? FrameState::torn : FrameState::good);
    EXPECT_EQ(array.spare(PageId{1}).empty(), torn);
    EXPECT_EQ(program(array, 2, 3), ProgramEnd::done) << "the block goes on after a torn page";
  }
}

TEST(Array, APowerCutInAnEraseLeavesNothingReadableAndTheBlockToBeErased) {
  Array array = fresh();
  ASSERT_EQ(program(array, 0, 1), ProgramEnd::done);
  array.cut_power_at(1, true);
  EXPECT_THROW((void)array.erase(BlockId{0}), PowerCut);
  array.restore_power();
  EXPECT_TRUE(array.interrupted(BlockId{0}));
  EXPECT_EQ(array.read(FrameId{0}).state, FrameState::torn);
  EXPECT_EQ(program(array, 1, 2), ProgramEnd::not_in_order);
  EXPECT_TRUE(array.erase(BlockId{0}));
  EXPECT_FALSE(array.interrupted(BlockId{0}));
  EXPECT_EQ(program(array, 0, 2), ProgramEnd::done);
}

TEST(Array, FaultsByAddressHappenThereAndNowhereElse) {
  Array array = fresh();
  array.faults().fail_program(PageId{1});
  array.faults().fail_read(FrameId{0});
  array.faults().fail_erase(BlockId{1});
  ASSERT_EQ(program(array, 0, 1), ProgramEnd::done);
  EXPECT_EQ(program(array, 1, 2), ProgramEnd::failed);
  EXPECT_EQ(array.read(FrameId{0}).state, FrameState::unreadable);
  EXPECT_FALSE(array.spare(PageId{0}).empty()) << "spare bytes are better protected";
  EXPECT_EQ(array.read(FrameId{2}).state, FrameState::torn);
  EXPECT_EQ(program(array, 2, 3), ProgramEnd::done);
  EXPECT_FALSE(array.erase(BlockId{1}));
  EXPECT_TRUE(array.erase(BlockId{0}));
  array.mark_bad(BlockId{0});
  EXPECT_EQ(program(array, 0, 3), ProgramEnd::not_in_order);
}

TEST(Array, FaultsByRateComeAsOftenAsTheRateSaysAndDependOnTheSeed) {
  constexpr Geometry wide{.blocks = 512};  // 65536 blocks
  for (const std::uint64_t seed : {1u, 2u}) {
    const FaultConfig config{.factory_bad_rate = 0.02, .read_rate = 0.1, .seed = seed};
    const Array array(wide, config, 11);
    std::uint32_t bad = 0;
    for (std::uint32_t i = 0; i < wide.all_blocks(); ++i) bad += array.bad(BlockId{i});
    // Binomial: mean 1311, deviation 36.
    EXPECT_NEAR(bad, 65536 * 0.02, 5 * 36) << seed;
    std::uint32_t unreadable = 0;
    const Faults faults(config);
    for (std::uint32_t i = 0; i < 100'000; ++i) unreadable += faults.read_fails(FrameId{i}, 3);
    EXPECT_NEAR(unreadable, 10'000, 5 * 95) << seed;
    EXPECT_NE(faults.read_fails(FrameId{7}, 1) + faults.read_fails(FrameId{7}, 2) +
                  faults.read_fails(FrameId{7}, 3) + Faults({.read_rate = 1.0}).read_fails({}, 0),
              0);
  }
}

TEST(Array, ALostFrameStaysUnreadable) {
  Array array = fresh();
  const std::array<FrameSource, 2> frames = {FrameSource{FrameSource::Kind::lost, {}},
                                             FrameSource{FrameSource::Kind::pattern, {}}};
  const std::array<std::byte, spare_bytes> spare{};
  ASSERT_EQ(array.program(PageId{0}, frames, spare, 0), ProgramEnd::done);
  EXPECT_EQ(array.read(FrameId{0}).state, FrameState::unreadable);
  EXPECT_EQ(array.read(FrameId{1}).state, FrameState::pattern);
}

}  // namespace
}  // namespace kilburn::nand
