// I/O commands and their statuses.
#include <algorithm>
#include <numeric>

#include "nvme/world.h"

namespace kilburn::nvme {
namespace {

using testing::World;

class NvmeIoTest : public ::testing::Test {
 protected:
  void SetUp() override {
    w_.start();
    w_.create_queue(1, 32);
  }
  unsigned status(const Entry& entry) { return w_.execute(1, entry).status; }
  void fill(std::uint64_t address, std::size_t bytes, unsigned seed) {
    for (std::size_t i = 0; i < bytes; ++i) {
      w_.memory.put(address + i, static_cast<std::uint8_t>(i * 7 + i / 256 + seed));
    }
  }
  [[nodiscard]] std::vector<std::byte> bytes(std::uint64_t address, std::size_t count) {
    return {w_.memory.at(address), w_.memory.at(address) + count};
  }
  /// A list of pages at World::list.
  void list(const std::vector<std::uint64_t>& pages) {
    for (std::size_t i = 0; i < pages.size(); ++i) w_.memory.put(World::list + 8 * i, pages[i]);
  }
  std::uint64_t blocks() { return w_.drive.info(1)->sectors; }
  World w_;
};

constexpr std::uint64_t to = World::data + 0x80'000;

TEST_F(NvmeIoTest, WhatIsWrittenIsReadThroughListsAndOffsets) {
  // 16 blocks from an odd place: three pages.
  fill(World::data + 0xC00, 0x400, 1);
  fill(World::data + 0x3000, 0x1000, 2);
  fill(World::data + 0x7000, 0x1000, 3);
  list({World::data + 0x3000, World::data + 0x7000});
  ASSERT_EQ(status(World::io(NVME_IO_WRITE, 1, 100, 18, World::data + 0xC00, World::list)),
            NVME_SUCCESS);
  ASSERT_EQ(status(World::io(NVME_IO_READ, 1, 100, 8, to)), NVME_SUCCESS);
  ASSERT_EQ(status(World::io(NVME_IO_READ, 1, 108, 10, to + 0x1000, to + 0x2000)), NVME_SUCCESS);
  EXPECT_EQ(bytes(to, 0x400), bytes(World::data + 0xC00, 0x400));
  EXPECT_EQ(bytes(to + 0x400, 0x1000), bytes(World::data + 0x3000, 0x1000));
  EXPECT_EQ(bytes(to + 0x1400, 0x1000), bytes(World::data + 0x7000, 0x1000));
}

TEST_F(NvmeIoTest, ReadsOfNothingAreZeros) {
  fill(to, 4096, 9);
  ASSERT_EQ(status(World::io(NVME_IO_READ, 1, 64, 8, to)), NVME_SUCCESS);
  EXPECT_EQ(bytes(to, 4096), std::vector<std::byte>(4096));
}

TEST_F(NvmeIoTest, RangesEndWithTheNamespace) {
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, blocks() - 1, 1)), NVME_SUCCESS);
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, blocks(), 1)), NVME_LBA_OUT_OF_RANGE);
  EXPECT_EQ(status(World::io(NVME_IO_WRITE, 1, blocks() - 1, 2)), NVME_LBA_OUT_OF_RANGE);
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, UINT64_MAX, 1)), NVME_LBA_OUT_OF_RANGE);
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, UINT64_MAX / 8, 1)), NVME_LBA_OUT_OF_RANGE);
  EXPECT_EQ(status(World::io(NVME_IO_WRITE_ZEROES, 1, blocks() - 1, 65'536)),
            NVME_LBA_OUT_OF_RANGE);
  EXPECT_EQ(status(World::io(NVME_IO_COMPARE, 1, blocks(), 1)), NVME_LBA_OUT_OF_RANGE);
}

TEST_F(NvmeIoTest, TransfersHaveALimit) {
  std::vector<std::uint64_t> pages(40);
  for (std::size_t i = 0; i < pages.size(); ++i) pages[i] = to + i * 4096;
  list(pages);
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, 0, 256, World::data, World::list)), NVME_SUCCESS);
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, 0, 257, World::data, World::list)),
            NVME_INVALID_FIELD);
}

