// What the contract with the host interface says of each kind of request.
#include "ftl/drive.h"

namespace kilburn::ftl::test {
namespace {

TEST(Request, OfAnUnknownNamespaceOrBeyondTheSizeEndsWithAnError) {
  Drive drive;
  const std::uint64_t size = drive.ftl->info(1)->sectors;
  const auto status = [&](NamespaceId space, Sector first, std::uint64_t sectors) {
    return drive.run(
        {.kind = Request::Kind::read, .space = space, .first = first, .sectors = sectors});
  };
  EXPECT_EQ(status(0, 0, 1).status, MediaStatus::unknown_namespace);
  EXPECT_EQ(status(2, 0, 1).status, MediaStatus::unknown_namespace);
  EXPECT_EQ(status(UINT32_MAX, 0, 1).status, MediaStatus::unknown_namespace);
  EXPECT_EQ(status(1, size - 1, 1).status, MediaStatus::success);
  EXPECT_EQ(status(1, size - 1, 2).status, MediaStatus::out_of_range);
  EXPECT_EQ(status(1, size - 1, 2).failed, size);
  EXPECT_EQ(status(1, UINT64_MAX, 2).status, MediaStatus::out_of_range);
  EXPECT_EQ(status(1, 2, UINT64_MAX).status, MediaStatus::out_of_range);
  EXPECT_EQ(status(1, 5, 0).status, MediaStatus::success);
}

TEST(Request, CheckMappedNamesTheFirstSectorThatHoldsNothing) {
  Drive drive;
  drive.put(1, 0, 1);
  drive.put(1, 1, 1);
  const auto check = [&](Sector first, std::uint64_t sectors) {
    return drive.run(
        {.kind = Request::Kind::check_mapped, .space = 1, .first = first, .sectors = sectors});
  };
  EXPECT_EQ(check(3, 13).status, MediaStatus::success);
  EXPECT_EQ(check(3, 14).status, MediaStatus::deallocated);
  EXPECT_EQ(check(3, 14).failed, 16u);
}

TEST(Request, WriteZeroesReadsAsZerosToTheSectorAndFreesWholeUnits) {
  Drive drive;
  for (Unit unit = 0; unit < 4; ++unit) drive.put(1, unit, unit + 1);
  drive.flush();
  auto expected = drive.read(1, 0, 4 * unit_sectors);
  const auto zero = [&](Sector first, std::uint64_t sectors) {
    EXPECT_EQ(drive
                  .run({.kind = Request::Kind::write_zeroes,
                        .durable = true,
                        .space = 1,
                        .first = first,
                        .sectors = sectors})
                  .status,
              MediaStatus::success);
    std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(first * sector_bytes),
                sectors * sector_bytes, std::byte{});
  };
  zero(3, 18);  // the end of unit 0, all of unit 1, the begin of unit 2
  EXPECT_EQ(drive.read(1, 0, 4 * unit_sectors), expected);
  EXPECT_EQ(drive.ftl->info(1)->mapped, 3u * unit_sectors);
  zero(26, 3);  // within unit 3
  EXPECT_EQ(drive.read(1, 0, 4 * unit_sectors), expected);
  drive.switch_on();
  EXPECT_EQ(drive.read(1, 0, 4 * unit_sectors), expected) << "it was asked to be durable";
}

TEST(Request, DeallocationLeavesUnitsThatAreCoveredInPart) {
  Drive drive;
  for (Unit unit = 0; unit < 3; ++unit) drive.put(1, unit, unit + 1);
  EXPECT_EQ(drive.deallocate(1, 4, 16), MediaStatus::success);
  EXPECT_EQ(drive.get(1, 0), 1u);
  EXPECT_EQ(drive.get(1, 1), 0u);
  EXPECT_EQ(drive.get(1, 2), 3u);
}

TEST(Request, WithoutCacheAWriteIsDurableWhenItEnds) {
  FtlConfig config = tiny_config();
  config.write_cache = false;
  Drive drive(config);
  drive.put(1, 4, 8);
  drive.switch_on();
  EXPECT_EQ(drive.get(1, 4), 8u);
}

TEST(Request, WhatIsBufferedIsLostWithThePowerUntilTheCacheIsSwitchedOff) {
  FtlConfig config = tiny_config();
  config.coalesce_ns = 1'000'000'000;
  nand::Geometry geometry = tiny_geometry();
  geometry.page_bytes = 8192;  // a lone unit waits
  Drive drive(config, geometry);
  drive.put(1, 4, 8);
  drive.switch_on();
  EXPECT_EQ(drive.get(1, 4), 0u);
  drive.put(1, 4, 9);
  drive.ftl->set_write_cache(false);
  drive.switch_on();
  EXPECT_EQ(drive.get(1, 4), 9u);
}

TEST(Request, AWriteThatWaitsForTheFullBufferCanBeTakenBackAndOneThatHasBegunCannot) {
  Drive drive;
  std::vector<std::uint64_t> tags;
  const auto data = Drive::unit_of(5);
  for (Sector i = 0; i < 20; ++i) {
    tags.push_back(drive.submit({.kind = Request::Kind::write,
                                 .space = 1,
                                 .first = i * unit_sectors,
                                 .sectors = unit_sectors,
                                 .data = data}));
  }
  EXPECT_FALSE(drive.ftl->cancel(tags[3])) << "the buffer has 16 units";
  EXPECT_TRUE(drive.ftl->cancel(tags[18]));
  EXPECT_FALSE(drive.ftl->cancel(tags[18]));
  EXPECT_FALSE(drive.ftl->cancel(12345));
  for (std::size_t i = 0; i < 20; ++i) {
    if (i == 18) continue;
    EXPECT_EQ(drive.wait(tags[i]).status, MediaStatus::success);
  }
  EXPECT_EQ(drive.get(1, 19), 5u);
  EXPECT_EQ(drive.get(1, 18), 0u);
  EXPECT_EQ(drive.ftl->next_event(), never) << "nothing is under way";
}

TEST(Request, ALargeWriteGoesThroughASmallBuffer) {
  Drive drive;
  std::vector<std::byte> data;
  for (std::uint64_t unit = 0; unit < 35; ++unit) {
    const auto bytes = Drive::unit_of(unit + 100);
    data.insert(data.end(), bytes.begin(), bytes.end());
  }
  EXPECT_EQ(drive.write(1, 0, data, true).status, MediaStatus::success);
  EXPECT_EQ(drive.read(1, 0, 35 * unit_sectors), data);
}

TEST(Request, OfANamespaceThatWasRemovedMeanwhileEndsAndItsSuccessorsDataStayItsOwn) {
  FtlConfig config = tiny_config();
  config.first_namespace = 0.0;
  Drive drive(config);
  ASSERT_EQ(drive.ftl->create(8 * unit_sectors, {}, 0).id, 1u);
  for (Unit unit = 0; unit < 8; ++unit) drive.put(1, unit, 7, true);
  const auto reading = drive.submit({.kind = Request::Kind::read, .space = 1, .sectors = 64});
  EXPECT_EQ(drive.ftl->remove(1, drive.now), MediaStatus::success);
  ASSERT_EQ(drive.ftl->create(8 * unit_sectors, {}, drive.now).id, 1u) << "the lowest that is free";
  EXPECT_EQ(drive.wait(reading).status, MediaStatus::unknown_namespace);
  for (Unit unit = 0; unit < 8; ++unit) EXPECT_EQ(drive.get(1, unit), 0u) << "older data";
}

TEST(Request, MakingAndRemovingEndsAsTheContractSays) {
  FtlConfig config = tiny_config();
  config.first_namespace = 0.0;
  Drive drive(config);
  EXPECT_EQ(drive.ftl->create(0, {}, 0).status, MediaStatus::out_of_range);
  EXPECT_EQ(drive.ftl->create(7, {}, 0).status, MediaStatus::out_of_range);
  EXPECT_EQ(drive.ftl->create(drive.ftl->capacity() + 8, {}, 0).status, MediaStatus::no_space);
  EXPECT_EQ(drive.ftl->create(UINT64_MAX - 7, {}, 0).status, MediaStatus::out_of_range);
  EXPECT_EQ(drive.ftl->remove(1, 0), MediaStatus::unknown_namespace);
  EXPECT_EQ(drive.ftl->format(9, {}, 0), MediaStatus::unknown_namespace);
  EXPECT_EQ(drive.ftl->create(drive.ftl->capacity(), {}, 0).status, MediaStatus::success);
  EXPECT_EQ(drive.ftl->unallocated(), 0u);
  EXPECT_EQ(drive.ftl->create(8, {}, 0).status, MediaStatus::no_space);
}

TEST(Request, AsManyNamespacesAsThereMayBe) {
  FtlConfig config = tiny_config();
  config.first_namespace = 0.0;
  nand::Geometry geometry = tiny_geometry();
  geometry.blocks = 64;
  Drive drive(config, geometry);
  for (NamespaceId id = 1; id <= drive.ftl->most_namespaces(); ++id) {
    ASSERT_EQ(drive.ftl->create(8, {}, drive.now).id, id);
  }
  EXPECT_EQ(drive.ftl->create(8, {}, drive.now).status, MediaStatus::no_identifier);
  drive.flush();
  drive.ftl->checkpoint();
  drive.switch_on();
  EXPECT_EQ(drive.ftl->namespaces().size(), drive.ftl->most_namespaces());
}

TEST(Request, TheSameSeedGivesTheSameBytesAndStatistics) {
  const auto life = [] {
    FtlConfig config = tiny_config();
    config.precondition = {.fill = 0.8, .fragmented = 0.5, .seed = 9};
    nand::Geometry geometry = tiny_geometry();
    geometry.blocks = 64;
    Drive drive(config, geometry, {.factory_bad_rate = 0.02, .read_rate = 0.01, .seed = 5});
    for (Unit i = 0; i < 2000; ++i) drive.put(1, (i * 7919) % 150, i, i % 7 == 0);
    drive.flush();
    std::vector<std::byte> all;
    for (std::uint32_t i = 0; i < geometry.all_frames(); ++i) {
      const auto view = drive.array.read(nand::FrameId{i});
      all.insert(all.end(), view.bytes.begin(), view.bytes.end());
    }
    return std::tuple(all, drive.ftl->statistics(), drive.ftl->timing_statistics(), drive.now);
  };
  EXPECT_EQ(life(), life());
}

TEST(Request, WearIsLevelled) {
  // A part of the drive never changes; without levelling its blocks would never be erased.
  const auto spread = [](std::uint32_t difference) {
    FtlConfig config = tiny_config();
    config.wear_difference = difference;
    Drive drive(config);
    for (Unit unit = 0; unit < 38; ++unit) drive.put(1, unit, 1, true);
    for (Unit i = 0; i < 16'000; ++i) drive.put(1, i % 4, i, true);
    std::uint32_t least = UINT32_MAX;
    std::uint32_t most = 0;
    for (std::uint32_t i = 0; i < drive.array.geometry().all_blocks(); ++i) {
      least = std::min(least, drive.array.erases(nand::BlockId{i}));
      most = std::max(most, drive.array.erases(nand::BlockId{i}));
    }
    for (Unit unit = 4; unit < 38; ++unit) EXPECT_EQ(drive.get(1, unit), 1u);
    return most - least;
  };
  const std::uint32_t levelled = spread(8);
  EXPECT_GT(spread(1'000'000), 2 * levelled);
}

}  // namespace
}  // namespace kilburn::ftl::test
