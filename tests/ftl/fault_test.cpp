// Media that fail: reads, programs, erases, by address and by rate.
#include <random>

#include "ftl/drive.h"

namespace kilburn::ftl::test {
namespace {

nand::FrameId frame_of(Drive& drive, Unit unit) {
  return drive.ftl->core().map.at(1, unit).frame();
}

TEST(Fault, AnUnreadableUnitEndsItsReadAndNamesTheFirstSectorOfIt) {
  Drive drive;
  for (Unit unit = 0; unit < 4; ++unit) drive.put(1, unit, unit + 1);
  drive.flush();
  drive.array.faults().fail_read(frame_of(drive, 2));
  const auto reading = drive.submit(
      {.kind = Request::Kind::read, .space = 1, .first = 3, .sectors = 4 * unit_sectors});
  const Ended ended = drive.wait(reading);
  EXPECT_EQ(ended.status, MediaStatus::unrecovered_read);
  EXPECT_EQ(ended.failed, 2u * unit_sectors);
  EXPECT_EQ(drive.get(1, 1), 2u);
  EXPECT_EQ(drive.ftl->health().media_errors, 1u);
  // A part of it cannot be written, since the rest is lost; all of it can.
  const std::vector<std::byte> sector(sector_bytes);
  EXPECT_EQ(drive.write(1, 2 * unit_sectors, sector).status, MediaStatus::unrecovered_read);
  EXPECT_EQ(drive.put(1, 2, 9), MediaStatus::success);
  EXPECT_EQ(drive.get(1, 2), 9u);
}

TEST(Fault, WhatIsLostStaysLostWhenItIsMovedAndOlderDataNeverComeBack) {
  Drive drive;
  const auto units = static_cast<Unit>(drive.ftl->info(1)->sectors / unit_sectors);
  drive.put(1, 0, 1, true);
  drive.put(1, 0, 2, true);
  drive.array.faults().fail_read(frame_of(drive, 0));
  std::mt19937_64 random(5);
  for (unsigned i = 0; i < 1000; ++i) {
    drive.put(1, 1 + static_cast<Unit>(random() % (units - 1)), 7, true);
  }
  drive.flush();
  EXPECT_GT(drive.ftl->statistics().units_collected, 0u);
  drive.read(1, 0, unit_sectors, MediaStatus::unrecovered_read);
  drive.array.faults().clear();
  drive.switch_on();
  drive.read(1, 0, unit_sectors, MediaStatus::unrecovered_read);
  EXPECT_EQ(drive.deallocate(1, 0, unit_sectors), MediaStatus::success);
  EXPECT_EQ(drive.get(1, 0), 0u);
}

TEST(Fault, AProgramThatFailsIsRepeatedElsewhereAndItsBlockRetired) {
  Drive drive;
  drive.put(1, 0, 1, true);
  drive.put(1, 1, 2, true);
  // Everything else in the block that is being filled fails.
  const nand::Geometry& g = drive.array.geometry();
  const nand::BlockId block = g.block(frame_of(drive, 0));
  for (std::uint32_t i = 1; i < g.pages; ++i) drive.array.faults().fail_program(g.page(block, i));
  for (Unit unit = 2; unit < 8; ++unit)
    EXPECT_EQ(drive.put(1, unit, unit + 1, true), MediaStatus::success);
  EXPECT_GE(drive.ftl->statistics().program_failures, 1u);
  EXPECT_TRUE(drive.array.bad(block));
  for (unsigned cycle = 0; cycle < 2; ++cycle) {
    for (Unit unit = 0; unit < 8; ++unit) EXPECT_EQ(drive.get(1, unit), unit + 1u);
    EXPECT_EQ(findings(*drive.ftl), "");
    drive.switch_on();
  }
}

TEST(Fault, ABlockWhoseEraseFailsIsNeverUsedAgain) {
  Drive drive;
  const auto units = static_cast<Unit>(drive.ftl->info(1)->sectors / unit_sectors);
  drive.put(1, 0, 1, true);
  const nand::BlockId block = drive.array.geometry().block(frame_of(drive, 0));
  drive.array.faults().fail_erase(block);
  for (unsigned i = 0; i < 1500; ++i)
    ASSERT_EQ(drive.put(1, i % units, i + 1, true), MediaStatus::success);
  drive.flush();
  EXPECT_EQ(drive.ftl->statistics().erase_failures, 1u);
  EXPECT_TRUE(drive.array.bad(block));
  EXPECT_EQ(findings(*drive.ftl), "");
  drive.switch_on();
  EXPECT_EQ(findings(*drive.ftl), "");
}

TEST(Fault, FactoryBadBlocksAreLeftAlone) {
  nand::Geometry geometry = tiny_geometry();
  geometry.blocks = 32;
  Drive drive(tiny_config(), geometry, {.factory_bad_rate = 0.15, .seed = 4});
  const auto units = static_cast<Unit>(drive.ftl->info(1)->sectors / unit_sectors);
  for (unsigned i = 0; i < 1500; ++i)
    ASSERT_EQ(drive.put(1, i % units, i + 1, true), MediaStatus::success);
  std::uint32_t bad = 0;
  for (std::uint32_t i = 0; i < geometry.all_blocks(); ++i) {
    if (!drive.array.bad(nand::BlockId{i})) continue;
    ++bad;
    EXPECT_EQ(drive.array.programmed(nand::BlockId{i}), 0u);
  }
  EXPECT_GT(bad, 0u);
  EXPECT_EQ(findings(*drive.ftl), "");
}

TEST(Fault, ByRateLosesNothingThatCanBeRead) {
  nand::Geometry geometry = tiny_geometry();
  geometry.blocks = 64;
  const nand::FaultConfig faults{.factory_bad_rate = 0.02,
                                 .read_rate = 0.01,
                                 .program_rate = 0.002,
                                 .erase_rate = 0.002,
                                 .seed = 7};
  FtlConfig config = tiny_config();
  config.first_namespace = 1.0;
  Drive drive(config, geometry, faults);
  const std::uint64_t seed = 11;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto units = static_cast<Unit>(drive.ftl->info(1)->sectors / unit_sectors);
  std::vector<std::uint64_t> model(units, 0);
  unsigned unreadable = 0;
  for (unsigned i = 1; i <= 6000; ++i) {
    const auto unit = static_cast<Unit>(random() % units);
    ASSERT_EQ(drive.put(1, unit, i), MediaStatus::success) << i;
    model[unit] = i;
    if (i % 1500 != 0) continue;
    drive.flush();
    if (i == 3000) drive.switch_on();
    for (Unit each = 0; each < units; ++each) {
      const auto reading = drive.submit({.kind = Request::Kind::read,
                                         .space = 1,
                                         .first = std::uint64_t{each} * unit_sectors,
                                         .sectors = unit_sectors});
      const Ended ended = drive.wait(reading);
      if (ended.status == MediaStatus::unrecovered_read) {
        ++unreadable;
        continue;
      }
      ASSERT_EQ(ended.status, MediaStatus::success);
      ASSERT_EQ(Drive::number_of(drive.listener.read[reading]), model[each]) << each;
      drive.listener.read.erase(reading);
    }
    ASSERT_EQ(findings(*drive.ftl), "");
  }
  EXPECT_GT(unreadable, 0u);
  EXPECT_GT(drive.ftl->statistics().program_failures, 0u);
}

TEST(Fault, WithoutSpareBlocksTheDriveIsReadOnlyAndStillReads) {
  nand::FaultConfig faults{.erase_rate = 0.2, .seed = 3};
  Drive drive(tiny_config(), tiny_geometry(), faults);
  const auto units = static_cast<Unit>(drive.ftl->info(1)->sectors / unit_sectors);
  std::vector<std::uint64_t> model(units, 0);
  std::uint64_t number = 0;
  MediaStatus status = MediaStatus::success;
  while (status == MediaStatus::success && number < 100'000) {
    const auto unit = static_cast<Unit>(number % units);
    status = drive.put(1, unit, ++number, true);
    if (status == MediaStatus::success) model[unit] = number;
  }
  EXPECT_EQ(status, MediaStatus::write_fault);
  const MediaHealth health = drive.ftl->health();
  EXPECT_TRUE(health.read_only);
  EXPECT_EQ(health.available_spare, 0u);
  EXPECT_EQ(drive.ftl->create(8, {}, drive.now).status, MediaStatus::write_fault);
  EXPECT_EQ(drive.deallocate(1, 0, 8), MediaStatus::write_fault);
  EXPECT_EQ(drive.resize(1, 8), MediaStatus::write_fault);
  const auto failed = static_cast<Unit>((number - 1) % units);
  for (Unit unit = 0; unit < units; ++unit) {
    const auto found = drive.get(1, unit);
    EXPECT_TRUE(found == model[unit] || (unit == failed && found == number)) << unit;
  }
}

}  // namespace
}  // namespace kilburn::ftl::test
