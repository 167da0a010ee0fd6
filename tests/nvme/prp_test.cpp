// PRPs: where data lies. Expected places come from an independent reading of chapter 4.3.
#include "nvme/prp.h"

#include <gtest/gtest.h>

#include <random>

#include "nvme/world.h"

namespace kilburn::nvme {
namespace {

using testing::FakeMemory;

constexpr std::uint64_t page = 4096;

struct Walked {
  PrpWalk walk;
  std::vector<Piece> pieces;
};
Walked walk(FakeMemory& memory, std::uint64_t prp1, std::uint64_t prp2, std::uint64_t bytes,
            std::uint64_t of_page = page) {
  PrpWalker walker(memory);
  Walked result;
  result.walk = walker.walk({.id = 1}, prp1, prp2, bytes, of_page, 0, result.pieces);
  return result;
}

void expect_pieces(const Walked& walked,
                   const std::vector<std::pair<std::uint64_t, std::uint32_t>>& expected) {
  EXPECT_EQ(walked.walk.status, NVME_SUCCESS);
  ASSERT_EQ(walked.pieces.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(walked.pieces[i].at.value(), expected[i].first) << i;
    EXPECT_EQ(walked.pieces[i].bytes, expected[i].second) << i;
  }
}

TEST(NvmePrpTest, OnePageNeedsNoSecondPointer) {
  FakeMemory memory(1 << 20);
  expect_pieces(walk(memory, 0x5000, 0xDEAD'BEEF, 4096), {{0x5000, 4096}});
  expect_pieces(walk(memory, 0x5F00, 0xDEAD'BEEF, 256), {{0x5F00, 256}});
  EXPECT_EQ(memory.reads, 0U);
}

TEST(NvmePrpTest, TwoPagesAreNamedByTheSecondPointer) {
  FakeMemory memory(1 << 20);
  expect_pieces(walk(memory, 0x5004, 0x9000, 4096), {{0x5004, 4092}, {0x9000, 4}});
  expect_pieces(walk(memory, 0x5000, 0x9000, 8192), {{0x5000, 4096}, {0x9000, 4096}});
  EXPECT_EQ(memory.reads, 0U);
}

TEST(NvmePrpTest, MorePagesAreInAListThatMayBeginInMidPage) {
  FakeMemory memory(1 << 20);
  for (unsigned i = 0; i < 3; ++i) memory.put<std::uint64_t>(0x8018 + 8 * i, 0x20'000 + i * 0x2000);
  expect_pieces(walk(memory, 0x5200, 0x8018, 3 * 4096 + 512),
                {{0x5200, 3584}, {0x20'000, 4096}, {0x22'000, 4096}, {0x24'000, 1024}});
  EXPECT_EQ(memory.reads, 1U);
}

TEST(NvmePrpTest, TheLastEntryOfAFullListPageChains) {
  FakeMemory memory(1 << 20);
  // Two entries fit into the first page: a page, and the pointer to the rest.
  memory.put<std::uint64_t>(0x8FF0, 0x20'000);
  memory.put<std::uint64_t>(0x8FF8, 0xA000);
  memory.put<std::uint64_t>(0xA000, 0x30'000);
  memory.put<std::uint64_t>(0xA008, 0x40'000);
  expect_pieces(walk(memory, 0x5000, 0x8FF0, 4 * 4096),
                {{0x5000, 4096}, {0x20'000, 4096}, {0x30'000, 4096}, {0x40'000, 4096}});
}

TEST(NvmePrpTest, AListThatJustFitsDoesNotChain) {
  FakeMemory memory(1 << 20);
  memory.put<std::uint64_t>(0x8FF0, 0x20'000);
  memory.put<std::uint64_t>(0x8FF8, 0x30'000);
  expect_pieces(walk(memory, 0x5000, 0x8FF0, 3 * 4096),
                {{0x5000, 4096}, {0x20'000, 4096}, {0x30'000, 4096}});
}

TEST(NvmePrpTest, OffsetsWhereNoneMayBeAreRefused) {
  FakeMemory memory(1 << 20);
  EXPECT_EQ(walk(memory, 0x5002, 0, 512).walk.status, NVME_INVALID_PRP_OFFSET) << "a dword's";
  EXPECT_EQ(walk(memory, 0x5000, 0x9010, 8192).walk.status, NVME_INVALID_PRP_OFFSET);
  EXPECT_EQ(walk(memory, 0x5000, 0x8004, 3 * 4096).walk.status, NVME_INVALID_PRP_OFFSET)
      << "of a list: a qword's";
  memory.put<std::uint64_t>(0x8000, 0x20'000);
  memory.put<std::uint64_t>(0x8008, 0x30'008);
  EXPECT_EQ(walk(memory, 0x5000, 0x8000, 3 * 4096).walk.status, NVME_INVALID_PRP_OFFSET);
  memory.put<std::uint64_t>(0x8FF8, 0xA010);
  EXPECT_EQ(walk(memory, 0x5000, 0x8FF8, 3 * 4096).walk.status, NVME_INVALID_PRP_OFFSET)
      << "of a chained list";
}

TEST(NvmePrpTest, AListThatCannotBeReadIsATransferError) {
  FakeMemory memory(1 << 20);
  EXPECT_EQ(walk(memory, 0x5000, 1 << 20, 3 * 4096).walk.status, NVME_DATA_TRANSFER_ERROR);
  memory.put<std::uint64_t>(0x8FF8, std::uint64_t{1} << 40);
  EXPECT_EQ(walk(memory, 0x5000, 0x8FF8, 3 * 4096).walk.status, NVME_DATA_TRANSFER_ERROR);
}

TEST(NvmePrpTest, RandomScattersComeBackWhole) {
  constexpr std::uint64_t seed = 4;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (unsigned round = 0; round < 2'000; ++round) {
    FakeMemory memory(1 << 20);
    const std::uint64_t of_page = page << random() % 3;
    const std::uint64_t bytes = (random() % 40 * 512 + 512) * (random() % 8 + 1);
    const std::uint64_t first = (1 << 24) + random() % (of_page / 4) * 4;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> expected;
    std::uint64_t left = bytes;
    const auto add = [&](std::uint64_t at, std::uint64_t most) {
      const std::uint64_t length = std::min(left, most);
      expected.emplace_back(at, static_cast<std::uint32_t>(length));
      left -= length;
    };
    add(first, of_page - first % of_page);
    std::uint64_t prp2 = 0;
    if (left != 0 && left <= of_page) {
      prp2 = (random() % 100 + 1) * of_page;
      add(prp2, of_page);
    } else if (left != 0) {
      // List pages of their own, the first begun anywhere.
      std::uint64_t list_page = of_page;
      std::uint64_t at = list_page + random() % (of_page / 8) * 8;
      prp2 = at;
      while (left != 0) {
        const bool last_of_page = (at + 8) % of_page == 0;
        if (last_of_page && left > of_page) {
          list_page += of_page;
          memory.put<std::uint64_t>(at, list_page);
          at = list_page;
          continue;
        }
        const std::uint64_t entry = (random() % 1000 + 1) * of_page;
        memory.put<std::uint64_t>(at, entry);
        add(entry, of_page);
        at += 8;
      }
    }
    expect_pieces(walk(memory, first, prp2, bytes, of_page), expected);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace kilburn::nvme
