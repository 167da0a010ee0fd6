// The controller in front of flash: verified I/O while namespaces are resized.
#include <array>
#include <filesystem>
#include <map>
#include <random>

#include "common/error.h"
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

/// A controller and its drive, from one start to the next.
struct Session {
  explicit Session(const NvmeConfig& config) : drive(config), world(config, &drive.media()) {
    world.start();
  }
  Completed format(std::uint32_t space, unsigned format) {
    Entry entry = World::command(NVME_ADMIN_FORMAT, space);
    entry.dwords[10] = format;
    return world.admin(entry);
  }
  Drive drive;
  World world;
};

/// Tests run beside each other: a file for each.
std::filesystem::path own_image() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  return std::filesystem::path(::testing::TempDir()) /
         (std::string("nvme_") + test->name() + std::to_string(::getpid()));
}

TEST(NvmeFlashTest, FormatsAndAttachmentsOfNamespacesStayOverARestart) {
  const auto image = own_image();
  std::filesystem::remove(image);
  NvmeConfig config = flash_config();
  config.flash.image = image;
  {
    Session first(config);
    World& w = first.world;
    ASSERT_EQ(w.create_namespace(64, 1).result, 2U);
    ASSERT_EQ(w.create_namespace(64, 0).result, 3U);
    ASSERT_EQ(w.create_namespace(64, 0).result, 4U);
    for (const std::uint32_t space : {2U, 3U, 4U}) ASSERT_EQ(w.attach(space).status, NVME_SUCCESS);
    ASSERT_EQ(first.format(4, 1).status, NVME_SUCCESS);
    ASSERT_EQ(w.attach(3, false).status, NVME_SUCCESS);
    w.create_queue(1);
    w.memory.put<std::uint32_t>(World::data, 0x600D);
    ASSERT_EQ(w.execute(1, World::io(NVME_IO_WRITE, 2, 63, 1)).status, NVME_SUCCESS);
    ASSERT_EQ(w.execute(1, World::command(NVME_IO_FLUSH, 2)).status, NVME_SUCCESS);
  }
  Session second(config);
  World& w = second.world;
  ASSERT_EQ(w.identify(NVME_CNS_ACTIVE_LIST, 0).status, NVME_SUCCESS);
  const std::array<std::uint32_t, 4> attached{1, 2, 4, 0};
  for (std::size_t i = 0; i < attached.size(); ++i) {
    EXPECT_EQ(w.memory.get<std::uint32_t>(World::data + 4 * i), attached[i]);
  }
  const std::map<std::uint32_t, unsigned> formats{{1, 0}, {2, 1}, {3, 0}, {4, 1}};
  for (const auto& [space, format] : formats) {
    ASSERT_EQ(w.identify(NVME_CNS_ALLOCATED_NAMESPACE, space).status, NVME_SUCCESS);
    EXPECT_EQ(w.memory.get<std::uint8_t>(World::data + NVME_NS_FLBAS), format) << space;
  }
  ASSERT_EQ(w.identify(NVME_CNS_NAMESPACE, 2).status, NVME_SUCCESS);
  EXPECT_EQ(w.memory.get<std::uint64_t>(World::data), 64U) << "blocks of 4096 bytes";
  w.create_queue(1);
  ASSERT_EQ(w.execute(1, World::io(NVME_IO_READ, 2, 63, 1)).status, NVME_SUCCESS);
  EXPECT_EQ(w.memory.get<std::uint32_t>(World::data), 0x600DU);
  std::filesystem::remove(image);
}

TEST(NvmeFlashTest, AnImageOfAnotherCapacityIsRefusedByName) {
  const auto image = own_image();
  std::filesystem::remove(image);
  NvmeConfig config = flash_config();
  config.flash.image = image;
  (void)Drive(config);
  config.flash.ftl.over_provisioning = 0.5;
  try {
    (void)Drive(config);
    ADD_FAILURE() << "it was taken";
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()).find(image.string()), 0U) << error.what();
  }
  std::filesystem::remove(image);
}

TEST(NvmeFlashTest, AttributesThatNoControllerKeepsAreRefused) {
  const NvmeConfig config = flash_config();
  Drive drive(config);
  ASSERT_EQ(drive.media().create(8, ftl::Attributes{7}, 0).id, 2U);
  EXPECT_THROW(World(config, &drive.media()), InputError);
}

}  // namespace
}  // namespace kilburn::nvme
