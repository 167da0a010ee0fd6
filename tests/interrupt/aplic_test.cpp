// The APLIC's registers, source modes, delegation, and direct delivery.
#include "interrupt/aplic.h"

#include <gtest/gtest.h>

#include "aplic_world.h"
#include "common/random.h"

namespace kilburn::interrupt::testing {
namespace {

class AplicRegisters : public ::testing::TestWithParam<Delivery> {};
INSTANTIATE_TEST_SUITE_P(Delivery, AplicRegisters,
                         ::testing::Values(Delivery::direct, Delivery::message),
                         [](const auto& test) {
                           return test.param == Delivery::direct ? "Direct" : "Message";
                         });

TEST_P(AplicRegisters, DomaincfgHasTheEnableAndSaysHowInterruptsAreDelivered) {
  AplicWorld world(GetParam());
  const std::uint32_t fixed = 0x8000'0000u | (GetParam() == Delivery::message ? 4u : 0u);
  for (const auto level : {machine_level, supervisor_level}) {
    EXPECT_EQ(world.read(APLIC_DOMAINCFG, level), fixed);
    world.write(APLIC_DOMAINCFG, 0xFFFF'FFFF, level);
    EXPECT_EQ(world.read(APLIC_DOMAINCFG, level), fixed | 0x100);
    world.write(APLIC_DOMAINCFG, 0, level);
    EXPECT_EQ(world.read(APLIC_DOMAINCFG, level), fixed);
  }
}

TEST_P(AplicRegisters, ThereAreNinetySixSources) {
  AplicWorld world(GetParam());
  for (const unsigned source : {1u, 96u}) {
    world.write(AplicWorld::sourcecfg(source), APLIC_DETACHED);
    EXPECT_EQ(world.read(AplicWorld::sourcecfg(source)), APLIC_DETACHED + 0u);
    world.write(APLIC_SETIPNUM, source);
    EXPECT_TRUE(world.pending(source));
  }
  world.write(AplicWorld::sourcecfg(97), APLIC_DETACHED);
  EXPECT_EQ(world.read(AplicWorld::sourcecfg(97)), 0u);
  for (const std::uint32_t source : {0u, 97u, 1023u, 1024u, 0xFFFF'FFFFu}) {
    world.write(APLIC_SETIPNUM, source);
    world.write(APLIC_SETIENUM, source);
    world.write(APLIC_CLRIPNUM, source);
    world.write(APLIC_CLRIENUM, source);
  }
  for (unsigned word = 0; word < APLIC_WORDS; ++word) {
    world.write(APLIC_SETIP + 4 * word, 0xFFFF'FFFF);
    const std::uint32_t expected = word == 0 ? 2u : word == 3 ? 1u : 0u;
    EXPECT_EQ(world.read(APLIC_SETIP + 4 * word), expected) << word;
    EXPECT_EQ(world.read(APLIC_SETIE + 4 * word), 0u) << word;
  }
}

TEST_P(AplicRegisters, ReservedModesAreInactive) {
  AplicWorld world(GetParam());
  for (std::uint32_t mode = 0; mode < 8; ++mode) {
    world.write(AplicWorld::sourcecfg(7), mode);
    EXPECT_EQ(world.read(AplicWorld::sourcecfg(7)), mode == 2 || mode == 3 ? 0 : mode);
  }
}

TEST_P(AplicRegisters, WhatIsInactiveHasNoBitsAndNoTarget) {
  AplicWorld world(GetParam());
  world.set_up(5, APLIC_DETACHED, 1, 3);
  world.write(APLIC_SETIPNUM, 5);
  EXPECT_TRUE(world.pending(5) && world.enabled(5));
  EXPECT_EQ(world.read(AplicWorld::target(5)), 1u << 18 | 3);
  world.write(AplicWorld::sourcecfg(5), APLIC_INACTIVE);
  world.write(APLIC_SETIPNUM, 5);
  world.write(APLIC_SETIENUM, 5);
  world.write(AplicWorld::target(5), 0xFFFF'FFFF);
  EXPECT_FALSE(world.pending(5) || world.enabled(5));
  EXPECT_EQ(world.read(AplicWorld::target(5)), 0u);
}

TEST_P(AplicRegisters, ADelegatedSourceIsTheChildsAndNotTheRoots) {
  AplicWorld world(GetParam());
  world.write(AplicWorld::sourcecfg(9), APLIC_DETACHED, supervisor_level);
  EXPECT_EQ(world.read(AplicWorld::sourcecfg(9), supervisor_level), 0u) << "not delegated yet";
  world.write(AplicWorld::sourcecfg(9), APLIC_DETACHED);
  world.write(APLIC_SETIPNUM, 9);
  world.write(AplicWorld::sourcecfg(9), APLIC_SOURCECFG_DELEGATE);
  EXPECT_EQ(world.read(AplicWorld::sourcecfg(9)), APLIC_SOURCECFG_DELEGATE + 0u);
  EXPECT_FALSE(world.pending(9));
  EXPECT_EQ(world.read(AplicWorld::sourcecfg(9), supervisor_level), 0u);
  world.write(AplicWorld::sourcecfg(9), APLIC_DETACHED, supervisor_level);
  world.write(APLIC_SETIPNUM, 9);
  EXPECT_FALSE(world.pending(9) || world.pending(9, supervisor_level));
  world.write(APLIC_SETIPNUM, 9, supervisor_level);
  EXPECT_TRUE(world.pending(9, supervisor_level));
  EXPECT_FALSE(world.pending(9));
  world.write(AplicWorld::sourcecfg(9), APLIC_INACTIVE);
  EXPECT_EQ(world.read(AplicWorld::sourcecfg(9), supervisor_level), 0u) << "taken back";
  EXPECT_FALSE(world.pending(9, supervisor_level));
}

TEST_P(AplicRegisters, ALeafThatDelegatesMakesItsRegisterZero) {
  AplicWorld world(GetParam());
  world.set_up(9, APLIC_LEVEL_HIGH, 0, 1, supervisor_level);
  world.write(AplicWorld::sourcecfg(9), APLIC_SOURCECFG_DELEGATE | APLIC_LEVEL_HIGH,
              supervisor_level);
  EXPECT_EQ(world.read(AplicWorld::sourcecfg(9), supervisor_level), 0u);
}

TEST_P(AplicRegisters, EnablesAreSetAndClearedByBitsAndByNumber) {
  AplicWorld world(GetParam());
  for (const unsigned source : {33u, 34u}) world.set_up(source, APLIC_DETACHED, 0, 1);
  EXPECT_EQ(world.read(APLIC_SETIE + 4), 6u);
  world.write(APLIC_CLRIE + 4, 2);
  EXPECT_EQ(world.read(APLIC_SETIE + 4), 4u);
  EXPECT_EQ(world.read(APLIC_CLRIE + 4), 0u);
  world.write(APLIC_CLRIENUM, 34);
  EXPECT_EQ(world.read(APLIC_SETIE + 4), 0u);
  world.write(APLIC_SETIE + 4, 0xFFFF'FFFF);
  EXPECT_EQ(world.read(APLIC_SETIE + 4), 6u);
}

TEST_P(AplicRegisters, NumbersComeInEitherByteOrder) {
  AplicWorld world(GetParam());
  for (const unsigned source : {40u, 41u})
    world.write(AplicWorld::sourcecfg(source), APLIC_DETACHED);
  world.write(APLIC_SETIPNUM_LE, 40);
  world.write(APLIC_SETIPNUM_BE, 41u << 24);
  world.write(APLIC_SETIPNUM_BE, 40);  // 0x28000000: no source
  EXPECT_EQ(world.read(APLIC_SETIP + 4), 3u << 8);
  for (const unsigned offset : {APLIC_SETIPNUM, APLIC_SETIPNUM_LE, APLIC_SETIPNUM_BE,
                                APLIC_CLRIPNUM, APLIC_SETIENUM, APLIC_CLRIENUM}) {
    EXPECT_EQ(world.read(offset), 0u);
  }
}

TEST_P(AplicRegisters, EveryOffsetTakesEveryValue) {
  constexpr std::uint64_t seed = 3;
  SCOPED_TRACE(seed);
  std::uint64_t random = seed;
  AplicWorld world(GetParam());
  for (int step = 0; step < 100'000; ++step) {
    const auto level = next_random(random) % 2 == 0 ? machine_level : supervisor_level;
    const auto offset = static_cast<unsigned>(next_random(random) % BOARD_APLIC_BYTES & ~3u);
    const auto value = static_cast<std::uint32_t>(next_random(random));
    if (next_random(random) % 2 == 0) {
      world.write(offset, next_random(random) % 2 == 0 ? value : value % 128, level);
    } else {
      (void)world.read(offset, level);
    }
    world.aplic.set(value % 96 + 1, value >> 31 != 0);
    (void)world.aplic.take_message();
  }
}

/// What a wire does to the pending bit in each mode: 4.7 of the specification.
struct ModeCase {
  std::uint32_t mode;
  bool pends_on_rise;
  bool pends_on_fall;
  bool falls_with_wire;  ///< pending ends when the rectified input does
};
constexpr ModeCase mode_cases[] = {{APLIC_DETACHED, false, false, false},
                                   {APLIC_EDGE_RISING, true, false, false},
                                   {APLIC_EDGE_FALLING, false, true, false},
                                   {APLIC_LEVEL_HIGH, true, false, true},
                                   {APLIC_LEVEL_LOW, false, true, true}};

TEST_P(AplicRegisters, AWirePendsItsSourceByTheMode) {
  for (const ModeCase& expected : mode_cases) {
    SCOPED_TRACE(expected.mode);
    AplicWorld world(GetParam());
    const bool inverted = expected.pends_on_fall;
    world.aplic.set(8, inverted);
    world.write(AplicWorld::sourcecfg(8), expected.mode);
    EXPECT_FALSE(world.pending(8));
    world.aplic.set(8, !inverted);
    EXPECT_EQ(world.pending(8), expected.pends_on_rise || expected.pends_on_fall);
    EXPECT_EQ(world.rectified(8), expected.mode != APLIC_DETACHED);
    world.aplic.set(8, inverted);
    EXPECT_FALSE(world.rectified(8));
    EXPECT_EQ(world.pending(8), expected.mode != APLIC_DETACHED && !expected.falls_with_wire);
  }
}

TEST_P(AplicRegisters, SoftwareSetsAndClearsPendingBitsWhereTheModeLetsIt) {
  for (const ModeCase& expected : mode_cases) {
    for (const bool rectified : {false, true}) {
      SCOPED_TRACE(std::to_string(expected.mode) + (rectified ? " high" : " low"));
      AplicWorld world(GetParam());
      const bool inverted = expected.mode == APLIC_EDGE_FALLING || expected.mode == APLIC_LEVEL_LOW;
      world.aplic.set(8, rectified != inverted);
      world.write(AplicWorld::sourcecfg(8), expected.mode);
      const bool level = expected.falls_with_wire;
      const bool by_wire_alone = level && GetParam() == Delivery::direct;
      world.write(APLIC_CLRIPNUM, 8);
      EXPECT_EQ(world.pending(8), by_wire_alone && rectified);
      world.write(APLIC_SETIPNUM, 8);
      EXPECT_EQ(world.pending(8), !level || rectified);
      world.write(APLIC_IN_CLRIP, 1u << 8);
      EXPECT_EQ(world.pending(8), by_wire_alone && rectified);
      world.write(APLIC_SETIP, 1u << 8);
      EXPECT_EQ(world.pending(8), !level || rectified);
    }
  }
}

TEST_P(AplicRegisters, ALevelThatIsThereWhenItsSourceBecomesActivePends) {
  AplicWorld world(GetParam());
  world.aplic.set(8, true);
  world.write(AplicWorld::sourcecfg(8), APLIC_LEVEL_HIGH);
  EXPECT_TRUE(world.pending(8));
  world.aplic.set(9, true);
  world.write(AplicWorld::sourcecfg(9), APLIC_EDGE_RISING);
  EXPECT_FALSE(world.pending(9)) << "the edge has been before";
}

TEST(AplicDirect, APriorityIsEightBitsAndNeverZero) {
  AplicWorld world(Delivery::direct);
  world.write(AplicWorld::sourcecfg(4), APLIC_DETACHED);
  EXPECT_EQ(world.read(AplicWorld::target(4)), 1u);
  world.write(AplicWorld::target(4), 0xFFFF'FFFF);
  EXPECT_EQ(world.read(AplicWorld::target(4)), 0xFFFC'00FFu);
  world.write(AplicWorld::target(4), 0x4'0000);
  EXPECT_EQ(world.read(AplicWorld::target(4)), 0x4'0001u);
}

TEST(AplicDirect, GenmsiAndTheAddressesOfMessagesAreReadOnlyZero) {
  AplicWorld world(Delivery::direct);
  for (const unsigned offset : {APLIC_GENMSI + 0u, APLIC_MMSIADDRCFG + 0u, APLIC_MMSIADDRCFGH + 0u,
                                APLIC_SMSIADDRCFG + 0u}) {
    world.write(offset, 0xFFFF'FFFF);
    EXPECT_EQ(world.read(offset), 0u);
  }
  EXPECT_FALSE(world.aplic.has_message());
}

TEST(AplicDirect, TheLineWantsEnableDeliveryAndATopInterrupt) {
  for (const auto level : {machine_level, supervisor_level}) {
    AplicWorld world(Delivery::direct);
    const unsigned line = AplicWorld::line(level);
    world.set_up(10, APLIC_LEVEL_HIGH, 1, 5, level);
    world.aplic.set(10, true);
    EXPECT_EQ(world.read(AplicWorld::idc(1, APLIC_TOPI), level), 10u << 16 | 5)
        << "whatever IE and idelivery say";
    EXPECT_FALSE(world.harts[1][line]);
    world.write(APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE, level);
    EXPECT_FALSE(world.harts[1][line]);
    world.write(AplicWorld::idc(1, APLIC_IDELIVERY), 1, level);
    EXPECT_TRUE(world.harts[1][line]);
    EXPECT_EQ(world.aplic.priority(level, 1), 5u);
    EXPECT_FALSE(world.harts[0][line]);
    world.write(APLIC_CLRIENUM, 10, level);
    EXPECT_FALSE(world.harts[1][line]);
    world.write(APLIC_SETIENUM, 10, level);
    EXPECT_TRUE(world.harts[1][line]);
    world.aplic.set(10, false);
    EXPECT_FALSE(world.harts[1][line]);
  }
}

TEST(AplicDirect, TheLeastPriorityNumberThenTheLeastSourceIsOnTop) {
  AplicWorld world(Delivery::direct);
  world.set_up(20, APLIC_DETACHED, 0, 7);
  world.set_up(11, APLIC_DETACHED, 0, 9);
  world.set_up(21, APLIC_DETACHED, 0, 7);
  for (const unsigned source : {11u, 21u, 20u}) world.write(APLIC_SETIPNUM, source);
  const unsigned claimi = AplicWorld::idc(0, APLIC_CLAIMI);
  EXPECT_EQ(world.read(claimi), 20u << 16 | 7);
  EXPECT_EQ(world.read(claimi), 21u << 16 | 7);
  EXPECT_EQ(world.read(claimi), 11u << 16 | 9);
  EXPECT_EQ(world.read(claimi), 0u);
}

TEST(AplicDirect, AThresholdHidesItsPriorityAndThoseAbove) {
  AplicWorld world(Delivery::direct);
  world.deliver();
  world.set_up(20, APLIC_DETACHED, 0, 7);
  world.write(APLIC_SETIPNUM, 20);
  for (const unsigned threshold : {0u, 8u, 255u}) {
    world.write(AplicWorld::idc(0, APLIC_ITHRESHOLD), threshold);
    EXPECT_EQ(world.read(AplicWorld::idc(0, APLIC_TOPI)), 20u << 16 | 7);
    EXPECT_TRUE(world.harts[0][hart_line::machine_external]);
  }
  for (const unsigned threshold : {1u, 7u}) {
    world.write(AplicWorld::idc(0, APLIC_ITHRESHOLD), threshold);
    EXPECT_EQ(world.read(AplicWorld::idc(0, APLIC_TOPI)), 0u);
    EXPECT_FALSE(world.harts[0][hart_line::machine_external]);
  }
}

TEST(AplicDirect, PriorityTwoHundredFiftyFiveIsDeliveredWithoutAThreshold) {
  AplicWorld world(Delivery::direct);
  world.set_up(20, APLIC_DETACHED, 0, 255);
  world.write(APLIC_SETIPNUM, 20);
  EXPECT_EQ(world.read(AplicWorld::idc(0, APLIC_TOPI)), 20u << 16 | 255);
}

TEST(AplicDirect, AClaimClearsAnEdgeAndNotALevel) {
  AplicWorld world(Delivery::direct);
  world.set_up(20, APLIC_EDGE_RISING, 0, 1);
  world.set_up(21, APLIC_LEVEL_HIGH, 0, 2);
  world.aplic.set(20, true);
  world.aplic.set(21, true);
  EXPECT_EQ(world.read(AplicWorld::idc(0, APLIC_CLAIMI)) >> 16, 20u);
  EXPECT_FALSE(world.pending(20));
  EXPECT_EQ(world.read(AplicWorld::idc(0, APLIC_CLAIMI)) >> 16, 21u);
  EXPECT_TRUE(world.pending(21));
  EXPECT_EQ(world.aplic.statistics().claims, 2u);
}

TEST(AplicDirect, AForcedInterruptIsSpuriousAndEndsWithAnEmptyClaim) {
  AplicWorld world(Delivery::direct);
  world.deliver();
  world.write(AplicWorld::idc(1, APLIC_IFORCE), 0xFFFF'FFFF);
  EXPECT_EQ(world.read(AplicWorld::idc(1, APLIC_IFORCE)), 1u);
  EXPECT_TRUE(world.harts[1][hart_line::machine_external]);
  EXPECT_EQ(world.read(AplicWorld::idc(1, APLIC_CLAIMI)), 0u);
  EXPECT_EQ(world.read(AplicWorld::idc(1, APLIC_IFORCE)), 0u);
  EXPECT_FALSE(world.harts[1][hart_line::machine_external]);
  EXPECT_EQ(world.aplic.statistics().empty_claims, 1u);
}

TEST(AplicDirect, ASourceForAHartThatIsNotThereReachesNone) {
  AplicWorld world(Delivery::direct);
  world.deliver();
  world.set_up(20, APLIC_DETACHED, 2, 1);
  world.set_up(21, APLIC_DETACHED, 0x3FFF, 1);
  for (const unsigned source : {20u, 21u}) world.write(APLIC_SETIPNUM, source);
  for (const auto& hart : world.harts) EXPECT_EQ(hart.changes, 0u);
  world.write(AplicWorld::idc(2, APLIC_IDELIVERY), 1);
  EXPECT_EQ(world.read(AplicWorld::idc(2, APLIC_IDELIVERY)), 0u);
}

}  // namespace
}  // namespace kilburn::interrupt::testing
