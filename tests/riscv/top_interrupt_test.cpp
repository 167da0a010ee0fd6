// mtopi, stopi and vstopi: priorities, virtual interrupts, guest files, and the traps that follow.
#include <gtest/gtest.h>

#include <vector>

#include "common/random.h"
#include "riscv/aia_hart.h"

namespace kilburn::riscv {
namespace {

constexpr unsigned ssi = 1, vssi = 2, msi = 3, sti = 5, vsti = 6, mti = 7, sei = 9, vsei = 10,
                   mei = 11, sgei = 12;
constexpr std::uint64_t ones = ~std::uint64_t{0};
constexpr std::uint64_t vti = one << 30, ipriom = one << 8, dpr = one << 9;

constexpr std::uint64_t top(std::uint64_t identity, std::uint64_t priority) {
  return identity << 16 | priority;
}

void set_priority(AiaHart& hart, const char* level, unsigned interrupt, std::uint64_t priority) {
  const std::string prefix = level;
  hart.set(prefix + "iselect", 0x30 + interrupt / 8 * 2);
  const unsigned shift = interrupt % 8 * 8;
  const std::string window = prefix + "ireg";
  hart.set(window, (hart.get(window) & ~(std::uint64_t{0xFF} << shift)) | priority << shift);
}

/// All pending that a hart can have at machine level, the external one with priority `external`.
void pend_for_machine(AiaHart& hart, unsigned external) {
  hart.set("mideleg", 0);
  hart.set("mip", one << ssi | one << sti | one << sei);
  hart.set("mie", ones);
  for (const auto line : {Interrupt::machine_software, Interrupt::machine_timer}) {
    hart.state.set_line(line, true);
  }
  hart.state.set_line(Interrupt::machine_external, external != 0);
  hart.files.tops[interrupt_file::machine] = external;
}

TEST(TopInterrupt, NothingIsOnTopWhereNothingIsPendingAndEnabled) {
  AiaHart hart;
  EXPECT_EQ(hart.get("mtopi"), 0u);
  EXPECT_EQ(hart.get("stopi"), 0u);
  EXPECT_EQ(hart.get("vstopi"), 0u);
  hart.set("mip", one << ssi);
  EXPECT_EQ(hart.get("mtopi"), 0u);
  EXPECT_EQ(hart.get("stopi"), 0u);
}

TEST(TopInterrupt, WithoutPriorityNumbersTheDefaultOrderHolds) {
  AiaHart hart(0);
  pend_for_machine(hart, 20);
  for (const unsigned interrupt : {mei, msi, mti, sei, ssi, sti}) {
    EXPECT_EQ(hart.get("mtopi"), top(interrupt, interrupt == mei ? 20 : 255));
    hart.clear_bits("mie", one << interrupt);
  }
  EXPECT_EQ(hart.get("mtopi"), 0u);
}

TEST(TopInterrupt, APriorityNumberMovesAnInterruptAmongTheExternalOnes) {
  AiaHart hart(0);
  pend_for_machine(hart, 20);
  set_priority(hart, "m", mti, 19);
  EXPECT_EQ(hart.get("mtopi"), top(mti, 19));
  set_priority(hart, "m", mti, 20);
  EXPECT_EQ(hart.get("mtopi"), top(mei, 20)) << "the tie goes by the default order";
  set_priority(hart, "m", ssi, 3);
  EXPECT_EQ(hart.get("mtopi"), top(ssi, 3));
  set_priority(hart, "m", sei, 3);
  EXPECT_EQ(hart.get("mtopi"), top(sei, 3));
}

TEST(TopInterrupt, AnExternalInterruptBeyondTheNumbersComesAfterThem) {
  AiaHart hart(0);
  pend_for_machine(hart, 300);
  EXPECT_EQ(hart.get("mtopi"), top(mei, 255));
  set_priority(hart, "m", sti, 255);
  EXPECT_EQ(hart.get("mtopi"), top(sti, 255));
}

TEST(TopInterrupt, SoftwaresSupervisorExternalInterruptHasPriority256) {
  AiaHart hart(0);
  hart.set("mideleg", ones);
  hart.set("mie", ones);
  hart.set("mip", one << sei | one << ssi);
  EXPECT_EQ(hart.get("stopi"), top(sei, 255));
  set_priority(hart, "s", ssi, 255);
  EXPECT_EQ(hart.get("stopi"), top(ssi, 255));
  hart.files.tops[interrupt_file::supervisor] = 8;
  EXPECT_EQ(hart.get("stopi"), top(ssi, 255)) << "the file does not signal";
  hart.state.set_line(Interrupt::supervisor_external, true);
  EXPECT_EQ(hart.get("stopi"), top(sei, 8));
}

/// Table 5.2 and 5.1 as sentences: by nominal priority, then by the default order.
unsigned expected_at_machine(const std::vector<unsigned>& wanted,
                             const std::map<unsigned, unsigned>& priorities, unsigned external) {
  unsigned best = 0;
  unsigned best_nominal = 0;
  for (const unsigned interrupt : {mei, msi, mti, sei, ssi, sti}) {  // the default order
    if (std::ranges::find(wanted, interrupt) == wanted.end()) continue;
    const unsigned number = interrupt == mei ? external : priorities.at(interrupt);
    const unsigned nominal = number == 0 ? 100'000 : number;
    if (best != 0 && nominal >= best_nominal) continue;
    best = interrupt;
    best_nominal = nominal;
  }
  return best;
}

TEST(TopInterrupt, TheMostUrgentAtMachineLevelIsThatOfTheTable) {
  constexpr std::uint64_t seed = 5;
  SCOPED_TRACE(seed);
  std::uint64_t random = seed;
  for (int i = 0; i < 5000; ++i) {
    AiaHart hart(0);
    const auto external = static_cast<unsigned>(next_random(random) % 16 + 1);
    pend_for_machine(hart, external);
    const std::uint64_t enabled = next_random(random);
    hart.set("mie", enabled);
    std::vector<unsigned> wanted;
    std::map<unsigned, unsigned> priorities;
    for (const unsigned interrupt : {mei, msi, mti, sei, ssi, sti}) {
      if ((enabled >> interrupt & 1) != 0) wanted.push_back(interrupt);
      if (interrupt == mei) continue;
      priorities[interrupt] = static_cast<unsigned>(next_random(random) % 8 * 2);
      set_priority(hart, "m", interrupt, priorities[interrupt]);
    }
    ASSERT_EQ(hart.get("mtopi") >> 16, expected_at_machine(wanted, priorities, external));
  }
}

TEST(TopInterrupt, TheTrapIsThatOfTheTopRegister) {
  for (const bool delegated : {false, true}) {
    AiaHart hart(0);
    const char* const level = delegated ? "s" : "m";
    hart.set("mideleg", delegated ? ones : 0);
    hart.set("mtvec", 0x1000);
    hart.set("stvec", 0x2000);
    hart.set("mie", ones);
    hart.set("mip", one << ssi | one << sti);
    set_priority(hart, level, sti, 4);
    hart.enter(u_mode);
    EXPECT_TRUE(hart.state.wakes_wfi());
    EXPECT_EQ(hart.state.take_interrupt(0x88), Address{delegated ? 0x2000u : 0x1000u});
    EXPECT_EQ(hart.get(delegated ? "scause" : "mcause"), one << 63 | sti);
    EXPECT_EQ(hart.get(delegated ? "sepc" : "mepc"), 0x88u);
    EXPECT_EQ(hart.state.take_interrupt(0x2000), std::nullopt) << "its level is off in the handler";
  }
}

TEST(VirtualInterrupt, MvienHandsSupervisorInterruptsThatMachineModeTakesOnByMvip) {
  AiaHart hart(0);
  hart.set("mvien", ones);
  EXPECT_EQ(hart.get("mvien"), (ones << 13) | one << ssi | one << sei);
  hart.set("mideleg", 0);
  hart.set("mip", one << ssi);
  EXPECT_EQ(hart.get("sip"), 0u) << "mip's is machine mode's";
  hart.set("mvip", one << ssi | one << 13 | one << 40);
  EXPECT_EQ(hart.get("sip"), one << ssi | one << 13 | one << 40);
  hart.set("sie", one << 13 | one << 40);
  EXPECT_EQ(hart.get("sie"), one << 13 | one << 40);
  EXPECT_EQ(hart.get("mie"), 0u);
  EXPECT_EQ(hart.get("stopi"), top(40, 0)) << "40 stands before the external interrupt, 13 behind";
  hart.set("sip", one << 13);
  EXPECT_EQ(hart.get("mvip"), one << 13) << "sip writes what is mvip's";
  EXPECT_EQ(hart.get("stopi"), top(13, 255));
  EXPECT_EQ(hart.get("mip") >> ssi & 1, 1u);
}

TEST(VirtualInterrupt, TheTrapOfOneGoesToSupervisorModeThoughNotDelegated) {
  AiaHart hart(0);
  hart.set("stvec", 0x3000);
  hart.set("mvien", one << 20);
  hart.set("mvip", one << 20);
  hart.set("sie", one << 20);
  EXPECT_EQ(hart.state.take_interrupt(0), std::nullopt) << "not in machine mode";
  hart.enter(u_mode);
  EXPECT_EQ(hart.state.take_interrupt(0x40), Address{0x3000});
  EXPECT_EQ(hart.get("scause"), one << 63 | 20);
  EXPECT_EQ(hart.state.mode(), s_mode);
}

TEST(VirtualInterrupt, MvipIsAnAliasOfMipWhereMvienIsZero) {
  AiaHart hart(0);
  hart.set("mvip", one << ssi | one << sti | one << sei);
  EXPECT_EQ(hart.get("mip"), one << ssi | one << sti | one << sei);
  hart.set("mip", one << sti);
  EXPECT_EQ(hart.get("mvip"), one << sti);
  hart.set("menvcfg", one << 63);
  hart.set("mvip", one << sti);
  EXPECT_EQ(hart.get("mvip"), 0u) << "with Sstc STIP is not software's";
}

TEST(VirtualInterrupt, MvienTakesTheSoftwareWritableSeipOutOfMip) {
  AiaHart hart(0);
  hart.set("mip", one << sei);
  hart.set("mvien", one << sei);
  EXPECT_EQ(hart.get("mip"), 0u);
  EXPECT_EQ(hart.get("mvip"), one << sei) << "its value stays";
  hart.set("mip", one << sei);
  EXPECT_EQ(hart.get("mip"), 0u);
  hart.set("mvip", 0);
  hart.state.set_line(Interrupt::supervisor_external, true);
  EXPECT_EQ(hart.get("mip"), one << sei);
  EXPECT_EQ(hart.get("sip"), 0u);
  hart.set("mvip", one << sei);
  EXPECT_EQ(hart.get("sip"), one << sei);
  hart.set("mvien", 0);
  hart.state.set_line(Interrupt::supervisor_external, false);
  EXPECT_EQ(hart.get("mip"), one << sei);
}

TEST(VirtualInterrupt, HvienGivesTheGuestWhatHvipHas) {
  AiaHart hart(0);
  hart.set("hvien", ones);
  EXPECT_EQ(hart.get("hvien"), ones << 13);
  hart.set("hvien", one << 14 | one << 50);
  hart.set("hvip", ones);
  EXPECT_EQ(hart.get("hvip"), (ones << 13) | 0x444u);
  EXPECT_EQ(hart.get("vsip"), one << 14 | one << 50);
  hart.set("vsie", ones);
  EXPECT_EQ(hart.get("vsie"), one << 14 | one << 50);
  EXPECT_EQ(hart.get("mip") >> 13, 0u);
  EXPECT_EQ(hart.get("vstopi"), top(14, 1));
  hart.set("vstvec", 0x4000);
  hart.enter(vu_mode);
  EXPECT_EQ(hart.state.take_interrupt(0), Address{0x4000});
  EXPECT_EQ(hart.get("vscause"), one << 63 | 14);
  hart.write("sip", 0);
  EXPECT_EQ(hart.get("hvip"), ((ones << 13) | 0x444u) & ~(one << 14 | one << 50));
}

TEST(GuestFile, ItsLineIsABitOfHgeipAndOfTheCurrentGuestVseip) {
  AiaHart hart(2);
  hart.state.set_guest_line(2, true);
  EXPECT_EQ(hart.get("hgeip"), 4u);
  EXPECT_EQ(hart.get("mip"), 0u);
  hart.set("hgeie", 2);
  EXPECT_EQ(hart.get("mip"), 0u);
  hart.set("hgeie", 4);
  EXPECT_EQ(hart.get("mip"), one << sgei);
  EXPECT_EQ(hart.get("hip"), one << sgei);
  hart.set_vgein(1);
  EXPECT_EQ(hart.get("hip"), one << sgei);
  hart.set_vgein(2);
  EXPECT_EQ(hart.get("hip"), one << sgei | one << vsei);
  hart.state.set_guest_line(2, false);
  EXPECT_EQ(hart.get("mip"), 0u);
}

TEST(GuestFile, ItsInterruptTrapsToTheHypervisorAsTwelve) {
  AiaHart hart(1);
  EXPECT_EQ(hart.get("mideleg") >> sgei & 1, 1u);
  hart.set("hideleg", ones);
  EXPECT_EQ(hart.get("hideleg"), 0x444u);
  hart.set("stvec", 0x2000);
  hart.set("hgeie", 2);
  hart.set("hie", one << sgei);
  hart.state.set_guest_line(1, true);
  EXPECT_EQ(hart.get("stopi"), top(sgei, 255));
  hart.enter(vs_mode);
  EXPECT_EQ(hart.state.take_interrupt(0), Address{0x2000});
  EXPECT_EQ(hart.get("scause"), one << 63 | sgei);
}

TEST(GuestFile, LevelsOfLinesOutliveAReset) {
  AiaHart hart(1);
  hart.state.set_guest_line(1, true);
  hart.state.reset();
  EXPECT_EQ(hart.get("hgeip"), 2u);
  hart.set_vgein(1);
  EXPECT_EQ(hart.get("hip"), one << vsei);
  EXPECT_EQ(hart.read("mtopei").refusal, Refusal::none);
}

/// A guest with all its interrupts delegated and enabled.
AiaHart guest_hart(unsigned vgein) {
  AiaHart hart(2);
  hart.set("hideleg", ones);
  hart.set("vsie", ones);
  hart.set_vgein(vgein);
  return hart;
}

TEST(Vstopi, AnExternalInterruptHasItsFilesPriority) {
  AiaHart hart = guest_hart(2);
  hart.state.connect(hart.files);
  hart.set("hvictl", ipriom);
  hart.files.tops[interrupt_file::guest(2)] = 30;
  hart.state.set_guest_line(2, true);
  EXPECT_EQ(hart.get("vstopi"), top(9, 30));
  hart.set("hvip", one << vssi);
  EXPECT_EQ(hart.get("vstopi"), top(9, 30));
  hart.set("hviprio1", std::uint64_t{29} << 8);
  EXPECT_EQ(hart.get("vstopi"), top(1, 29));
  hart.set("hvictl", 0);
  EXPECT_EQ(hart.get("vstopi"), top(1, 1)) << "without IPRIOM the field is 1";
}

TEST(Vstopi, WithoutAFileHvictlGivesThePriorityOfAnExternalInterrupt) {
  AiaHart hart = guest_hart(0);
  hart.state.connect(hart.files);
  hart.set("hvip", one << vsei | one << vsti);
  hart.set("hviprio1", std::uint64_t{255} << 24);
  hart.set("hvictl", ipriom);
  EXPECT_EQ(hart.get("vstopi"), top(5, 255)) << "256 where nobody says";
  hart.set("hvictl", ipriom | top(9, 12));
  EXPECT_EQ(hart.get("vstopi"), top(9, 12));
  hart.set("hvictl", ipriom | top(9, 0));
  EXPECT_EQ(hart.get("vstopi"), top(5, 255));
  hart.set("hvip", one << vsei);
  EXPECT_EQ(hart.get("vstopi"), top(9, 255));
}

TEST(Vstopi, VtiPutsOneInterruptInThePlaceOfAllButTheExternal) {
  AiaHart hart = guest_hart(0);
  hart.state.connect(hart.files);
  hart.set("hvip", one << vssi);
  hart.set("hvictl", vti | ipriom | top(9, 0));
  EXPECT_EQ(hart.get("vstopi"), 0u) << "no interrupt: IID 9";
  hart.set("hvictl", vti | ipriom | top(13, 7));
  EXPECT_EQ(hart.get("vstopi"), top(13, 7));
  hart.set("hvictl", vti | ipriom | dpr | top(13, 0));
  EXPECT_EQ(hart.get("vstopi"), top(13, 255));
  hart.set("hvictl", vti | ipriom | top(13, 0));
  EXPECT_EQ(hart.get("vstopi"), top(13, 0));
  hart.set("hvip", one << vsei);
  EXPECT_EQ(hart.get("vstopi"), top(13, 0)) << "by DPR before an external interrupt";
  hart.set("hvictl", vti | ipriom | dpr | top(13, 0));
  EXPECT_EQ(hart.get("vstopi"), top(9, 255)) << "and behind it";
  hart.set("hvictl", vti | top(1000, 0));
  hart.set("hvip", 0);
  EXPECT_EQ(hart.get("vstopi"), top(1000, 1));
}

TEST(Vstopi, TheGuestsTrapHasTheIdentityThatItShows) {
  AiaHart hart = guest_hart(0);
  hart.state.connect(hart.files);
  hart.set("vstvec", 0x5000);
  hart.set("hvictl", vti | top(1000, 5));
  EXPECT_TRUE(hart.state.wakes_wfi());
  hart.enter(s_mode);
  EXPECT_EQ(hart.state.take_interrupt(0), std::nullopt) << "not outside the guest";
  hart.enter(vs_mode);
  EXPECT_EQ(hart.state.take_interrupt(0), std::nullopt) << "vsstatus.SIE is off";
  hart.enter(vu_mode);
  EXPECT_EQ(hart.state.take_interrupt(0), Address{0x5000});
  EXPECT_EQ(hart.get("vscause"), one << 63 | 1000);
}

}  // namespace
}  // namespace kilburn::riscv
