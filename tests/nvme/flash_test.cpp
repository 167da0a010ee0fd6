// The controller in front of flash: verified I/O while namespaces are resized.
#include <map>
#include <random>

#include "nvme/drive.h"
#include "nvme/world.h"

namespace kilburn::nvme {
namespace {

using testing::Completed;
using testing::World;

NvmeConfig flash_config() {
  NvmeConfig config = testing::small_config();
  config.flash.nand = {.channels = 2,
                       .packages = 1,
                       .dies = 2,
                       .planes = 1,
                       .blocks = 64,
                       .pages = 32,
                       .page_bytes = 8192};
  config.flash.ftl.first_namespace = 0.25;
  config.flash.ftl.move_entries_per_ms = 1000;  // a resize takes milliseconds
  config.flash.ftl.move_batch = 64;
  return config;
}

/// Blocks of 4 KiB of namespace 2, by what they were last written with.
TEST(NvmeFlashTest, IoOnANamespaceIsVerifiedWhileAnotherIsResized) {
  constexpr std::uint64_t seed = 3;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const NvmeConfig config = flash_config();
  Drive drive(config);
  World w(config, &drive.media());
  w.start();
  w.create_queue(1, 16);
  const std::uint64_t first_blocks = drive.media().info(1)->sectors;
  constexpr std::uint64_t units = 512;
  ASSERT_EQ(w.create_namespace(units * 8).status, NVME_SUCCESS);
  ASSERT_EQ(w.attach(2).status, NVME_SUCCESS);

  std::map<std::uint64_t, std::uint32_t> written;
  const auto verify = [&](std::uint64_t unit) {
    ASSERT_EQ(w.execute(1, World::io(NVME_IO_READ, 2, unit * 8, 8, World::data + 0x1000)).status,
              NVME_SUCCESS);
    const auto expected = written.contains(unit) ? written[unit] : 0;
    for (unsigned at = 0; at < 4096; at += 4) {
      ASSERT_EQ(w.memory.get<std::uint32_t>(World::data + 0x1000 + at), expected) << unit;
    }
  };
  std::uint32_t value = 0;
  const auto write = [&](std::uint64_t unit) {
    ++value;
    for (unsigned at = 0; at < 4096; at += 4) w.memory.put<std::uint32_t>(World::data + at, value);
    ASSERT_EQ(w.execute(1, World::io(NVME_IO_WRITE, 2, unit * 8, 8)).status, NVME_SUCCESS);
    written[unit] = value;
  };
  for (std::uint64_t unit = 0; unit < units; unit += 2) write(unit);

  for (unsigned round = 0; round < 12 && !HasFatalFailure(); ++round) {
    // Grown and shrunk by less and by more than namespace 2 is long.
    const std::uint64_t blocks = first_blocks + (random() % 900) * 8;
    w.put(0, World::resize(1, blocks));
    w.ring_tail(0);
    for (unsigned i = 0; i < 40 && !HasFatalFailure(); ++i) {
      // `execute` settles, which would end the resize: step by step instead.
      const std::uint64_t unit = random() % units;
      const std::uint16_t id =
          w.put(1, World::io(NVME_IO_READ, 2, unit * 8, 8, World::data + 0x1000));
      w.ring_tail(1);
      std::optional<Completed> done;
      while (!(done = w.take(1))) w.run(5'000);
      w.ring_head(1, w.queues[1].head);
      ASSERT_EQ(done->id, id);
      ASSERT_EQ(done->status, NVME_SUCCESS);
      const auto expected = written.contains(unit) ? written[unit] : 0;
      ASSERT_EQ(w.memory.get<std::uint32_t>(World::data + 0x1000), expected) << unit;
      ASSERT_EQ(w.memory.get<std::uint32_t>(World::data + 0x1FFC), expected) << unit;
    }
    w.settle();
    const auto resized = w.take(0);
    ASSERT_TRUE(resized);
    ASSERT_EQ(resized->status, NVME_SUCCESS);
    w.ring_head(0, w.queues[0].head);
    ASSERT_EQ(drive.media().info(1)->sectors, blocks);
    for (unsigned i = 0; i < 20 && !HasFatalFailure(); ++i) write(random() % units);
  }
  for (std::uint64_t unit = 0; unit < units && !HasFatalFailure(); ++unit) verify(unit);
}

TEST(NvmeFlashTest, AReadOfFlashTakesItsPageAndItsTransfer) {
  const NvmeConfig config = flash_config();
  Drive drive(config);
  World w(config, &drive.media());
  w.start();
  w.create_queue(1, 16);
  ASSERT_EQ(w.execute(1, World::io(NVME_IO_WRITE, 1, 0, 8)).status, NVME_SUCCESS);
  ASSERT_EQ(w.execute(1, World::command(NVME_IO_FLUSH, 1)).status, NVME_SUCCESS);
  w.run(100'000'000);
  const Nanoseconds before = w.now;
  w.put(1, World::io(NVME_IO_READ, 1, 0, 8));
  w.ring_tail(1);
  std::optional<Completed> done;
  while (!(done = w.take(1))) w.run(100);
  EXPECT_EQ(done->status, NVME_SUCCESS);
  // 75 us, 4096 bytes at 333 MT/s, and the overheads of both halves: within 3 us.
  const Nanoseconds closed_form = 75'000 + 4096 * 1000 / 333;
  EXPECT_GE(w.now - before, closed_form);
  EXPECT_LE(w.now - before, closed_form + 3'000);
}

}  // namespace
}  // namespace kilburn::nvme
