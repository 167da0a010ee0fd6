#include "memory/storage.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "common/error.h"
#include "platform/configuration/config_file.h"

namespace kilburn::memory {
namespace {

constexpr Address base = 0x8000'0000;
constexpr std::uint64_t size = 0x10'0000;

class Storage64 : public testing::Test {
 protected:
  Storage storage{{.base = base, .bytes = size}};
};

TEST_F(Storage64, UntouchedMemoryReadsZero) {
  EXPECT_EQ(storage.read64(base), 0u);
  EXPECT_EQ(storage.read64(base + size - 8), 0u);
}

TEST_F(Storage64, BytesOfAnyLengthAndAlignmentReadBackAndTouchNoOther) {
  for (std::size_t length = 1; length <= 64; ++length) {
    for (const Address at : {base, base + 3, base + 4093, base + size - length}) {
      const std::vector<std::byte> before(64, std::byte{0xEE});
      const Address around = at < base + 64 ? base : at - 1;
      ASSERT_TRUE(storage.write(around, std::span(before).first(1)));
      std::vector<std::byte> data(length);
      for (std::size_t i = 0; i < length; ++i) data[i] = static_cast<std::byte>(i * 7 + length);
      ASSERT_TRUE(storage.write(at, data));
      std::vector<std::byte> back(length);
      ASSERT_TRUE(storage.read(at, back));
      EXPECT_EQ(back, data);
      if (around < at) {
        std::array<std::byte, 1> neighbour{};
        ASSERT_TRUE(storage.read(around, neighbour));
        EXPECT_EQ(neighbour[0], std::byte{0xEE});
      }
    }
  }
}

TEST_F(Storage64, WordsAreLittleEndian) {
  ASSERT_TRUE(storage.write64(base + 16, 0x0807060504030201));
  std::array<std::byte, 8> bytes{};
  ASSERT_TRUE(storage.read(base + 16, bytes));
  for (unsigned i = 0; i < 8; ++i) EXPECT_EQ(bytes[i], static_cast<std::byte>(i + 1));
}

TEST_F(Storage64, WhatLiesOutsideIsReportedAndNotWritten) {
  const std::vector<std::byte> data(64, std::byte{1});
  std::vector<std::byte> back(64);
  for (const Address at : {base - 1, base - 64, base + size - 63, base + size, Address{0},
                           ~Address{0}, ~Address{0} - 63}) {
    EXPECT_FALSE(storage.contains(at, 64)) << at;
    EXPECT_FALSE(storage.write(at, data)) << at;
    EXPECT_FALSE(storage.read(at, back)) << at;
    EXPECT_EQ(storage.host(at, 64), nullptr) << at;
  }
  EXPECT_FALSE(storage.write64(base + size - 7, 1));
  EXPECT_EQ(storage.read64(base + size - 7), std::nullopt);
  EXPECT_EQ(storage.read64(base - 1), std::nullopt);
  EXPECT_EQ(storage.compare_exchange(base + size, 0, 1), std::nullopt);
  EXPECT_EQ(storage.read64(base + size - 8), 0u);
  EXPECT_EQ(storage.read64(base), 0u);
}

TEST_F(Storage64, CompareExchangeWritesOnlyWhereMemoryHoldsWhatIsExpected) {
  ASSERT_TRUE(storage.write64(base + 8, 5));
  EXPECT_EQ(storage.compare_exchange(base + 8, 4, 9), 5u);
  EXPECT_EQ(storage.read64(base + 8), 5u);
  EXPECT_EQ(storage.compare_exchange(base + 8, 5, 9), 5u);
  EXPECT_EQ(storage.read64(base + 8), 9u);
}

TEST_F(Storage64, TheHostPointerIsTheSameMemory) {
  std::byte* const host = storage.host(base + 32, 8);
  ASSERT_NE(host, nullptr);
  host[1] = std::byte{2};
  EXPECT_EQ(storage.read64(base + 32), 0x200u);
}

TEST_F(Storage64, ThePortGivesDataAtItsConstantLatencyAndNoAnswerOutside) {
  StoragePort port(storage, 7);
  EXPECT_EQ(port.write(base + 72, 42, 0).latency, 7u);
  const MemoryReply read = port.read(base + 72, 100);
  EXPECT_TRUE(read.ok);
  EXPECT_EQ(read.data, 42u);
  EXPECT_EQ(read.latency, 7u);
  const LineReply line = port.read_line(base + 64, 0);
  EXPECT_TRUE(line.ok);
  EXPECT_EQ(line.latency, 7u);
  EXPECT_EQ(line.data, (std::array<std::uint64_t, 8>{0, 42, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(port.compare_exchange(base + 72, 42, 43, 0).data, 42u);
  EXPECT_EQ(port.read(base + 72, 0).data, 43u);
  EXPECT_FALSE(port.read(base + size, 0).ok);
  EXPECT_FALSE(port.read_line(base + size, 0).ok);
  EXPECT_FALSE(port.write(base - 8, 1, 0).ok);
  EXPECT_FALSE(port.compare_exchange(base - 8, 0, 1, 0).ok);
}

TEST(Storage, SixtyFourGibibytesCostNothingUntilTouched) {
  const std::uint64_t bytes = std::uint64_t{64} << 30;
  Storage storage({.base = 0, .bytes = bytes});
  ASSERT_TRUE(storage.write64(bytes - 8, 1));
  EXPECT_EQ(storage.read64(bytes - 8), 1u);
  EXPECT_EQ(storage.read64(bytes / 2), 0u);
}

TEST(Storage, MoreThanTheHostCanMapIsAnInputErrorNamingTheParameter) {
  try {
    const Storage storage({.base = 0, .bytes = std::uint64_t{1} << 56});
    FAIL() << "no host has 56 bits of user addresses to spare";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("memory.bytes = 72057594037927936"), std::string::npos)
        << error.what();
  }
}

TEST(Storage, AConfigurationBeyondFiftySixBitsOrOffPageIsRefused) {
  StorageConfig fits{.base = 0x1000, .bytes = (std::uint64_t{1} << 56) - 0x1000};
  EXPECT_NO_THROW(check_constraints(fits));
  StorageConfig beyond{.base = 0x2000, .bytes = (std::uint64_t{1} << 56) - 0x1000};
  EXPECT_THROW(check_constraints(beyond), InputError);
  StorageConfig odd_base{.base = 0x1008, .bytes = 0x1000};
  EXPECT_THROW(check_constraints(odd_base), InputError);
  StorageConfig odd_size{.base = 0x1000, .bytes = 0x1800};
  EXPECT_THROW(check_constraints(odd_size), InputError);
}

}  // namespace
}  // namespace kilburn::memory
