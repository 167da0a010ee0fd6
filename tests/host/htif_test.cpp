// The host's side of tohost and fromhost. Values by hand, from the format in htif.h.
#include "platform/host/htif.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace kilburn::host::testing {
namespace {

using Kind = RunOutcome::Kind;
using ::testing::HasSubstr;

constexpr Address base = 0x8000'0000;
constexpr Address tohost = base + 0x1000;
constexpr Address fromhost = base + 0x1040;

struct TestConsole final : uart::ByteSink {
  std::string text;
  void put(std::uint8_t byte) override { text += static_cast<char>(byte); }
};

struct World {
  std::vector<std::byte> bytes = std::vector<std::byte>(0x4000);
  TestConsole console;
  Htif htif;

  explicit World(std::optional<Address> answers = fromhost)
      : htif({.tohost = tohost, .fromhost = answers},
             {.read = [this](Address address,
                             std::span<std::byte> part) { return copy(address, part); },
              .write =
                  [this](Address address, std::span<const std::byte> part) {
                    if (!inside(address, part.size())) return false;
                    std::memcpy(&bytes[address - base], part.data(), part.size());
                    return true;
                  }},
             console) {}
  [[nodiscard]] bool inside(Address address, std::size_t count) const {
    return address >= base && address - base + count <= bytes.size();
  }
  bool copy(Address address, std::span<std::byte> part) const {
    if (!inside(address, part.size())) return false;
    std::memcpy(part.data(), &bytes[address - base], part.size());
    return true;
  }
  [[nodiscard]] std::uint64_t word(Address address) const {
    std::uint64_t value = 0;
    std::memcpy(&value, &bytes[address - base], sizeof value);
    return value;
  }
  void set(Address address, std::uint64_t value) {
    std::memcpy(&bytes[address - base], &value, sizeof value);
  }
  std::optional<RunOutcome> store(std::uint64_t value) {
    set(tohost, value);
    return htif.stored();
  }
  void set_call(Address block, std::vector<std::uint64_t> words) {
    for (const std::uint64_t value : words) {
      set(block, value);
      block += 8;
    }
  }
};

TEST(Htif, OneIsAPass) {
  World world;
  const auto end = world.store(1);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->kind, Kind::passed);
}

TEST(Htif, AnotherOddValueIsAFailureThatNamesTheTest) {
  World world;
  const auto end = world.store(0xB);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->kind, Kind::failed);
  EXPECT_EQ(end->code, 5u);
  EXPECT_THAT(end->message, HasSubstr("tohost 0xb: test 5"));
}

TEST(Htif, ANegativeCodeIsAFailure) {
  World world;
  const auto end = world.store(~std::uint64_t{0});  // -1 * 2 + 1
  ASSERT_TRUE(end);
  EXPECT_EQ(end->kind, Kind::failed);
}

TEST(Htif, CharactersArePrintedAndTohostIsCleared) {
  World world;
  for (const char letter : std::string("AbC\n")) {  // odd characters, too, are no end
    EXPECT_FALSE(world.store(0x0101'0000'0000'0000u | static_cast<unsigned char>(letter)));
    EXPECT_EQ(world.word(tohost), 0u);
  }
  EXPECT_EQ(world.console.text, "AbC\n");
  EXPECT_EQ(world.word(fromhost), 0u);
}

TEST(Htif, WritePrintsAndAnswersWithTheBytes) {
  for (const std::uint64_t descriptor : {1u, 2u}) {
    World world;
    std::memcpy(&world.bytes[0x2100], "four", 4);
    world.set_call(base + 0x2000, {64, descriptor, base + 0x2100, 4});
    EXPECT_FALSE(world.store(base + 0x2000));
    EXPECT_EQ(world.console.text, "four");
    EXPECT_EQ(world.word(base + 0x2000), 4u);
    EXPECT_EQ(world.word(fromhost), 1u);
    EXPECT_EQ(world.word(tohost), 0u);
  }
}

TEST(Htif, ALongWriteIsWhole) {
  World world;
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>('a' + i % 26);
  std::memcpy(&world.bytes[0x2100], text.data(), text.size());
  world.set_call(base + 0x2000, {64, 1, base + 0x2100, text.size()});
  EXPECT_FALSE(world.store(base + 0x2000));
  EXPECT_EQ(world.console.text, text);
}

TEST(Htif, WhatIsNotServedAnswersWithLinuxsErrors) {
  const auto answer = [](std::vector<std::uint64_t> call) {
    World world;
    world.set_call(base + 0x2000, std::move(call));
    EXPECT_FALSE(world.store(base + 0x2000));
    EXPECT_EQ(world.word(fromhost), 1u);
    return static_cast<std::int64_t>(world.word(base + 0x2000));
  };
  EXPECT_EQ(answer({64, 3, base, 4}), -9);            // EBADF
  EXPECT_EQ(answer({64, 1, base + 0x3FFE, 4}), -14);  // EFAULT
  EXPECT_EQ(answer({56, 0, base, 0}), -38);           // openat: ENOSYS
}

TEST(Htif, ExitEndsTheRunWithItsCode) {
  for (const std::uint64_t code : {0u, 3u}) {
    World world;
    world.set_call(base + 0x2000, {93, code});
    const auto end = world.store(base + 0x2000);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->kind, code == 0 ? Kind::passed : Kind::failed);
    EXPECT_EQ(end->code, code);
  }
}

TEST(Htif, AnAnswerWaitsUntilTheProgramHasSeenTheLastOne) {
  World world;
  world.set(fromhost, 7);
  world.set_call(base + 0x2000, {56});
  EXPECT_FALSE(world.store(base + 0x2000));
  EXPECT_EQ(world.word(fromhost), 7u);
  world.set(fromhost, 0);
  EXPECT_FALSE(world.htif.look());
  EXPECT_EQ(world.word(fromhost), 1u);
  world.set(fromhost, 0);
  EXPECT_FALSE(world.htif.look());
  EXPECT_EQ(world.word(fromhost), 0u);  // answered once
}

TEST(Htif, ALowerHalfAloneCountsWhenItHasStoodSinceTheLastLook) {
  World world;
  world.set(tohost, 1);
  EXPECT_FALSE(world.htif.look());
  const auto end = world.htif.look();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->kind, Kind::passed);
}

TEST(Htif, ALookBetweenTwoHalvesTakesNothing) {
  World world;
  world.set(tohost, 'A');  // the lower half of a character: odd
  EXPECT_FALSE(world.htif.look());
  EXPECT_FALSE(world.store(0x0101'0000'0000'0041u));
  EXPECT_EQ(world.console.text, "A");
  EXPECT_FALSE(world.htif.look());
  EXPECT_FALSE(world.htif.look());
}

TEST(Htif, WhatCannotBeServedEndsTheRunAndSaysWhy) {
  const auto message = [](World& world, std::uint64_t value) {
    const auto end = world.store(value);
    EXPECT_TRUE(end && end->kind == Kind::stuck);
    return end ? end->message : "";
  };
  World world;
  EXPECT_THAT(message(world, 0x0503'0000'0000'0000u), HasSubstr("device 5, command 3: allowed is"));
  EXPECT_THAT(message(world, 0x0100'0000'0000'0000u), HasSubstr("device 1, command 0"));
  EXPECT_THAT(message(world, 0x1000), HasSubstr("where there is no memory"));
  World mute(std::nullopt);
  EXPECT_THAT(message(mute, base + 0x2000), HasSubstr("no symbol fromhost"));
}

}  // namespace
}  // namespace kilburn::host::testing
