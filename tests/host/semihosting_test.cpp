// Semihosting calls. Numbers, blocks and answers by the text of the semihosting specification.
#include "platform/host/semihosting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <string>
#include <vector>

namespace kilburn::host::testing {
namespace {

using Kind = RunOutcome::Kind;
using ::testing::HasSubstr;

constexpr Address base = 0x1000;
constexpr std::uint64_t minus_one = ~std::uint64_t{0};

struct World final : SemihostingHost {
  std::vector<std::byte> bytes = std::vector<std::byte>(0x1000);
  std::string text;
  std::deque<std::uint8_t> input;
  Semihosting semihosting;

  bool read(Address va, std::span<std::byte> part) override {
    if (va < base || va - base + part.size() > bytes.size()) return false;
    std::memcpy(part.data(), &bytes[va - base], part.size());
    return true;
  }
  void put(std::uint8_t byte) override { text += static_cast<char>(byte); }
  std::optional<std::uint8_t> get() override {
    if (input.empty()) return std::nullopt;
    const std::uint8_t byte = input.front();
    input.pop_front();
    return byte;
  }
  [[nodiscard]] std::uint64_t nanoseconds() const override { return 1'239'999'999; }
  [[nodiscard]] std::uint64_t epoch_seconds() const override { return 1'700'000'000; }

  Address place(Address offset, const std::string& string) {
    std::memcpy(&bytes[offset], string.c_str(), string.size() + 1);
    return base + offset;
  }
  Address block(const std::vector<std::uint64_t>& words) {
    std::memcpy(bytes.data(), words.data(), 8 * words.size());
    return base;
  }
  std::uint64_t call(std::uint64_t operation, std::uint64_t parameter) {
    const Semihosting::Reply reply = semihosting.call(operation, parameter, *this);
    EXPECT_FALSE(reply.end);
    return reply.result;
  }
  std::uint64_t open(const std::string& name, std::uint64_t mode) {
    const Address at = place(0x100, name);
    return call(0x01, block({at, mode, name.size()}));
  }
  std::uint64_t error() { return call(0x13, 0); }
};

TEST(Semihosting, ExitEndsTheRunWithItsCode) {
  for (const std::uint64_t operation : {0x18u, 0x20u}) {
    World world;
    const auto passed = world.semihosting.call(operation, world.block({0x20026, 0}), world);
    ASSERT_TRUE(passed.end);
    EXPECT_EQ(passed.end->kind, Kind::passed);
    const auto failed = world.semihosting.call(operation, world.block({0x20026, 7}), world);
    ASSERT_TRUE(failed.end);
    EXPECT_EQ(failed.end->kind, Kind::failed);
    EXPECT_EQ(failed.end->code, 7u);
  }
}

TEST(Semihosting, AnyReasonButTheProgramsExitIsAFailure) {
  World world;
  const auto reply = world.semihosting.call(0x18, world.block({0x20023, 0}), world);
  ASSERT_TRUE(reply.end);
  EXPECT_EQ(reply.end->kind, Kind::failed);
  EXPECT_THAT(reply.end->message, HasSubstr("0x20023"));
  const auto unreadable = world.semihosting.call(0x18, 0, world);
  ASSERT_TRUE(unreadable.end);
  EXPECT_EQ(unreadable.end->kind, Kind::failed);
}

TEST(Semihosting, CharactersAndStringsArePrinted) {
  World world;
  world.call(0x03, world.place(0x200, "x"));
  world.call(0x04, world.place(0x200, "yz\n"));
  EXPECT_EQ(world.text, "xyz\n");
}

TEST(Semihosting, TheConsoleIsOpenedByTheKindOfItsMode) {
  World world;
  EXPECT_EQ(world.open(":tt", 4), 1u);  // w
  EXPECT_EQ(world.open(":tt", 8), 2u);  // a
  EXPECT_EQ(world.open(":tt", 0), 3u);  // r
  for (const std::uint64_t handle : {1u, 2u, 3u}) {
    EXPECT_EQ(world.call(0x09, world.block({handle})), 1u);
  }
}

TEST(Semihosting, WriteAnswersWithWhatIsLeft) {
  World world;
  EXPECT_EQ(world.open(":tt", 4), 1u);
  const std::string text(700, 'q');
  const Address at = world.place(0x200, text);
  EXPECT_EQ(world.call(0x05, world.block({1, at, text.size()})), 0u);
  EXPECT_EQ(world.text, text);
  EXPECT_EQ(world.call(0x05, world.block({1, base + 0xFFE, 4})), 4u);
  EXPECT_EQ(world.error(), 14u);  // EFAULT
}

TEST(Semihosting, ClosedHandlesAreRefused) {
  World world;
  const Address at = world.place(0x200, "abc");
  EXPECT_EQ(world.call(0x05, world.block({1, at, 3})), 3u);
  EXPECT_EQ(world.error(), 9u);  // EBADF
  EXPECT_EQ(world.open(":tt", 4), 1u);
  EXPECT_EQ(world.call(0x02, world.block({1})), 0u);
  EXPECT_EQ(world.call(0x02, world.block({1})), minus_one);
  EXPECT_EQ(world.call(0x09, world.block({1})), minus_one);
  EXPECT_EQ(world.call(0x09, world.block({minus_one})), minus_one);
  EXPECT_EQ(world.text, "");
}

TEST(Semihosting, InputIsNoOutput) {
  World world;
  EXPECT_EQ(world.open(":tt", 0), 3u);
  EXPECT_EQ(world.call(0x05, world.block({3, world.place(0x200, "a"), 1})), 1u);
  EXPECT_EQ(world.text, "");
}

TEST(Semihosting, FilesOfTheHostAreNotThere) {
  World world;
  EXPECT_EQ(world.open("/etc/passwd", 0), minus_one);
  EXPECT_EQ(world.error(), 2u);  // ENOENT
  EXPECT_EQ(world.open("abc", 0), minus_one);
  EXPECT_EQ(world.open(":tt", 12), minus_one);
  EXPECT_EQ(world.error(), 22u);  // EINVAL
}

TEST(Semihosting, ReadsTheConsolesBytesUntilTheyEnd) {
  World world;
  world.input = {'a', 0xFF};
  EXPECT_EQ(world.call(0x07, 0), 'a');
  EXPECT_EQ(world.call(0x07, 0), 0xFFu);
  EXPECT_EQ(world.call(0x07, 0), minus_one);
}

TEST(Semihosting, TellsTheTimes) {
  World world;
  EXPECT_EQ(world.call(0x10, 0), 123u);  // hundredths of a second
  EXPECT_EQ(world.call(0x11, 0), 1'700'000'000u);
}

TEST(Semihosting, AnythingElseIsMissing) {
  for (const std::uint64_t operation : {0x00u, 0x06u, 0x0Au, 0x0Eu, 0x0Fu, 0x12u, 0x16u, 0x99u}) {
    World world;
    EXPECT_EQ(world.call(operation, world.block({0, 0, 0})), minus_one);
    EXPECT_EQ(world.error(), 38u);  // ENOSYS
  }
}

TEST(Semihosting, AConsoleHasNoLength) {
  World world;
  EXPECT_EQ(world.open(":tt", 4), 1u);
  EXPECT_EQ(world.call(0x0C, world.block({1})), minus_one);
  EXPECT_EQ(world.error(), 22u);
  EXPECT_EQ(world.call(0x0C, world.block({2})), minus_one);
  EXPECT_EQ(world.error(), 9u);
}

TEST(Semihosting, ArgumentsThatCannotBeReadAreFaults) {
  for (const std::uint64_t operation : {0x01u, 0x02u, 0x03u, 0x04u, 0x05u, 0x09u, 0x0Cu}) {
    World world;
    EXPECT_EQ(world.call(operation, 0), minus_one);
    EXPECT_EQ(world.error(), 14u);
  }
}

}  // namespace
}  // namespace kilburn::host::testing