TEST_F(NvmeIoTest, MalformedCommandsAreRefused) {
  EXPECT_EQ(status(World::command(0x7F, 1)), NVME_INVALID_OPCODE);
  EXPECT_EQ(status(World::command(0x04, 1)), NVME_INVALID_OPCODE) << "write uncorrectable";
  EXPECT_EQ(status(World::io(NVME_IO_READ, 0, 0, 1)), NVME_INVALID_NAMESPACE);
  EXPECT_EQ(status(World::io(NVME_IO_READ, 9, 0, 1)), NVME_INVALID_NAMESPACE);
  EXPECT_EQ(status(World::io(NVME_IO_READ, NVME_NSID_ALL, 0, 1)), NVME_INVALID_NAMESPACE);
  EXPECT_EQ(status(World::io(NVME_IO_READ, 3, 0, 1)), NVME_INVALID_FIELD) << "not active";
  Entry entry = World::io(NVME_IO_READ, 1, 0, 1);
  entry.dwords[0] |= 1 << 8;
  EXPECT_EQ(status(entry), NVME_INVALID_FIELD) << "fused";
  entry = World::io(NVME_IO_READ, 1, 0, 1);
  entry.dwords[0] |= 1 << 14;
  EXPECT_EQ(status(entry), NVME_INVALID_FIELD) << "SGL";
  entry = World::io(NVME_IO_READ, 1, 0, 1);
  entry.dwords[12] |= 0x1 << 26;
  EXPECT_EQ(status(entry), NVME_INVALID_PROTECTION);
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, 0, 1, World::data + 2)), NVME_INVALID_PRP_OFFSET);
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, 0, 16, World::data, World::data + 8)),
            NVME_INVALID_PRP_OFFSET);
}

TEST_F(NvmeIoTest, PagesThatDoNotAnswerAreTransferErrors) {
  constexpr std::uint64_t nowhere = std::uint64_t{1} << 40;
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, 0, 1, nowhere)), NVME_DATA_TRANSFER_ERROR);
  EXPECT_EQ(status(World::io(NVME_IO_WRITE, 1, 0, 1, nowhere)), NVME_DATA_TRANSFER_ERROR);
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, 0, 24, World::data, nowhere)),
            NVME_DATA_TRANSFER_ERROR)
      << "a list";
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, 0, 1)), NVME_SUCCESS) << "and it goes on";
}

TEST_F(NvmeIoTest, CompareSaysWhetherAllOfItIsTheSame) {
  fill(World::data, 8192, 4);
  ASSERT_EQ(status(World::io(NVME_IO_WRITE, 1, 0, 16, World::data, World::data + 4096)),
            NVME_SUCCESS);
  EXPECT_EQ(status(World::io(NVME_IO_COMPARE, 1, 0, 16, World::data, World::data + 4096)),
            NVME_SUCCESS);
  w_.memory.put<std::uint8_t>(World::data + 8191, 0x55);
  EXPECT_EQ(status(World::io(NVME_IO_COMPARE, 1, 0, 16, World::data, World::data + 4096)),
            NVME_COMPARE_FAILURE);
}

TEST_F(NvmeIoTest, WriteZeroesAndDatasetManagementDropWhatWasThere) {
  fill(World::data, 4096, 4);
  for (const unsigned lba : {0U, 8U, 16U}) {
    ASSERT_EQ(status(World::io(NVME_IO_WRITE, 1, lba, 8)), NVME_SUCCESS);
  }
  ASSERT_EQ(status(World::io(NVME_IO_WRITE_ZEROES, 1, 2, 3)), NVME_SUCCESS);
  ASSERT_EQ(status(World::io(NVME_IO_READ, 1, 0, 8, to)), NVME_SUCCESS);
  EXPECT_EQ(bytes(to, 1024), bytes(World::data, 1024));
  EXPECT_EQ(bytes(to + 1024, 1536), std::vector<std::byte>(1536));
  EXPECT_EQ(bytes(to + 2560, 1536), bytes(World::data + 2560, 1536));
  // Two ranges: 4 bytes of attributes, the length, the first block.
  constexpr std::uint64_t ranges = World::data + 0x2000;
  w_.memory.put<std::uint32_t>(ranges + 4, 8);
  w_.memory.put<std::uint64_t>(ranges + 8, 8);
  w_.memory.put<std::uint32_t>(ranges + 16 + 4, 1);
  w_.memory.put<std::uint64_t>(ranges + 16 + 8, 16);
  Entry entry = World::command(NVME_IO_DATASET_MANAGEMENT, 1, ranges);
  entry.dwords[10] = 1;
  ASSERT_EQ(status(entry), NVME_SUCCESS) << "a hint alone";
  ASSERT_EQ(status(World::io(NVME_IO_READ, 1, 8, 8, to)), NVME_SUCCESS);
  EXPECT_EQ(bytes(to, 4096), bytes(World::data, 4096));
  entry.dwords[11] = NVME_DSM_DEALLOCATE;
  ASSERT_EQ(status(entry), NVME_SUCCESS);
  ASSERT_EQ(status(World::io(NVME_IO_READ, 1, 8, 8, to)), NVME_SUCCESS);
  EXPECT_EQ(bytes(to, 4096), std::vector<std::byte>(4096));
  w_.memory.put<std::uint64_t>(ranges + 8, blocks());
  EXPECT_EQ(status(entry), NVME_LBA_OUT_OF_RANGE);
}

