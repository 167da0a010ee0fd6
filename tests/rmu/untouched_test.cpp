// Blocks that no command has touched: large verdicts without a look at the table.
#include <gtest/gtest.h>

#include <random>

#include "rmu/fixture.h"
#include "rmu/untouched_blocks.h"

namespace kilburn::rmu::testing {
namespace {

/// From the definition: the largest aligned run of at least 512 granules, all covered, none of
/// whose blocks of 512 holds a touched granule.
std::optional<unsigned> expected_order(const std::vector<bool>& touched, Granule granule) {
  std::optional<unsigned> found;
  for (unsigned order = 9; order < 20; ++order) {
    const Granule first = granule >> order << order;
    const Granule end = first + (Granule{1} << order);
    if (end > touched.size()) break;
    const auto at = [&](Granule n) { return touched.begin() + static_cast<std::ptrdiff_t>(n); };
    if (std::find(at(first), at(end), true) != at(end)) break;
    found = order;
  }
  return found;
}

TEST(UntouchedBlocks, TheOrderIsThatOfTheLargestAlignedRun) {
  for (const unsigned seed : {1u, 2u, 3u}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const Granule count = 20 * 512 + 77;  // the last granules fill no block
    UntouchedBlocks blocks(count);
    std::vector<bool> touched(count, false);
    for (int step = 0; step < 24; ++step) {
      for (Granule granule = 0; granule < count; granule += 51) {
        ASSERT_EQ(blocks.order(granule), expected_order(touched, granule)) << granule;
      }
      const Granule first = random() % count;
      const Granule last = std::min(first + random() % 3 * 400, count - 1);
      blocks.touch(first, last);
      std::fill(touched.begin() + static_cast<std::ptrdiff_t>(first),
                touched.begin() + static_cast<std::ptrdiff_t>(last) + 1, true);
    }
  }
}

TEST(Rmu, UntouchedMemoryIsOneVerdictAndNoTableRead) {
  Bench bench;
  const std::uint64_t reads = bench.memory.line_reads;
  EXPECT_EQ(bench.check(5, 0).order, 10);  // all of the 1024 granules
  EXPECT_EQ(bench.check(700, 0, Access::store).latency, bench.config.hit_cycles);
  EXPECT_EQ(bench.memory.line_reads, reads);
  EXPECT_EQ(bench.rmu.statistics().table.untouched, 2u);

  ASSERT_EQ(bench.give(5, 1, base_frame + 5), Status::ok);
  EXPECT_EQ(bench.check(6, 0).order, 0);
  EXPECT_EQ(bench.check(700, 0).order, 9) << "the other block is as it was";
  EXPECT_EQ(bench.rmu.statistics().table.untouched, 4u) << "the command's own look-up, and this";
}

TEST(Rmu, TheFirstCommandInABlockInvalidatesWhatCoversItsGranule) {
  Bench bench;
  Client client("hart", bench.rmu, 0);
  bench.bus.add(client);
  ASSERT_TRUE(client.access(base_frame + 7).allowed);
  ASSERT_TRUE(client.holds(base_frame + 900));
  ASSERT_EQ(bench.give(900, 1, base_frame + 900), Status::ok);
  EXPECT_EQ(client.translations(), 0u);
  EXPECT_FALSE(client.access(base_frame + 900).allowed);
  EXPECT_TRUE(client.access(base_frame + 7).allowed);
  EXPECT_FALSE(client.holds(base_frame + 900));
}

TEST(Rmu, WhileTheFirstCommandInABlockRunsNoVerdictCoversItsGranule) {
  Bench bench;
  bool looking = false;
  unsigned looks = 0;
  bench.memory.before = [&] {
    if (std::exchange(looking, true)) return;  // the look's own reads
    ++looks;
    EXPECT_EQ(bench.check(8, 0).order, 0);
    looking = false;
  };
  ASSERT_EQ(bench.give(5, 1, base_frame + 5), Status::ok);
  EXPECT_GE(looks, 3u) << "busy, mapped page, rights";
}

TEST(Rmu, AVerdictIsNaturallyAlignedInMemoryToo) {
  RmuConfig config = small_config();
  config.memory_base = 0x8020'0000;  // a multiple of 2 MiB, not of 4
  config.memory_bytes = 1024 * page_bytes;
  Bench bench(config);
  EXPECT_EQ(bench.rmu.check({0x80205, 0x80205, Access::load, 0, false}, 0).order, 9);
}

TEST(Rmu, NoLargeVerdictCoversTheTable) {
  RmuConfig config = small_config();
  config.table_base = memory_base + 1000 * page_bytes;
  Bench bench(config);
  EXPECT_EQ(bench.check(5, 0).order, 9);
  EXPECT_EQ(bench.check(600, 0).order, 0);
  EXPECT_FALSE(bench.check(1000, 0).allowed);
}

}  // namespace
}  // namespace kilburn::rmu::testing
