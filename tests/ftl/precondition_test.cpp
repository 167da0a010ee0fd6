// A preconditioned drive is one that was written for long.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>

#include "ftl/drive.h"
#include "ftl/permutation.h"

namespace kilburn::ftl::test {
namespace {

nand::TimingConfig instant() {
  nand::TimingConfig timing;
  timing.read_ns = timing.program_ns = timing.erase_ns = timing.command_ns = 0;
  timing.bus_megatransfers = 100'000;
  return timing;
}

nand::Geometry small() {
  return {.channels = 2,
          .packages = 1,
          .dies = 1,
          .planes = 2,
          .blocks = 64,
          .pages = 32,
          .page_bytes = 8192};
}

FtlConfig config_of(double fill, double fragmented) {
  FtlConfig config;
  config.precondition = {.fill = fill, .fragmented = fragmented, .seed = 3};
  config.checkpoint_share = 1.0;
  return config;
}

/// Random overwrites of `range` units from `first` on; returns the write amplification, collection
/// and padding only.
double overwrite(Drive& drive, Unit first, Unit range, std::uint64_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const FtlStatistics before = drive.ftl->statistics();
  const auto data = Drive::unit_of(1);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto unit = first + static_cast<Unit>(random() % range);
    EXPECT_EQ(drive.write(1, std::uint64_t{unit} * unit_sectors, data).status,
              MediaStatus::success);
  }
  drive.flush();
  const FtlStatistics after = drive.ftl->statistics();
  const auto programmed = (after.units_programmed - before.units_programmed) +
                          (after.units_collected - before.units_collected) +
                          (after.padding_programmed - before.padding_programmed);
  return static_cast<double>(programmed) / static_cast<double>(count);
}

/// A drive of 16 MiB at one fill; with KILBURN_FTL_LONG=1 one of 64 MiB at two, for half a minute.
TEST(Precondition, HasTheWriteAmplificationOfADriveThatWasReallyWrittenThatLong) {
  const bool is_long = std::getenv("KILBURN_FTL_LONG") != nullptr;
  nand::Geometry geometry = small();
  if (!is_long) geometry.pages /= 4;
  const std::vector<double> fills = is_long ? std::vector{1.0, 0.85} : std::vector{1.0};
  for (const double fill : fills) {
    Drive preconditioned(config_of(fill, 1.0), geometry, {}, instant());
    ASSERT_EQ(findings(*preconditioned.ftl), "");
    const auto units = static_cast<Unit>(preconditioned.ftl->info(1)->mapped / unit_sectors);
    Drive written(config_of(0.0, 0.0), geometry, {}, instant());
    for (Unit unit = 0; unit < units; ++unit) written.put(1, unit, 1);
    overwrite(written, 0, units, std::uint64_t{4} * units, 1);
    const double expected = overwrite(written, 0, units, std::uint64_t{2} * units, 2);
    const double found = overwrite(preconditioned, 0, units, std::uint64_t{2} * units, 3);
    // From the first writes on, not only in the long run.
    Drive again(config_of(fill, 1.0), geometry, {}, instant());
    const double soon = overwrite(again, 0, units, units / 2, 4);
    EXPECT_GT(expected, 1.2);
    EXPECT_NEAR(found, expected, 0.05 * expected) << fill;
    EXPECT_NEAR(soon, expected, 0.05 * expected) << fill;
  }
}

TEST(Precondition, FillsTheShareThatItSaysWithAPatternOfEachUnitsOwn) {
  Drive drive(config_of(0.5, 0.5), small(), {}, instant());
  const auto info = drive.ftl->info(1).value();
  EXPECT_NEAR(static_cast<double>(info.mapped), 0.5 * static_cast<double>(info.sectors), 8.0);
  EXPECT_EQ(findings(*drive.ftl), "");
  std::set<std::uint64_t> different;
  const auto units = static_cast<Unit>(info.mapped / unit_sectors);
  for (Unit unit = 0; unit < units; unit += 97) {
    const auto data = drive.read(1, std::uint64_t{unit} * unit_sectors, unit_sectors);
    std::uint64_t word = 0;
    std::memcpy(&word, data.data() + 4088, 8);
    different.insert(word);
  }
  EXPECT_EQ(different.size(), (units + 96) / 97);
  EXPECT_EQ(drive.get(1, units + 5), 0u);
}

TEST(Precondition, SurvivesCollectionAndPowerCycles) {
  Drive drive(config_of(0.9, 0.5), small(), {}, instant());
  const auto before = drive.read(1, 0, 4096);
  const auto units = static_cast<Unit>(drive.ftl->info(1)->mapped / unit_sectors);
  overwrite(drive, 600, units - 600, std::uint64_t{2} * units, 1);
  EXPECT_GT(drive.ftl->statistics().units_collected, 0u);
  EXPECT_EQ(drive.read(1, 0, 4096), before);
  drive.switch_on();
  EXPECT_EQ(drive.read(1, 0, 4096), before);
  EXPECT_EQ(findings(*drive.ftl), "");
}

TEST(Precondition, AnOrderOfUnitsHasEachOfThemOnce) {
  for (const std::uint32_t size : {1u, 2u, 3u, 5u, 64u, 1000u, 4097u}) {
    const Permutation order(size, 7);
    std::vector<bool> seen(size, false);
    for (std::uint32_t i = 0; i < size; ++i) {
      ASSERT_LT(order(i), size);
      ASSERT_FALSE(seen[order(i)]);
      seen[order(i)] = true;
    }
  }
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

TEST(Precondition, Of128GiBTakesASecondAndItsTables300Megabytes) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "memory and times are those of a program without sanitizers";
#endif
  const auto seconds_of = [](const FtlConfig& config, std::uint64_t& bytes) {
    const std::uint64_t before = resident_bytes();
    const auto begin = std::chrono::steady_clock::now();
    const nand::Geometry geometry;
    nand::Array array(geometry, {}, spare_bytes(geometry));
    const Ftl ftl(config, {}, array);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    bytes = resident_bytes() - before;
    return took.count();
  };
  std::uint64_t bytes = 0;
  // Generous: the machine is shared. Measured figures are in docs/ftl.md.
  EXPECT_LT(seconds_of(FtlConfig{}, bytes), 0.5);
  EXPECT_LT(bytes, 30'000'000u) << "nothing is allocated for a page at the start";
  EXPECT_LT(seconds_of(config_of(1.0, 1.0), bytes), 5.0);
  EXPECT_LT(bytes, 300'000'000u);
  std::printf("fully mapped: %.1f MB\n", static_cast<double>(bytes) / 1e6);
}

}  // namespace
}  // namespace kilburn::ftl::test
