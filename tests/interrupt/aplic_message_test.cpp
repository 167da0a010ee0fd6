// Interrupts that the APLIC sends as messages: where to, what, and when.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "aplic_world.h"
#include "common/random.h"
#include "interrupt/imsic.h"
#include "interrupt/msi_addresses.h"

namespace kilburn::interrupt::testing {
namespace {

using Write = Aplic::Write;

/// Machine pages at 0x24000000, supervisor pages, eight a hart, at 0x28000000.
void set_addresses(AplicWorld& world) {
  world.write(APLIC_MMSIADDRCFG, 0x2'4000);
  world.write(APLIC_MMSIADDRCFGH, 3u << APLIC_MSIADDR_LHXW_SHIFT);
  world.write(APLIC_SMSIADDRCFG, 0x2'8000);
  world.write(APLIC_SMSIADDRCFGH, 3u << APLIC_MSIADDR_LHXS_SHIFT);
}

TEST(AplicMessage, ASourceThatPendsAndIsEnabledIsSentOnce) {
  AplicWorld world(Delivery::message);
  set_addresses(world);
  world.set_up(10, APLIC_LEVEL_HIGH, 1, 33);
  world.aplic.set(10, true);
  EXPECT_FALSE(world.aplic.has_message()) << "the domain is off";
  world.write(APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE);
  EXPECT_TRUE(world.pending(10));
  EXPECT_EQ(world.aplic.take_message(), (Write{0x2400'1000, 33}));
  EXPECT_FALSE(world.pending(10));
  EXPECT_TRUE(world.rectified(10));
  EXPECT_EQ(world.aplic.take_message(), std::nullopt) << "until the level has been low";
  world.aplic.set(10, false);
  world.aplic.set(10, true);
  EXPECT_EQ(world.aplic.take_message(), (Write{0x2400'1000, 33}));
}

TEST(AplicMessage, AHandlerSendsALevelThatIsStillThereAgainBySetipnum) {
  AplicWorld world(Delivery::message);
  set_addresses(world);
  world.write(APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE);
  world.set_up(10, APLIC_LEVEL_HIGH, 0, 33);
  world.aplic.set(10, true);
  (void)world.aplic.take_message();
  world.write(APLIC_SETIPNUM, 10);
  EXPECT_TRUE(world.aplic.take_message().has_value());
  world.aplic.set(10, false);
  world.write(APLIC_SETIPNUM, 10);
  EXPECT_FALSE(world.aplic.has_message());
}

TEST(AplicMessage, ALevelThatGoesBeforeItIsSentIsNotSent) {
  AplicWorld world(Delivery::message);
  world.write(APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE);
  world.set_up(10, APLIC_LEVEL_LOW, 0, 33);
  EXPECT_TRUE(world.aplic.has_message());
  world.aplic.set(10, true);
  EXPECT_FALSE(world.aplic.has_message());
}

TEST(AplicMessage, TheSupervisorsGoToItsFilesAndThoseOfGuests) {
  AplicWorld world(Delivery::message);
  set_addresses(world);
  world.write(APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE, supervisor_level);
  world.set_up(10, APLIC_DETACHED, 1, 2u << APLIC_TARGET_GUEST_SHIFT | 77, supervisor_level);
  world.set_up(11, APLIC_DETACHED, 0, 78, supervisor_level);
  for (const unsigned source : {11u, 10u}) world.write(APLIC_SETIPNUM, source, supervisor_level);
  EXPECT_EQ(world.aplic.take_message(), (Write{0x2800'0000 + (8 + 2) * 0x1000, 77}));
  EXPECT_EQ(world.aplic.take_message(), (Write{0x2800'0000, 78}));
}

TEST(AplicMessage, TargetsHaveAHartAnIdentityAndInTheChildAGuest) {
  AplicWorld world(Delivery::message);
  world.write(AplicWorld::sourcecfg(4), APLIC_DETACHED);
  world.write(AplicWorld::target(4), 0xFFFF'FFFF);
  EXPECT_EQ(world.read(AplicWorld::target(4)), 0xFFFC'07FFu);
  world.write(AplicWorld::sourcecfg(4), APLIC_SOURCECFG_DELEGATE);
  world.write(AplicWorld::sourcecfg(4), APLIC_DETACHED, supervisor_level);
  world.write(AplicWorld::target(4), 0xFFFF'FFFF, supervisor_level);
  EXPECT_EQ(world.read(AplicWorld::target(4), supervisor_level), 0xFFFF'F7FFu);
}

TEST(AplicMessage, NoHartHasAnIdc) {
  AplicWorld world(Delivery::message);
  for (const unsigned offset : {APLIC_IDELIVERY, APLIC_IFORCE, APLIC_ITHRESHOLD}) {
    world.write(AplicWorld::idc(0, offset), 1);
    EXPECT_EQ(world.read(AplicWorld::idc(0, offset)), 0u);
  }
}

TEST(AplicMessage, GenmsiIsBusyUntilItHasGoneAndNeedsNoEnable) {
  AplicWorld world(Delivery::message);
  set_addresses(world);
  for (const auto level : {machine_level, supervisor_level}) {
    const Address pages = level == machine_level ? 0x2400'1000 : 0x2800'8000;
    world.write(APLIC_GENMSI, 1u << APLIC_TARGET_HART_SHIFT | 0x3'F000 | 9, level);
    EXPECT_EQ(world.read(APLIC_GENMSI, level), 1u << 18 | APLIC_GENMSI_BUSY | 9);
    world.write(APLIC_GENMSI, 55, level);  // ignored
    EXPECT_EQ(world.aplic.take_message(), (Write{pages, 9}));
    EXPECT_EQ(world.read(APLIC_GENMSI, level), 1u << 18 | 9);
    EXPECT_FALSE(world.aplic.has_message());
  }
}

TEST(AplicMessage, AddressesAreWrittenInTheRootAndLocked) {
  AplicWorld world(Delivery::message);
  world.write(APLIC_MMSIADDRCFG, 0x1234, supervisor_level);
  EXPECT_EQ(world.read(APLIC_MMSIADDRCFG, supervisor_level), 0u);
  EXPECT_EQ(world.read(APLIC_MMSIADDRCFG), 0u);
  for (const unsigned offset :
       {APLIC_MMSIADDRCFG, APLIC_SMSIADDRCFG, APLIC_SMSIADDRCFGH, APLIC_MMSIADDRCFGH}) {
    world.write(offset, 0xFFFF'FFFF);
  }
  for (const unsigned offset :
       {APLIC_MMSIADDRCFG, APLIC_SMSIADDRCFG, APLIC_SMSIADDRCFGH, APLIC_MMSIADDRCFGH}) {
    world.write(offset, 0);
  }
  EXPECT_EQ(world.read(APLIC_MMSIADDRCFG), 0xFFFF'FFFFu);
  EXPECT_EQ(world.read(APLIC_MMSIADDRCFGH), 0x9F77'FFFFu);
  EXPECT_EQ(world.read(APLIC_SMSIADDRCFG), 0xFFFF'FFFFu);
  EXPECT_EQ(world.read(APLIC_SMSIADDRCFGH), 0x0070'0FFFu);
}

/// 4.9.1: g and h of the hart's index, each at its place in the page number.
TEST(MsiAddresses, GroupAndHartAreAtTheirShifts) {
  MsiAddresses addresses;
  addresses.write(APLIC_MMSIADDRCFG, 0x0002'4000);
  addresses.write(APLIC_SMSIADDRCFG, 0x0002'8000);
  addresses.write(APLIC_SMSIADDRCFGH, 2u << APLIC_MSIADDR_LHXS_SHIFT | 0x001);
  addresses.write(APLIC_MMSIADDRCFGH,
                  3u << APLIC_MSIADDR_HHXS_SHIFT | 1u << APLIC_MSIADDR_LHXS_SHIFT |
                      2u << APLIC_MSIADDR_HHXW_SHIFT | 3u << APLIC_MSIADDR_LHXW_SHIFT | 0x800);
  // Hart 0b10'101: group 2, hart 5 in it.
  EXPECT_EQ(addresses.machine(0b10'101), (0x800'0002'4000 | 2u << 15 | 5u << 1) << 12);
  EXPECT_EQ(addresses.supervisor(0b10'101, 3),
            (std::uint64_t{0x001'0002'8000} | 2u << 15 | 5u << 2 | 3) << 12);
  EXPECT_EQ(addresses.machine(0b110'101), addresses.machine(0b10'101)) << "HHXW is 2";
}

TEST(MsiAddresses, TheWidestFieldsMakeAnAddressOfFiftySixBits) {
  MsiAddresses addresses;
  addresses.write(APLIC_MMSIADDRCFG, 0xFFFF'FFFF);
  addresses.write(APLIC_MMSIADDRCFGH, 0x7FFF'FFFF);
  EXPECT_EQ(addresses.machine(0x3FFF) >> 56, 0u);
}

/// Behaviour 6 of specification 11: none lost, none twice. Wires of several sources rise and fall
/// while software masks and unmasks them in the APLIC and in the files; each rise is one interrupt
/// at one hart, at the latest once all is open.
TEST(AplicMessage, UnderLoadEveryEdgeArrivesOnceAtItsHart) {
  constexpr std::uint64_t seed = 20;
  SCOPED_TRACE(seed);
  std::uint64_t random = seed;
  AplicWorld world(Delivery::message);
  set_addresses(world);
  world.write(APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE, supervisor_level);
  Imsic imsics[] = {Imsic(world.harts[0], 0), Imsic(world.harts[1], 0)};
  constexpr unsigned sources = 96;
  const auto hart_of = [](unsigned source) { return source * 7 % 2; };
  for (unsigned source = 1; source <= sources; ++source) {
    world.set_up(source, APLIC_EDGE_RISING, hart_of(source), 100 + source, supervisor_level);
  }
  for (Imsic& imsic : imsics) {
    imsic.write(interrupt_file::supervisor, IMSIC_EIDELIVERY, 1);
    for (unsigned select = IMSIC_EIE; select < IMSIC_EIE + 8; select += 2) {
      imsic.write(interrupt_file::supervisor, select, ~std::uint64_t{0});
    }
  }
  std::set<unsigned> waiting;  // sources whose wire has risen and that were not handled yet
  std::map<unsigned, unsigned> risen;
  std::map<unsigned, unsigned> handled;
  const auto deliver_one = [&] {
    const auto write = world.aplic.take_message();
    if (!write) return false;
    const Address page = (write->address - 0x2800'0000) >> 12;
    EXPECT_EQ(page % 8, 0u);
    imsics[page / 8].message(interrupt_file::supervisor, write->data);
    return true;
  };
  const auto handle_one = [&](unsigned hart) {
    if (!world.harts[hart][hart_line::supervisor_external]) return false;
    const unsigned identity = imsics[hart].top(interrupt_file::supervisor) >> 16;
    imsics[hart].claim(interrupt_file::supervisor);
    EXPECT_NE(identity, 0u);
    const unsigned source = identity - 100;
    EXPECT_EQ(hart_of(source), hart);
    EXPECT_EQ(waiting.erase(source), 1u) << "source " << source << " came twice";
    ++handled[source];
    return true;
  };
  for (int step = 0; step < 50'000; ++step) {
    const auto source = static_cast<unsigned>(next_random(random) % sources + 1);
    switch (next_random(random) % 8) {
      case 0:
      case 1:
        // A wire rises again only when its interrupt was handled, as a device's does.
        if (!waiting.insert(source).second) break;
        ++risen[source];
        world.aplic.set(source, true);
        world.aplic.set(source, false);
        break;
      case 2:
        world.write(APLIC_CLRIENUM, source, supervisor_level);
        break;
      case 3:
        world.write(APLIC_SETIENUM, source, supervisor_level);
        break;
      case 4:
        imsics[source % 2].write(interrupt_file::supervisor, IMSIC_EIE + 2 * (source % 4),
                                 next_random(random));
        break;
      case 5:
        imsics[source % 2].write(interrupt_file::supervisor, IMSIC_EITHRESHOLD,
                                 next_random(random) % 2 * (100 + source));
        break;
      case 6:
        deliver_one();
        break;
      default:
        handle_one(source % 2);
        break;
    }
  }
  for (unsigned source = 1; source <= sources; ++source) {
    world.write(APLIC_SETIENUM, source, supervisor_level);
  }
  while (deliver_one()) {
  }
  for (unsigned hart = 0; hart < 2; ++hart) {
    imsics[hart].write(interrupt_file::supervisor, IMSIC_EITHRESHOLD, 0);
    for (unsigned select = IMSIC_EIE; select < IMSIC_EIE + 8; select += 2) {
      imsics[hart].write(interrupt_file::supervisor, select, ~std::uint64_t{0});
    }
    while (handle_one(hart)) {
    }
  }
  EXPECT_TRUE(waiting.empty());
  EXPECT_EQ(handled, risen);
  EXPECT_GT(risen.size(), 90u);
}

}  // namespace
}  // namespace kilburn::interrupt::testing
