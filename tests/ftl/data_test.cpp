// What is written is read, through the buffer, flash, garbage collection and power cycles.
#include <random>

#include "ftl/drive.h"

namespace kilburn::ftl::test {
namespace {

TEST(Data, WhatWasNeverWrittenReadsAsZeros) {
  Drive drive;
  EXPECT_EQ(drive.get(1, 0), 0u);
  EXPECT_EQ(drive.ftl->info(1)->mapped, 0u);
}

TEST(Data, AUnitReadsBackFromTheBufferAndFromFlash) {
  Drive drive;
  EXPECT_EQ(drive.put(1, 3, 7), MediaStatus::success);
  EXPECT_EQ(drive.get(1, 3), 7u);
  EXPECT_EQ(drive.flush(), MediaStatus::success);
  EXPECT_EQ(drive.get(1, 3), 7u);
  EXPECT_EQ(drive.ftl->info(1)->mapped, std::uint64_t{unit_sectors});
}

TEST(Data, ASectorChangesAndTheRestOfItsUnitStays) {
  Drive drive;
  drive.put(1, 2, 9);
  drive.flush();
  const std::vector<std::byte> sector(sector_bytes, std::byte{0xA5});
  EXPECT_EQ(drive.write(1, (2 * unit_sectors) + 3, sector).status, MediaStatus::success);
  auto expected = Drive::unit_of(9);
  std::copy(sector.begin(), sector.end(), expected.begin() + (3 * sector_bytes));
  EXPECT_EQ(drive.read(1, 2 * unit_sectors, unit_sectors), expected);
  drive.flush();
  drive.switch_on();
  EXPECT_EQ(drive.read(1, 2 * unit_sectors, unit_sectors), expected);
}

TEST(Data, ManyOverwritesAreCollectedAndNothingIsLost) {
  Drive drive;
  std::mt19937_64 random(1);
  const auto units = static_cast<Unit>(drive.ftl->info(1)->sectors / unit_sectors);
  std::vector<std::uint64_t> model(units, 0);
  for (std::uint64_t i = 1; i <= 5000; ++i) {
    const auto unit = static_cast<Unit>(random() % units);
    ASSERT_EQ(drive.put(1, unit, i), MediaStatus::success);
    model[unit] = i;
    if (i % 100 == 0) {
      const auto other = static_cast<Unit>(random() % units);
      ASSERT_EQ(drive.get(1, other), model[other]) << i;
    }
  }
  drive.flush();
  EXPECT_GT(drive.ftl->statistics().erases, 100u);
  for (unsigned cycle = 0; cycle < 2; ++cycle) {
    for (Unit unit = 0; unit < units; ++unit) ASSERT_EQ(drive.get(1, unit), model[unit]) << unit;
    drive.switch_on();
  }
}

}  // namespace
}  // namespace kilburn::ftl::test