TEST_F(NvmeIoTest, DeallocatedBlocksAreErrorsWhereSoftwareWantsIt) {
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, 40, 1)), NVME_SUCCESS);
  ASSERT_EQ(w_.set_feature(NVME_FEATURE_ERROR_RECOVERY, NVME_FEATURE_DULBE, 1).status,
            NVME_SUCCESS);
  EXPECT_EQ(w_.get_feature(NVME_FEATURE_ERROR_RECOVERY, 0, 0, 1).result, 0x10000U);
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, 40, 1)), NVME_DEALLOCATED);
  ASSERT_EQ(status(World::io(NVME_IO_WRITE, 1, 40, 1)), NVME_SUCCESS);
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, 40, 1)), NVME_SUCCESS);
  EXPECT_EQ(status(World::io(NVME_IO_READ, 1, 40, 2)), NVME_DEALLOCATED);
}

TEST_F(NvmeIoTest, MediaErrorsKeepTheirCodeAndAreLogged) {
  w_.drive.faults[50] = ftl::MediaStatus::unrecovered_read;
  w_.drive.faults[60] = ftl::MediaStatus::write_fault;
  const testing::Completed read = w_.execute(1, World::io(NVME_IO_READ, 1, 50, 1));
  EXPECT_EQ(read.status, NVME_UNRECOVERED_READ);
  EXPECT_TRUE(read.more) << "the error log has an entry";
  EXPECT_EQ(status(World::io(NVME_IO_WRITE, 1, 60, 1)), NVME_WRITE_FAULT);
  ASSERT_EQ(w_.get_log(NVME_LOG_ERROR, 128).status, NVME_SUCCESS);
  const std::uint64_t newest = World::data;
  EXPECT_EQ(w_.memory.get<std::uint64_t>(newest), 2U) << "error count";
  EXPECT_EQ(w_.memory.get<std::uint16_t>(newest + 8), 1U) << "queue";
  EXPECT_EQ(w_.memory.get<std::uint16_t>(newest + 12) >> 1 & 0x7FF, NVME_WRITE_FAULT);
  EXPECT_EQ(w_.memory.get<std::uint64_t>(newest + 16), 60U) << "LBA";
  EXPECT_EQ(w_.memory.get<std::uint32_t>(newest + 24), 1U) << "namespace";
  EXPECT_EQ(w_.memory.get<std::uint16_t>(newest + 64 + 10), read.id);
  EXPECT_EQ(w_.memory.get<std::uint64_t>(newest + 64 + 16), 50U);
}

TEST_F(NvmeIoTest, AWriteWithoutRoomExceedsTheCapacity) {
  w_.drive.faults[60] = ftl::MediaStatus::no_space;
  EXPECT_EQ(status(World::io(NVME_IO_WRITE, 1, 60, 1)), NVME_CAPACITY_EXCEEDED);
}

TEST_F(NvmeIoTest, BlocksOfFourKibibytesAreEightSectors) {
  Entry format = World::command(NVME_ADMIN_FORMAT, 1);
  format.dwords[10] = 1;
  const std::uint64_t sectors = blocks();
  ASSERT_EQ(w_.admin(format).status, NVME_SUCCESS);
  ASSERT_EQ(w_.identify(NVME_CNS_NAMESPACE, 1).status, NVME_SUCCESS);
  EXPECT_EQ(w_.memory.get<std::uint64_t>(World::data), sectors / 8);
  EXPECT_EQ(w_.memory.get<std::uint8_t>(World::data + 26), 1U);
  fill(World::data, 4096, 6);
  ASSERT_EQ(status(World::io(NVME_IO_WRITE, 1, sectors / 8 - 1, 1)), NVME_SUCCESS);
  EXPECT_EQ(status(World::io(NVME_IO_WRITE, 1, sectors / 8, 1)), NVME_LBA_OUT_OF_RANGE);
  ASSERT_EQ(status(World::io(NVME_IO_READ, 1, sectors / 8 - 1, 1, to)), NVME_SUCCESS);
  EXPECT_EQ(bytes(to, 4096), bytes(World::data, 4096));
}

TEST_F(NvmeIoTest, FlushTakesAllNamespaces) {
  EXPECT_EQ(status(World::command(NVME_IO_FLUSH, NVME_NSID_ALL)), NVME_SUCCESS);
  EXPECT_EQ(status(World::command(NVME_IO_FLUSH, 0)), NVME_INVALID_NAMESPACE);
}

TEST_F(NvmeIoTest, AReadTakesItsFetchItsMediaAndItsData) {
  const Nanoseconds before = w_.now;
  w_.put(1, World::io(NVME_IO_READ, 1, 0, 8, to));
  w_.ring_tail(1);
  // The command and the data each take the fake memory's time, the drive its own.
  const Nanoseconds expected = 2 * testing::FakeMemory::latency + w_.config.ideal.read_ns;
  w_.run(expected - 1);
  EXPECT_FALSE(w_.take(1));
  w_.run(1);
  EXPECT_TRUE(w_.take(1));
  EXPECT_EQ(w_.now - before, expected);
}

}  // namespace
}  // namespace kilburn::nvme
